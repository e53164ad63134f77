import type { Pod } from "../../../openapi/api/core.v1.ts";
import type { ObjectReader } from "../../admission/plugin.ts";
import { badRequest, notFound } from "../../meta/errors.ts";

const PODS = { group: "", resource: "pods" };

/** @throws StatusError 404 */
export function podOf(reader: ObjectReader, namespace: string, name: string): Readonly<Pod> {
  const pod = reader.get<Pod>(PODS, namespace, name);
  if (!pod) throw notFound(PODS, name);
  return pod;
}

/** The container meant, by name or because it is the only one. @throws StatusError 400 (registry/core/pod/strategy.go) */
export function containerOf({ metadata, spec }: Readonly<Pod>, asked: string): string {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = spec;
  const names = [...initContainers, ...containers, ...ephemeralContainers].map(({ name }) => name);
  if (asked) {
    if (names.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${metadata.name}`);
  }
  const only = containers.length === 1 ? containers[0] : undefined;
  if (only) return only.name;
  const must = `a container name must be specified for pod ${metadata.name}`;
  throw badRequest(containers.length === 0 ? must : `${must}, choose one of: [${names.join(" ")}]`);
}

/** The node that a Pod is on. @throws StatusError 400 */
export function hostOf({ spec }: Readonly<Pod>, name: string): string {
  if (!spec.nodeName) throw badRequest(`pod ${name} does not have a host assigned`);
  return spec.nodeName;
}
