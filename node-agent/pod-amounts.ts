import { type Amounts, addAmounts, amountsOf, binaryQuantity, maxAmounts, resourceListOf } from "../client/index.ts";
import type { Container, Pod, PodStatus } from "../openapi/api/core.v1.ts";
import { podResources } from "./runtime/cri/pod/resources.ts";

type List = "requests" | "limits";
type Quantities = Readonly<Record<string, string>>;

const SHARES_PER_CPU = 1024;
/** Thousandths of a CPU below which the kernel's settings say nothing. (MinShares, MinMilliCPULimit) */
const MIN_REQUEST = 2;
const MIN_LIMIT = 10;
/** What a Pod may have as a whole. (component-helpers/resource IsSupportedPodLevelResource) */
const isPodLevel = (name: string) => name === "cpu" || name === "memory" || name.startsWith("hugepages-");

/**
 * `status.allocatedResources` and `status.resources`: what the Pod as a whole was given, and what it has.
 * (kubelet_pods.go convertToAPIPodLevelResourcesStatus)
 *
 * @param pod with the amounts that the node has agreed to @param isRunning whether its own cgroup has them
 */
export function podAmounts(pod: Pod, isRunning: boolean): Pick<PodStatus, "allocatedResources" | "resources"> {
  const requests = sumOf(pod, "requests");
  const has = isRunning ? settings(pod, requests) : { requests, limits: sumOf(pod, "limits") };
  const filled = (list: Quantities) => (Object.keys(list).length > 0 ? { ...list } : undefined);
  const [allocated, requested, limits] = [filled(requests), filled(has.requests), filled(has.limits)];
  return {
    ...(allocated && { allocatedResources: allocated }),
    resources: { ...(requested && { requests: requested }), ...(limits && { limits }) },
  };
}

/** (component-helpers/resource PodRequests, PodLimits) */
function sumOf({ spec }: Pod, list: List): Quantities {
  const of = ({ resources }: Container) => amountsOf(resources?.[list]);
  let running: Amounts = new Map();
  for (const container of spec.containers ?? []) running = addAmounts(running, of(container));
  let sidecars: Amounts = new Map();
  let starting: Amounts = new Map();
  for (const container of spec.initContainers ?? []) {
    if (container.restartPolicy === "Always") {
      running = addAmounts(running, of(container));
      sidecars = addAmounts(sidecars, of(container));
      starting = maxAmounts(starting, sidecars);
    } else starting = maxAmounts(starting, addAmounts(of(container), sidecars));
  }
  const own = Object.entries(spec.resources?.[list] ?? {}).filter(([name]) => isPodLevel(name));
  const all = new Map([...maxAmounts(running, starting), ...amountsOf(Object.fromEntries(own))]);
  const overhead = [...amountsOf(spec.overhead)].filter(([name]) => list === "requests" || all.get(name)?.mantissa);
  return resourceListOf(addAmounts(all, new Map(overhead)));
}

const cpu = (thousandths: number) => resourceListOf(amountsOf({ cpu: `${thousandths}m` }));

/** What the Pod's cgroup is set to, beside what no cgroup knows. */
function settings(pod: Pod, requested: Quantities): Record<List, Quantities> {
  const { cpuShares = 0, cpuQuota, cpuPeriod = 1, memoryLimitInBytes } = podResources(pod);
  const { requests = {}, limits = {} } = pod.spec.resources ?? {};
  const cpuRequest = Math.ceil((cpuShares * 1000) / SHARES_PER_CPU);
  const cpuLimit = cpuQuota ? Math.floor((cpuQuota * 1000) / cpuPeriod) : 0;
  return {
    requests: {
      ...requests,
      ...(cpuRequest > MIN_REQUEST && cpu(cpuRequest)),
      ...(requested.memory && { memory: requested.memory }),
    },
    limits: {
      ...limits,
      ...(cpuLimit > MIN_LIMIT && cpu(cpuLimit)),
      ...(memoryLimitInBytes && { memory: binaryQuantity(memoryLimitInBytes) }),
    },
  };
}
