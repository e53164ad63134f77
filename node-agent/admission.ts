import type { Pod } from "../openapi/api/core.v1.ts";

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

type Namespace = "IPC" | "network";

/** Settings of the kernel that harm nobody but the Pod. (pkg/kubelet/sysctl/safe_sysctls.go) */
const SAFE_SYSCTLS: Readonly<Record<string, Namespace>> = {
  "kernel.shm_rmid_forced": "IPC",
  "net.ipv4.ip_local_port_range": "network",
  "net.ipv4.tcp_syncookies": "network",
  "net.ipv4.ping_group_range": "network",
  "net.ipv4.ip_unprivileged_port_start": "network",
  "net.ipv4.ip_local_reserved_ports": "network",
  "net.ipv4.tcp_keepalive_time": "network",
  "net.ipv4.tcp_fin_timeout": "network",
  "net.ipv4.tcp_keepalive_intvl": "network",
  "net.ipv4.tcp_keepalive_probes": "network",
  "net.ipv4.tcp_rmem": "network",
  "net.ipv4.tcp_wmem": "network",
};

/** Both spellings, `a/b` and `a.b`, as the second. (component-helpers/node/util/sysctl NormalizeName) */
const normal = (name: string) => {
  const first = /[./]/.exec(name)?.[0];
  return first === "/" ? name.replaceAll(/[./]/g, (each) => (each === "/" ? "." : "/")) : name;
};

function forbiddenSysctl({ spec }: Pod): string | undefined {
  for (const { name } of spec.securityContext?.sysctls ?? []) {
    const namespace = SAFE_SYSCTLS[normal(name)];
    if (!namespace) return `${JSON.stringify(normal(name))} not allowlisted`;
    const shared = namespace === "IPC" ? spec.hostIPC : spec.hostNetwork;
    if (shared)
      return `${JSON.stringify(normal(name))} not allowed with host ${namespace === "IPC" ? "ipc" : "net"} enabled`;
  }
  return undefined;
}

function wantsAppArmor({ spec }: Pod): boolean {
  const all = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  return [spec, ...all].some(({ securityContext }) => {
    const type = securityContext?.appArmorProfile?.type;
    return type !== undefined && type !== "Unconfined";
  });
}

/** Why a node does not take a Pod; undefined when it does. (pkg/kubelet/lifecycle, pkg/kubelet/sysctl) */
export function rejection(pod: Pod, features: NodeFeatures): Rejection | undefined {
  const sysctl = forbiddenSysctl(pod);
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
