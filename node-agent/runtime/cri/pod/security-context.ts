import { cpus } from "node:os";
import type { AppArmorProfile, Container, Pod, SeccompProfile } from "../../../../openapi/api/core.v1.ts";
import {
  type ContainerSecurityContext,
  GROUPS_POLICY,
  NAMESPACE_MODE,
  type NamespaceOption,
  PROFILE_TYPE,
  type SandboxConfig,
  type SecurityProfile,
} from "../api/types.ts";

/** Hidden from containers, and shown but not for writing. (pkg/securitycontext/util.go) */
const MASKED = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
];
const READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

const maskedPaths = () => [...MASKED, ...cpus().map((_, n) => `/sys/devices/system/cpu/cpu${n}/thermal_throttle`)];

/** Which namespaces the Pod has to itself. (pkg/kubelet/kuberuntime/util NamespacesForPod) */
export function namespaceOptions({ spec }: Pod): NamespaceOption {
  const { pod, container, node } = NAMESPACE_MODE;
  return {
    network: spec.hostNetwork ? node : pod,
    ipc: spec.hostIPC ? node : pod,
    pid: spec.hostPID ? node : spec.shareProcessNamespace ? pod : container,
  };
}

const groupsOf = ({ spec }: Pod): number[] => {
  const { fsGroup, supplementalGroups = [] } = spec.securityContext ?? {};
  return [...(fsGroup === undefined ? [] : [fsGroup]), ...supplementalGroups];
};

function profile(wish: SeccompProfile | undefined, folder: string): SecurityProfile {
  const profileType = PROFILE_TYPE[wish?.type ?? "Unconfined"] ?? 1;
  return { profileType, ...(wish?.localhostProfile && { localhostRef: `${folder}/${wish.localhostProfile}` }) };
}

/** Without a wish the runtime chooses. The node has refused the Pod where the kernel has none. */
function appArmor(wish: AppArmorProfile | undefined): { apparmor?: SecurityProfile } {
  if (!wish) return {};
  const { type, localhostProfile } = wish;
  return {
    apparmor: { profileType: PROFILE_TYPE[type] ?? 1, ...(localhostProfile && { localhostRef: localhostProfile }) },
  };
}

/** (kuberuntime_sandbox.go generatePodSandboxLinuxConfig) */
export function sandboxSecurity(pod: Pod): SandboxConfig["linux"]["securityContext"] {
  const { runAsUser, runAsGroup, supplementalGroupsPolicy } = pod.spec.securityContext ?? {};
  const all = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])];
  return {
    namespaceOptions: namespaceOptions(pod),
    ...(runAsUser !== undefined && { runAsUser: { value: runAsUser } }),
    ...(runAsGroup !== undefined && { runAsGroup: { value: runAsGroup } }),
    supplementalGroups: groupsOf(pod),
    supplementalGroupsPolicy: GROUPS_POLICY[supplementalGroupsPolicy ?? "Merge"] ?? 0,
    privileged: all.some(({ securityContext }) => securityContext?.privileged),
    // The sandbox's own process needs nothing: the strictest profile there is, whatever its containers have.
    seccomp: { profileType: PROFILE_TYPE.RuntimeDefault ?? 0 },
  };
}

export interface SecurityFacts {
  readonly imageUid: number | undefined;
  readonly imageUsername: string;
  /** Folder of profiles that Pods name. */
  readonly seccompFolder: string;
  /** Container whose processes an ephemeral one shares. */
  readonly targetId: string | undefined;
}

/** (kuberuntime/security_context.go determineEffectiveSecurityContext) */
export function containerSecurity(pod: Pod, container: Container, facts: SecurityFacts): ContainerSecurityContext {
  const own = container.securityContext ?? {};
  const shared = pod.spec.securityContext ?? {};
  const runAsUser = own.runAsUser ?? shared.runAsUser ?? facts.imageUid;
  const runAsGroup = own.runAsGroup ?? shared.runAsGroup;
  const namespaces = namespaceOptions(pod);
  const joins = facts.targetId !== undefined && namespaces.pid === NAMESPACE_MODE.container;
  const unmasked = own.procMount === "Unmasked";
  return {
    ...(own.capabilities && {
      capabilities: {
        addCapabilities: own.capabilities.add ?? [],
        dropCapabilities: own.capabilities.drop ?? [],
      },
    }),
    privileged: own.privileged ?? false,
    namespaceOptions: joins
      ? { ...namespaces, pid: NAMESPACE_MODE.target, targetId: facts.targetId ?? "" }
      : namespaces,
    ...(runAsUser !== undefined && { runAsUser: { value: runAsUser } }),
    ...(runAsUser === undefined && facts.imageUsername && { runAsUsername: facts.imageUsername }),
    ...(runAsGroup !== undefined && { runAsGroup: { value: runAsGroup } }),
    readonlyRootfs: own.readOnlyRootFilesystem ?? false,
    supplementalGroups: groupsOf(pod),
    supplementalGroupsPolicy: GROUPS_POLICY[shared.supplementalGroupsPolicy ?? "Merge"] ?? 0,
    noNewPrivs: own.allowPrivilegeEscalation === false,
    maskedPaths: unmasked ? [] : maskedPaths(),
    readonlyPaths: unmasked ? [] : READ_ONLY,
    seccomp: profile(own.seccompProfile ?? shared.seccompProfile, facts.seccompFolder),
    ...appArmor(own.appArmorProfile ?? shared.appArmorProfile),
  };
}
