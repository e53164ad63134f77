import type { Lifecycle, LifecycleHandler, Probe, SELinuxOptions } from "../../../../openapi/api/core.v1.ts";
import { goQuote } from "../../../meta/go-quote.ts";
import {
  type Check,
  exceptUserNamespaces,
  named,
  namesOf,
  type PodParts,
  plural,
  quoteAll,
  setOf,
  setters,
  type Violation,
} from "./check.ts";
import { seccompAnnotations, seccompBaseline } from "./seccomp.ts";

const CAPABILITIES = [
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
];
const APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/";
const SELINUX_TYPES = ["", "container_t", "container_init_t", "container_kvm_t"];
const SYSCTLS = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_unprivileged_port_start",
];
const SYSCTLS_27 = [...SYSCTLS, "net.ipv4.ip_local_reserved_ports"];
const SYSCTLS_29 = [
  ...SYSCTLS_27,
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
];
const SYSCTLS_32 = [...SYSCTLS_29, "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"];

/** What no ordinary Pod needs. (pod-security-admission/policy, level baseline) */
export const baselineChecks: readonly Check[] = [
  { id: "appArmorProfile", level: "baseline", versions: [{ since: 0, check: appArmorProfile }] },
  { id: "capabilities_baseline", level: "baseline", versions: [{ since: 0, check: capabilities }] },
  { id: "hostNamespaces", level: "baseline", versions: [{ since: 0, check: hostNamespaces }] },
  { id: "hostPathVolumes", level: "baseline", versions: [{ since: 0, check: hostPathVolumes }] },
  { id: "hostPorts", level: "baseline", versions: [{ since: 0, check: hostPorts }] },
  { id: "hostProbesAndHostLifecycle", level: "baseline", versions: [{ since: 34, check: hostProbes }] },
  { id: "privileged", level: "baseline", versions: [{ since: 0, check: privileged }] },
  {
    id: "procMount",
    level: "baseline",
    versions: [
      { since: 0, check: procMount },
      { since: 35, check: exceptUserNamespaces(procMount) },
    ],
  },
  {
    id: "seLinuxOptions",
    level: "baseline",
    versions: [
      { since: 0, check: seLinuxOptions(SELINUX_TYPES) },
      { since: 31, check: seLinuxOptions([...SELINUX_TYPES, "container_engine_t"]) },
    ],
  },
  {
    id: "seccompProfile_baseline",
    level: "baseline",
    versions: [
      { since: 0, check: seccompAnnotations },
      { since: 19, check: seccompBaseline },
    ],
  },
  {
    id: "sysctls",
    level: "baseline",
    versions: [
      { since: 0, check: sysctls(SYSCTLS) },
      { since: 27, check: sysctls(SYSCTLS_27) },
      { since: 29, check: sysctls(SYSCTLS_29) },
      { since: 32, check: sysctls(SYSCTLS_32) },
    ],
  },
  { id: "windowsHostProcess", level: "baseline", versions: [{ since: 0, check: windowsHostProcess }] },
];

function appArmorProfile({ metadata, spec, containers }: PodParts): Violation | undefined {
  const isBad = (type: string | undefined): type is string =>
    type !== undefined && type !== "RuntimeDefault" && type !== "Localhost";
  const ofPod = spec.securityContext?.appArmorProfile?.type;
  const bad = containers.filter(({ securityContext }) => isBad(securityContext?.appArmorProfile?.type));
  const types = [ofPod, ...bad.map(({ securityContext }) => securityContext?.appArmorProfile?.type)].filter(isBad);
  const annotations = Object.entries(metadata.annotations ?? {})
    .filter(([key, value]) => key.startsWith(APP_ARMOR) && !isAllowedAnnotation(value))
    .map(([key, value]) => `${key}=${goQuote(value)}`)
    .sort();
  const who = [
    setters(isBad(ofPod), namesOf(bad)),
    annotations.length > 0 ? plural("annotation", annotations.length) : "",
  ].filter(Boolean);
  if (who.length === 0) return undefined;
  const values = [...setOf(types), ...annotations];
  return {
    reason: plural("forbidden AppArmor profile", values.length),
    detail: `${who.join(" and ")} must not set AppArmor profile type to ${quoteAll(values)}`,
  };
}

function isAllowedAnnotation(value: string): boolean {
  return value === "" || value === "runtime/default" || value.startsWith("localhost/");
}

function capabilities({ containers }: PodParts): Violation | undefined {
  const added = (container: PodParts["containers"][number]) =>
    (container.securityContext?.capabilities?.add ?? []).filter((name) => !CAPABILITIES.includes(name));
  const bad = containers.filter((container) => added(container).length > 0);
  if (bad.length === 0) return undefined;
  const what = quoteAll(setOf(bad.flatMap(added)));
  const detail = `${named("container", namesOf(bad))} must not include ${what} in securityContext.capabilities.add`;
  return { reason: "non-default capabilities", detail };
}

function hostNamespaces({ spec }: PodParts): Violation | undefined {
  const shared = (["hostNetwork", "hostPID", "hostIPC"] as const).filter((field) => spec[field]);
  if (shared.length === 0) return undefined;
  return { reason: "host namespaces", detail: shared.map((field) => `${field}=true`).join(", ") };
}

function hostPathVolumes({ spec }: PodParts): Violation | undefined {
  const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath).map(({ name }) => name);
  return names.length > 0 ? { reason: "hostPath volumes", detail: named("volume", names) } : undefined;
}

function hostPorts({ containers }: PodParts): Violation | undefined {
  const portsOf = ({ ports }: PodParts["containers"][number]) =>
    (ports ?? []).flatMap(({ hostPort }) => hostPort || []);
  const bad = containers.filter((container) => portsOf(container).length > 0);
  if (bad.length === 0) return undefined;
  const ports = setOf(bad.flatMap(portsOf).map(String));
  const uses = bad.length === 1 ? "uses" : "use";
  const what = `${plural("hostPort", ports.length)} ${ports.join(", ")}`;
  return { reason: "hostPort", detail: `${named("container", namesOf(bad))} ${uses} ${what}` };
}

function hostProbes({ containers }: PodParts): Violation | undefined {
  const bad = containers.filter((container) => hostsOf(container).length > 0);
  if (bad.length === 0) return undefined;
  const names = setOf(namesOf(bad));
  const hosts = setOf(bad.flatMap(hostsOf));
  const uses = names.length === 1 ? "uses" : "use";
  const what = named("probe or lifecycle host", hosts);
  return { reason: "probe or lifecycle host", detail: `${named("container", names)} ${uses} ${what}` };
}

function hostsOf(container: {
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
  readonly lifecycle?: Lifecycle;
}): string[] {
  const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
  const handlers: (Probe | LifecycleHandler | undefined)[] = [livenessProbe, readinessProbe, startupProbe];
  handlers.push(lifecycle?.postStart, lifecycle?.preStop);
  return handlers.flatMap((handler) => [handler?.httpGet?.host || [], handler?.tcpSocket?.host || []].flat());
}

function privileged({ containers }: PodParts): Violation | undefined {
  const bad = containers.filter(({ securityContext }) => securityContext?.privileged);
  if (bad.length === 0) return undefined;
  const detail = `${named("container", namesOf(bad))} must not set securityContext.privileged=true`;
  return { reason: "privileged", detail };
}

/** Also part of level restricted, without the exception for user namespaces. */
export function procMount({ containers }: PodParts): Violation | undefined {
  const isBad = (type: string | undefined): type is string => type !== undefined && type !== "Default";
  const bad = containers.filter(({ securityContext }) => isBad(securityContext?.procMount));
  if (bad.length === 0) return undefined;
  const types = setOf(bad.map(({ securityContext }) => securityContext?.procMount).filter(isBad));
  const detail = `${named("container", namesOf(bad))} must not set securityContext.procMount to ${quoteAll(types)}`;
  return { reason: "procMount", detail };
}

function seLinuxOptions(allowed: readonly string[]) {
  return ({ spec, containers }: PodParts): Violation | undefined => {
    const isBad = (options: SELinuxOptions | undefined): options is SELinuxOptions =>
      options !== undefined && (!allowed.includes(options.type ?? "") || !!options.user || !!options.role);
    const ofPod = spec.securityContext?.seLinuxOptions;
    const bad = containers.filter(({ securityContext }) => isBad(securityContext?.seLinuxOptions));
    const options = [ofPod, ...bad.map(({ securityContext }) => securityContext?.seLinuxOptions)].filter(isBad);
    if (options.length === 0) return undefined;
    const types = setOf(options.map(({ type = "" }) => type).filter((type) => !allowed.includes(type)));
    const problems = [
      ...(types.length > 0 ? [named("type", types)] : []),
      ...(options.some(({ user }) => user) ? ["user may not be set"] : []),
      ...(options.some(({ role }) => role) ? ["role may not be set"] : []),
    ];
    const who = setters(isBad(ofPod), namesOf(bad));
    const detail = `${who} set forbidden securityContext.seLinuxOptions: ${problems.join("; ")}`;
    return { reason: "seLinuxOptions", detail };
  };
}

function sysctls(allowed: readonly string[]) {
  return ({ spec }: PodParts): Violation | undefined => {
    const names = (spec.securityContext?.sysctls ?? []).map(({ name }) => name);
    const bad = names.filter((name) => !allowed.includes(name));
    return bad.length > 0 ? { reason: "forbidden sysctls", detail: bad.join(", ") } : undefined;
  };
}

function windowsHostProcess({ spec, containers }: PodParts): Violation | undefined {
  const bad = containers.filter(({ securityContext }) => securityContext?.windowsOptions?.hostProcess);
  const who = setters(spec.securityContext?.windowsOptions?.hostProcess ?? false, namesOf(bad));
  if (!who) return undefined;
  return { reason: "hostProcess", detail: `${who} must not set securityContext.windowsOptions.hostProcess=true` };
}
