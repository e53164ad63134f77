import { milliValue } from "../../client/index.ts";
import type { Container, Pod } from "../../openapi/api/core.v1.ts";

const SUPPORTED = (name: string) => name === "cpu" || name === "memory" || name.startsWith("hugepages-");

/**
 * What Pods ask for, in thousandths, by name of Pod: of one container, of the Pod as a whole where it says so, else of
 * all containers that run on. (calculateRequests)
 * @throws Error when one does not ask for the resource
 */
export function requestsOf(pods: readonly Readonly<Pod>[], resource: string, container: string): Map<string, number> {
  return new Map(pods.map((pod) => [pod.metadata.name ?? "", requestOf(pod, resource, container)]));
}

function requestOf(pod: Readonly<Pod>, resource: string, container: string): number {
  const ofPod = pod.spec.resources?.requests ?? {};
  if (!container && Object.keys(ofPod).some(SUPPORTED)) return requestOfWhole(pod, resource, ofPod[resource]);
  let sum = 0;
  for (const { name, resources } of [...(pod.spec.containers ?? []), ...sidecars(pod)]) {
    if (container && container !== name) continue;
    const request = resources?.requests?.[resource];
    if (request === undefined)
      throw new Error(`missing request for ${resource} in container ${name} of Pod ${pod.metadata.name}`);
    sum += milliValue(request);
    if (container) return sum;
  }
  if (container) throw new Error(`container ${container} not found in Pod ${pod.metadata.name}`);
  return sum;
}

/** (component-helpers/resource.PodRequests) */
function requestOfWhole(pod: Readonly<Pod>, resource: string, own: string | undefined): number {
  const of = ({ resources }: Container) => resources?.requests?.[resource];
  const milli = (text: string | undefined) => (text === undefined ? 0 : milliValue(text));
  const containers = pod.spec.containers ?? [];
  const overhead = pod.spec.overhead?.[resource];
  if (own !== undefined) return milliValue(own) + milli(overhead);
  const init = pod.spec.initContainers ?? [];
  if (![...containers, ...init].some(of) && !overhead)
    throw new Error(`missing pod-level request for ${resource} in Pod ${pod.metadata.name}`);
  let restartable = 0;
  let peak = 0;
  for (const one of init) {
    const request = milli(of(one));
    if (one.restartPolicy === "Always") restartable += request;
    peak = Math.max(peak, one.restartPolicy === "Always" ? restartable : restartable + request);
  }
  const running = containers.reduce((sum, one) => sum + milli(of(one)), restartable);
  return Math.max(running, peak) + milli(overhead);
}

const sidecars = ({ spec }: Readonly<Pod>) =>
  (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
