import { quantity } from "../../../../client/index.ts";
import type { Container, Pod } from "../../../../openapi/api/core.v1.ts";
import { qosClassOf } from "../../../qos-class.ts";
import type { LinuxContainerResources } from "../api/types.ts";

/** Of those that ask for nothing. */
export const MIN_SHARES = 2;
const MAX_SHARES = 262_144;
const PERIOD_MICROSECONDS = 100_000;
const MIN_QUOTA = 1_000;
const GUARANTEED_SCORE = -997;
const BEST_EFFORT_SCORE = 1000;

type Resources = Container["resources"];

const amount = (list: Readonly<Record<string, string>> | undefined, name: string) => {
  const text = list?.[name];
  return text === undefined ? undefined : quantity(text);
};

/** @param cpu in cores (pkg/kubelet/cm/helpers_linux.go MilliCPUToShares) */
export function cpuShares(cpu: number): number {
  return Math.min(MAX_SHARES, Math.max(MIN_SHARES, Math.floor((Math.ceil(cpu * 1000) * 1024) / 1000)));
}

/** CPU time that a limit allows in each period. (MilliCPUToQuota) */
export function cpuQuota(limit: number): { cpuQuota: number; cpuPeriod: number } {
  const quota = Math.max(MIN_QUOTA, Math.floor((Math.ceil(limit * 1000) * PERIOD_MICROSECONDS) / 1000));
  return { cpuQuota: quota, cpuPeriod: PERIOD_MICROSECONDS };
}

/** (kuberuntime_container_linux.go calculateLinuxResources) @param podResources stand in for limits not set */
function limitsOf(resources: Resources | undefined, podResources: Resources | undefined): LinuxContainerResources {
  const limits = { ...podResources?.limits, ...resources?.limits };
  const cpuLimit = amount(limits, "cpu");
  const memoryLimit = amount(limits, "memory");
  const cpuRequest = amount(resources?.requests, "cpu") ?? cpuLimit ?? 0;
  return {
    cpuShares: cpuShares(cpuRequest),
    ...(cpuLimit ? cpuQuota(cpuLimit) : { cpuPeriod: PERIOD_MICROSECONDS }),
    ...(memoryLimit && { memoryLimitInBytes: Math.floor(memoryLimit) }),
  };
}

const memoryRequest = ({ resources }: { readonly resources?: Resources | undefined }) =>
  amount(resources?.requests, "memory") ?? 0;
const isInit = ({ spec }: Pod, name: string) => (spec.initContainers ?? []).some((one) => one.name === name);

/** Each container's part of what the Pod as a whole asks for beyond its containers. (remainingPodMemReqPerContainer) */
function sharedMemory({ spec: { resources, containers = [], initContainers = [] } }: Pod): number {
  const wanted = memoryRequest({ resources });
  if (!wanted) return 0;
  let running = containers.reduce((sum, one) => sum + memoryRequest(one), 0);
  let [sidecars, starting] = [0, 0];
  for (const one of initContainers) {
    const bytes = memoryRequest(one);
    if (one.restartPolicy === "Always") {
      running += bytes;
      sidecars += bytes;
      starting = Math.max(starting, sidecars);
    } else starting = Math.max(starting, sidecars + bytes);
  }
  return Math.trunc((wanted - Math.max(running, starting)) / (containers.length + initContainers.length));
}

/** What the kernel's OOM killer thinks of a container. (pkg/kubelet/qos/policy.go) @param memory bytes of the node */
export function oomScoreAdjust(pod: Pod, { name, resources, restartPolicy }: Container, memory: number): number {
  if ((pod.spec.priority ?? 0) >= 2_000_001_000) return GUARANTEED_SCORE; // system-node-critical
  const qos = qosClassOf(pod);
  if (qos !== "Burstable") return qos === "Guaranteed" ? GUARANTEED_SCORE : BEST_EFFORT_SCORE;
  const share = sharedMemory(pod);
  const scoreOf = (bytes: number) => 1000 - Math.floor((1000 * (bytes + share)) / memory);
  const own = scoreOf(memoryRequest({ resources }));
  // A sidecar goes no sooner than the regular container that asks for least.
  const least = Math.min(...(pod.spec.containers ?? []).map(memoryRequest));
  const score = restartPolicy === "Always" && isInit(pod, name) ? Math.min(own, scoreOf(least)) : own;
  // Burstable ones stay between those of Guaranteed Pods and of Pods that ask for nothing.
  return Math.min(BEST_EFFORT_SCORE - 1, Math.max(1000 + GUARANTEED_SCORE, score));
}

/** The cgroup settings of one container. @param memory bytes of the node */
export function containerResources(pod: Pod, container: Container, memory: number): LinuxContainerResources {
  const oomScoreAdj = oomScoreAdjust(pod, container, memory);
  return { ...limitsOf(container.resources, pod.spec.resources), oomScoreAdj };
}

/** Sums and limits for the Pod's own cgroup. (pkg/kubelet/cm/helpers_linux.go ResourceConfigForPod) */
export function podResources({ spec }: Pod): LinuxContainerResources {
  const regular = spec.containers ?? [];
  const init = spec.initContainers ?? [];
  const sidecars = init.filter(({ restartPolicy }) => restartPolicy === "Always");
  const together = [...regular, ...sidecars];
  const plainInit = init.filter(({ restartPolicy }) => restartPolicy !== "Always");
  const largest = (list: "requests" | "limits", name: string) => {
    const of = ({ resources }: Container) => amount(resources?.[list], name) ?? amount(resources?.limits, name) ?? 0;
    const sum = together.reduce((total, container) => total + of(container), 0);
    return Math.max(sum, ...plainInit.map(of));
  };
  // One container without a limit makes the Pod's sum meaningless.
  const limited = (name: string) =>
    together.every(({ resources }) => amount(resources?.limits, name)) ? largest("limits", name) : undefined;
  const cpuLimit = amount(spec.resources?.limits, "cpu") ?? limited("cpu");
  const memoryLimit = amount(spec.resources?.limits, "memory") ?? limited("memory");
  return {
    cpuShares: cpuShares(amount(spec.resources?.requests, "cpu") ?? largest("requests", "cpu")),
    ...(cpuLimit && cpuQuota(cpuLimit)),
    ...(memoryLimit && { memoryLimitInBytes: Math.floor(memoryLimit) }),
  };
}
