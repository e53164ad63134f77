import type { Pod } from "../openapi/api/core.v1.ts";

type Namespace = "IPC" | "Net";

/** Settings of the kernel that harm nobody but the Pod. (pkg/kubelet/sysctl/safe_sysctls.go) */
const SAFE: Readonly<Record<string, Namespace>> = {
  "kernel.shm_rmid_forced": "IPC",
  "net.ipv4.ip_local_port_range": "Net",
  "net.ipv4.tcp_syncookies": "Net",
  "net.ipv4.ping_group_range": "Net",
  "net.ipv4.ip_unprivileged_port_start": "Net",
  "net.ipv4.ip_local_reserved_ports": "Net",
  "net.ipv4.tcp_keepalive_time": "Net",
  "net.ipv4.tcp_fin_timeout": "Net",
  "net.ipv4.tcp_keepalive_intvl": "Net",
  "net.ipv4.tcp_keepalive_probes": "Net",
  "net.ipv4.tcp_rmem": "Net",
  "net.ipv4.tcp_wmem": "Net",
};

/** (component-helpers/node/util/sysctl/namespace.go; the last two of the names are there for patterns) */
const IPC_NAMES = [
  ...["kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced"],
  ...["kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.shm", "kernel.msg"],
];

/** Both spellings, `a/b` and `a.b`, as the second. (component-helpers/node/util/sysctl NormalizeName) */
const normal = (name: string) => {
  const first = /[./]/.exec(name)?.[0];
  return first === "/" ? name.replaceAll(/[./]/g, (each) => (each === "/" ? "." : "/")) : name;
};

/** Undefined for what is the whole machine's. */
function namespaceOf(name: string): Namespace | undefined {
  if (IPC_NAMES.includes(name) || name.startsWith("fs.mqueue.")) return "IPC";
  return name.startsWith("net.") ? "Net" : undefined;
}

/** @param unsafe names, or beginnings of names that end in `*` @throws Error for what would change the whole machine */
export function checkUnsafeSysctls(unsafe: readonly string[]): void {
  for (const pattern of unsafe) {
    const name = normal(pattern.replace(/\*$/, ""));
    if (namespaceOf(name) === undefined) {
      throw new Error(`the sysctls ${JSON.stringify(name)} are not known to be namespaced`);
    }
  }
}

/**
 * Why a node does not set what a Pod wants of the kernel; undefined when it does. (pkg/kubelet/sysctl/allowlist.go)
 * @param unsafe what it sets besides what is safe; names, or beginnings of names that end in `*`
 */
export function forbiddenSysctl({ spec }: Pod, unsafe: readonly string[]): string | undefined {
  for (const { name: given } of spec.securityContext?.sysctls ?? []) {
    const name = normal(given);
    const pattern = unsafe
      .map((each) => normal(each))
      .find((each) => (each.endsWith("*") ? name.startsWith(each.slice(0, -1)) : name === each));
    const namespace = SAFE[name] ?? (pattern && namespaceOf(pattern.replace(/\*$/, "")));
    if (!namespace) return `${JSON.stringify(name)} not allowlisted`;
    const isShared = namespace === "IPC" ? spec.hostIPC : spec.hostNetwork;
    if (isShared) return `${JSON.stringify(name)} not allowed with host ${namespace} enabled`;
  }
  return undefined;
}
