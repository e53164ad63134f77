import type { Pod } from "../../../../openapi/api/core.v1.ts";
import { requestOf } from "../../../predicates.ts";
import { qosClassOf } from "../../../qos-class.ts";
import type { CgroupLimits } from "../daemon/cgroup-limits.ts";
import { cpuShares, MIN_SHARES } from "./resources.ts";

/** Amounts of the node. */
export interface NodeAmounts {
  /** Cores that Pods may have. */
  readonly cpu: number;
  /** Bytes that they may have without that anybody is evicted. */
  readonly memoryBytes: number;
}

/**
 * Limits of the cgroups above Pods, by their names below the node's: who asked for cpu gets it before those who did not.
 * (pkg/kubelet/cm/node_container_manager_linux.go getCgroupConfig, qos_container_manager_linux.go setCPUCgroupConfig)
 */
export function tierLimits(pods: readonly Pod[], { cpu, memoryBytes }: NodeAmounts): Record<string, CgroupLimits> {
  const burstable = pods.filter((pod) => qosClassOf(pod) === "Burstable");
  const requested = burstable.reduce((sum, pod) => sum + requestOf(pod, "cpu"), 0); // in thousandths
  return {
    kubepods: { cpuShares: cpuShares(cpu), memoryLimitInBytes: memoryBytes },
    "kubepods/burstable": { cpuShares: cpuShares(requested / 1000) },
    "kubepods/besteffort": { cpuShares: MIN_SHARES },
  };
}
