/**
 * Go types that have no JSON names inside the server, as far as error messages print them: members in order, with the
 * type of those that are structs. Absent pointers, lists and maps print `null`. (pkg/apis/core, pkg/apis/apps)
 */
const TYPES = {
  SecurityContext: {
    capabilities: "Capabilities",
    privileged: null,
    seLinuxOptions: "SELinuxOptions",
    windowsOptions: "WindowsOptions",
    runAsUser: null,
    runAsGroup: null,
    runAsNonRoot: null,
    readOnlyRootFilesystem: null,
    allowPrivilegeEscalation: null,
    procMount: null,
    seccompProfile: "SeccompProfile",
    appArmorProfile: "AppArmorProfile",
  },
  Capabilities: { add: null, drop: null },
  SELinuxOptions: { user: "", role: "", type: "", level: "" },
  WindowsOptions: { gmsaCredentialSpecName: null, gmsaCredentialSpec: null, runAsUserName: null, hostProcess: null },
  SeccompProfile: { type: "", localhostProfile: null },
  AppArmorProfile: { type: "", localhostProfile: null },
  PodResourceClaim: { name: "", resourceClaimName: null, resourceClaimTemplateName: null },
  NodeSelectorTerm: { matchExpressions: "NodeSelectorRequirement", matchFields: "NodeSelectorRequirement" },
  NodeSelectorRequirement: { key: "", operator: "", values: null },
  PodIP: { ip: "" },
  HostIP: { ip: "" },
  LocalObjectReference: { name: "" },
  DeploymentStrategy: { type: "", rollingUpdate: "RollingUpdate" },
  DaemonSetUpdateStrategy: { type: "", rollingUpdate: "RollingUpdate" },
  StatefulSetUpdateStrategy: { type: "", rollingUpdate: "StatefulSetRollingUpdate" },
  RollingUpdate: { maxUnavailable: 0, maxSurge: 0 },
  StatefulSetRollingUpdate: { partition: 0, maxUnavailable: null },
} as const;

type TypeName = keyof typeof TYPES;

/** Members that Go does not name as JSON does with a capital letter. */
const NAMES: Readonly<Record<string, string>> = {
  ip: "IP",
  seLinuxOptions: "SELinuxOptions",
  gmsaCredentialSpecName: "GMSACredentialSpecName",
  gmsaCredentialSpec: "GMSACredentialSpec",
};

/** A value as Go prints the internal type in an error message. */
export function internalForm(value: unknown, type: TypeName): unknown {
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.map((item) => internalForm(item, type));
  // The cast: not a scalar, as the types above say.
  const object = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(TYPES[type]).map(([member, is]) => {
      const name = NAMES[member] ?? member[0]?.toUpperCase() + member.slice(1);
      const nested = typeof is === "string" && is in TYPES;
      // The cast: just looked up.
      return [name, nested ? internalForm(object[member], is as TypeName) : (object[member] ?? is)];
    }),
  );
}
