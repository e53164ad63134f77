import type { Pod } from "../openapi/api/core.v1.ts";
import { forbiddenSysctl } from "./sysctls.ts";

/** What a node's runtime and kernel can do besides what all can. */
export interface NodeFeatures {
  readonly recursiveReadOnlyMounts: boolean;
  readonly userNamespaces: boolean;
  readonly supplementalGroupsPolicy: boolean;
  readonly appArmor: boolean;
}

export const ALL_FEATURES: NodeFeatures = {
  recursiveReadOnlyMounts: true,
  userNamespaces: true,
  supplementalGroupsPolicy: true,
  appArmor: true,
};

export interface Rejection {
  readonly reason: string;
  readonly message: string;
}

function wantsAppArmor({ spec }: Pod): boolean {
  const all = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  return [spec, ...all].some(({ securityContext }) => {
    const type = securityContext?.appArmorProfile?.type;
    return type !== undefined && type !== "Unconfined";
  });
}

/**
 * Why a node does not take a Pod; undefined when it does. (pkg/kubelet/lifecycle, pkg/kubelet/sysctl)
 * @param unsafeSysctls settings of the kernel that it sets besides safe ones
 */
export function rejection(
  pod: Pod,
  features: NodeFeatures,
  unsafeSysctls: readonly string[] = [],
): Rejection | undefined {
  const sysctl = forbiddenSysctl(pod, unsafeSysctls);
  if (sysctl) return { reason: "SysctlForbidden", message: `forbidden sysctl: ${sysctl}` };
  if (pod.spec.securityContext?.supplementalGroupsPolicy === "Strict" && !features.supplementalGroupsPolicy) {
    const message = "SupplementalGroupsPolicy=Strict is not supported in this node";
    return { reason: "SupplementalGroupsPolicyNotSupported", message };
  }
  if (wantsAppArmor(pod) && !features.appArmor) {
    return { reason: "AppArmor", message: "Cannot enforce AppArmor: AppArmor is not enabled on the host" };
  }
  return undefined;
}
