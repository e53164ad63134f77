import type { Volume } from "../../../../openapi/api/core.v1.ts";
import { procMount } from "./baseline.ts";
import {
  type Check,
  exceptUserNamespaces,
  exceptWindows,
  named,
  namesOf,
  type PodParts,
  quoteAll,
  setOf,
  setters,
  type Violation,
} from "./check.ts";
import { seccompRestricted } from "./seccomp.ts";

const VOLUMES = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
] as const;
const OTHER_VOLUMES = [
  "hostPath",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "gitRepo",
  "nfs",
  "iscsi",
  "glusterfs",
  "rbd",
  "flexVolume",
  "cinder",
  "cephfs",
  "flocker",
  "fc",
  "azureFile",
  "vsphereVolume",
  "quobyte",
  "azureDisk",
  "photonPersistentDisk",
  "portworxVolume",
  "scaleIO",
  "storageos",
] as const;

/** What hardened Pods do without, besides level baseline. (pod-security-admission/policy, level restricted) */
export const restrictedChecks: readonly Check[] = [
  {
    id: "allowPrivilegeEscalation",
    level: "restricted",
    versions: [
      { since: 8, check: allowPrivilegeEscalation },
      { since: 25, check: exceptWindows(allowPrivilegeEscalation) },
    ],
  },
  {
    id: "capabilities_restricted",
    level: "restricted",
    versions: [
      { since: 22, check: capabilities, overrides: ["capabilities_baseline"] },
      { since: 25, check: exceptWindows(capabilities), overrides: ["capabilities_baseline"] },
    ],
  },
  {
    id: "procMount_restricted",
    level: "restricted",
    versions: [{ since: 35, check: procMount, overrides: ["procMount"] }],
  },
  {
    id: "restrictedVolumes",
    level: "restricted",
    versions: [{ since: 0, check: restrictedVolumes, overrides: ["hostPathVolumes"] }],
  },
  {
    id: "runAsNonRoot",
    level: "restricted",
    versions: [
      { since: 0, check: runAsNonRoot },
      { since: 35, check: exceptUserNamespaces(runAsNonRoot) },
    ],
  },
  {
    id: "runAsUser",
    level: "restricted",
    versions: [
      { since: 23, check: runAsUser },
      { since: 35, check: exceptUserNamespaces(runAsUser) },
    ],
  },
  {
    id: "seccompProfile_restricted",
    level: "restricted",
    versions: [
      { since: 19, check: seccompRestricted, overrides: ["seccompProfile_baseline"] },
      { since: 25, check: exceptWindows(seccompRestricted), overrides: ["seccompProfile_baseline"] },
    ],
  },
];

function allowPrivilegeEscalation({ containers }: PodParts): Violation | undefined {
  const bad = containers.filter(({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
  if (bad.length === 0) return undefined;
  const detail = `${named("container", namesOf(bad))} must set securityContext.allowPrivilegeEscalation=false`;
  return { reason: "allowPrivilegeEscalation != false", detail };
}

function capabilities({ containers }: PodParts): Violation | undefined {
  const added = (container: PodParts["containers"][number]) =>
    (container.securityContext?.capabilities?.add ?? []).filter((name) => name !== "NET_BIND_SERVICE");
  const keeping = containers.filter(({ securityContext }) => !securityContext?.capabilities?.drop?.includes("ALL"));
  const adding = containers.filter((container) => added(container).length > 0);
  const details: string[] = [];
  if (keeping.length > 0) {
    details.push(`${named("container", namesOf(keeping))} must set securityContext.capabilities.drop=["ALL"]`);
  }
  if (adding.length > 0) {
    const what = quoteAll(setOf(adding.flatMap(added)));
    details.push(`${named("container", namesOf(adding))} must not include ${what} in securityContext.capabilities.add`);
  }
  return details.length > 0 ? { reason: "unrestricted capabilities", detail: details.join("; ") } : undefined;
}

function restrictedVolumes({ spec }: PodParts): Violation | undefined {
  const bad = (spec.volumes ?? []).filter((volume) => !VOLUMES.some((type) => volume[type]));
  if (bad.length === 0) return undefined;
  const typeOf = (volume: Volume) => OTHER_VOLUMES.find((type) => volume[type]) ?? "unknown";
  const names = bad.map(({ name }) => name);
  const uses = names.length === 1 ? "uses" : "use";
  const types = named("restricted volume type", setOf(bad.map(typeOf)));
  return { reason: "restricted volume types", detail: `${named("volume", names)} ${uses} ${types}` };
}

function runAsNonRoot({ spec, containers }: PodParts): Violation | undefined {
  const reason = "runAsNonRoot != true";
  const ofPod = spec.securityContext?.runAsNonRoot;
  const refusing = containers.filter(({ securityContext }) => securityContext?.runAsNonRoot === false);
  const who = setters(ofPod === false, namesOf(refusing));
  if (who) return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` };
  if (ofPod) return undefined;
  const missing = containers.filter(({ securityContext }) => securityContext?.runAsNonRoot === undefined);
  if (missing.length === 0) return undefined;
  const detail = `pod or ${named("container", namesOf(missing))} must set securityContext.runAsNonRoot=true`;
  return { reason, detail };
}

function runAsUser({ spec, containers }: PodParts): Violation | undefined {
  const bad = containers.filter(({ securityContext }) => securityContext?.runAsUser === 0);
  const who = setters(spec.securityContext?.runAsUser === 0, namesOf(bad));
  return who ? { reason: "runAsUser=0", detail: `${who} must not set runAsUser=0` } : undefined;
}
