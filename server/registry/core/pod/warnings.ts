import type { Container, ContainerPort, PodSpec, PodTemplateSpec, Volume } from "../../../../openapi/api/core.v1.ts";
import type { ObjectMeta } from "../../../../openapi/api/meta.k8s.io.v1.ts";
import { semanticEqual } from "../../../meta/equality.ts";
import { goList, goQuote } from "../../../meta/go-quote.ts";
import { warningsForIP } from "../../../meta/ip-validation.ts";
import { validateDNS1123Label } from "../../../meta/names.ts";
import { parseQuantity, quantityMilliValue } from "../../../meta/quantity.ts";
import { APP_ARMOR_PREFIX, profileOfAnnotation } from "./app-armor.ts";
import { containersOf } from "./container-paths.ts";
import { NULL_SELECTOR, nodeLabelWarnings, spreadWarnings } from "./node-label-warnings.ts";
import { overlapWarnings } from "./overlap-warnings.ts";

const DEPRECATED_VOLUMES = Object.entries({
  photonPersistentDisk: "deprecated in v1.11, non-functional in v1.16+",
  gitRepo: "deprecated in v1.11, and disabled by default in v1.33+",
  scaleIO: "deprecated in v1.16, non-functional in v1.22+",
  flocker: "deprecated in v1.22, non-functional in v1.25+",
  storageos: "deprecated in v1.22, non-functional in v1.25+",
  quobyte: "deprecated in v1.22, non-functional in v1.25+",
  glusterfs: "deprecated in v1.25, non-functional in v1.26+",
  cephfs: "deprecated in v1.28, non-functional in v1.31+",
  rbd: "deprecated in v1.28, non-functional in v1.31+",
} satisfies Partial<Record<keyof Volume, string>>);
const DEPRECATED_ANNOTATIONS: Readonly<Record<string, string>> = {
  "scheduler.alpha.kubernetes.io/critical-pod": 'non-functional in v1.16+; use the "priorityClassName" field instead',
  "security.alpha.kubernetes.io/sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
  "security.alpha.kubernetes.io/unsafe-sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
};
const SECCOMP = 'non-functional in v1.27+; use the "seccompProfile" field instead';

/** Of names that end up in names of Pods. `what` is "Pod names and hostnames" or "the Pod's hostname". */
export function warnOfName(name: string | undefined, what: string): string[] {
  const wrong = validateDNS1123Label(name ?? "");
  if (wrong.length === 0) return [];
  return [
    `metadata.name: this is used in ${what}, which can result in surprising behavior; a DNS label is recommended: ${goList(wrong)}`,
  ];
}

/** @param field empty for a Pod. (GetWarningsForPodTemplate of pkg/api/pod) */
export function templateWarnings(template: PodTemplateSpec | undefined, field: string): string[] {
  return template ? podWarnings(template.spec ?? {}, template.metadata ?? {}, field) : [];
}

/** (warningsForPodSpecAndMeta of pkg/api/pod) */
export function podWarnings(spec: PodSpec, meta: ObjectMeta, field: string): string[] {
  const at = (path: string) => (field ? `${field}.${path}` : path);
  const containers = containersOf(spec, at("spec"));
  return [
    ...nodeLabelWarnings(spec, at("spec")),
    ...spreadWarnings(spec, at("spec")),
    ...Object.keys(DEPRECATED_ANNOTATIONS)
      .filter((key) => meta.annotations?.[key] !== undefined)
      .map((key) => `${at("metadata.annotations")}[${key}]: ${DEPRECATED_ANNOTATIONS[key]}`),
    ...volumeWarnings(spec.volumes ?? [], at("spec.volumes")),
    ...overlapWarnings(spec.volumes ?? []),
    ...repeatWarnings(spec, at("spec")),
    ...fractionWarnings(spec.overhead, at("spec.overhead")),
    ...seccompOfPod(spec, meta, at("metadata.annotations")),
    ...containers.flatMap(({ container, path }) => containerWarnings(container, path, { spec, meta, field })),
    ...portWarnings(containers),
    ...((spec.terminationGracePeriodSeconds ?? 0) < 0
      ? [
          `${at("spec.terminationGracePeriodSeconds")}: must be >= 0; negative values are invalid and will be treated as 1`,
        ]
      : []),
    ...affinityWarnings(spec, at("spec.affinity")),
    ...(spec.dnsConfig?.nameservers ?? []).flatMap((ip, i) =>
      warningsForIP(ip, at(`spec.dnsConfig.nameservers[${i}]`)),
    ),
    ...(spec.hostAliases ?? []).flatMap(({ ip }, i) => warningsForIP(ip, at(`spec.hostAliases[${i}].ip`))),
  ];
}

function volumeWarnings(volumes: readonly Volume[], field: string): string[] {
  return volumes.flatMap((volume, i) => {
    const warnings: string[] = [];
    for (const [source, text] of DEPRECATED_VOLUMES) {
      // The cast: a key of the table, which is one of Volume.
      if (volume[source as keyof Volume] === undefined) continue;
      warnings.push(`${field}[${i}].${source === "storageos" ? "storageOS" : source}: ${text}`);
    }
    const template = volume.ephemeral?.volumeClaimTemplate;
    if (!template) return warnings;
    return [
      ...warnings,
      ...claimWarnings(template.spec.resources, `${field}[${i}].ephemeral.volumeClaimTemplate.spec`),
    ];
  });
}

/** (GetWarningsForPersistentVolumeClaimSpec of pkg/api/persistentvolumeclaim) */
export function claimWarnings(
  resources: { requests?: Record<string, string>; limits?: Record<string, string> } | undefined,
  field: string,
): string[] {
  return (["requests", "limits"] as const).flatMap((kind) =>
    fractionWarning(resources?.[kind]?.storage, `${field}.resources.${kind}[storage]`),
  );
}

/** Nearly all amounts: nothing to reckon. */
const WHOLE = /^\d+([kMGTPE]|[KMGTPE]i)?$/;

function fractionWarning(amount: string | undefined, field: string): string[] {
  if (amount === undefined || WHOLE.test(amount)) return [];
  if (quantityMilliValue(parseQuantity(amount)) % 1000 === 0) return [];
  return [`${field}: fractional byte value ${goQuote(amount)} is invalid, must be an integer`];
}

function fractionWarnings(list: Readonly<Record<string, string>> | undefined, field: string): string[] {
  return ["memory", "ephemeral-storage"].flatMap((name) => fractionWarning(list?.[name], `${field}[${name}]`));
}

function repeatWarnings({ hostAliases = [], imagePullSecrets = [] }: PodSpec, field: string): string[] {
  const repeated = (values: readonly string[], path: string, member: string) =>
    values.flatMap((value, i) =>
      values.indexOf(value) < i ? [`${field}.${path}[${i}].${member}: duplicate ${member} ${goQuote(value)}`] : [],
    );
  const names = imagePullSecrets.map(({ name }) => name ?? "");
  return [
    ...repeated(
      hostAliases.map(({ ip }) => ip),
      "hostAliases",
      "ip",
    ),
    ...repeated(names, "imagePullSecrets", "name"),
    ...names.flatMap((name, i) => (name ? [] : [`${field}.imagePullSecrets[${i}].name: invalid empty name ""`])),
  ];
}

function seccompOfPod({ securityContext }: PodSpec, { annotations }: ObjectMeta, field: string): string[] {
  const key = "seccomp.security.alpha.kubernetes.io/pod";
  if (securityContext?.seccompProfile || annotations?.[key] === undefined) return [];
  return [`${field}[${key}]: ${SECCOMP}`];
}

function containerWarnings(
  container: Container,
  path: string,
  { spec, meta, field }: { spec: PodSpec; meta: ObjectMeta; field: string },
): string[] {
  const { name, securityContext, resources } = container;
  const annotations = `${field ? `${field}.` : ""}metadata.annotations`;
  const warnings: string[] = [];
  const seccomp = `container.seccomp.security.alpha.kubernetes.io/${name}`;
  if (!securityContext?.seccompProfile && meta.annotations?.[seccomp] !== undefined) {
    warnings.push(`${annotations}[${seccomp}]: ${SECCOMP}`);
  }
  // Pods were warned when their annotations became fields.
  const appArmor = APP_ARMOR_PREFIX + name;
  const annotation = meta.annotations?.[appArmor];
  if (field && !securityContext?.appArmorProfile && annotation !== undefined) {
    const ofPod = spec.securityContext?.appArmorProfile;
    if (!ofPod || !semanticEqual(ofPod, profileOfAnnotation(annotation))) {
      warnings.push(`${annotations}[${appArmor}]: deprecated since v1.30; use the "appArmorProfile" field instead`);
    }
  }
  for (const resource of ["memory", "ephemeral-storage"]) {
    for (const kind of ["limits", "requests"] as const) {
      warnings.push(...fractionWarning(resources?.[kind]?.[resource], `${path}.resources.${kind}[${resource}]`));
    }
  }
  return [...warnings, ...envWarnings(container, path)];
}

/** A variable may be defined again only to extend itself. */
function envWarnings({ env = [] }: Container, path: string): string[] {
  const seen = new Set<string>();
  return env.flatMap(({ name, value = "", valueFrom }, i) => {
    const reference = `$(${name})`;
    const hides = seen.has(name) && (valueFrom || value === reference || !value.includes(reference));
    seen.add(name);
    if (!hides) return [];
    return [`${path}.env[${i}]: hides previous definition of ${goQuote(name)}, which may be dropped when using apply`];
  });
}

function portWarnings(containers: readonly { container: Container; path: string }[]): string[] {
  const warnings: string[] = [];
  const ports = containers.flatMap(({ container, path }) =>
    (container.ports ?? []).map((port, i) => ({ port, at: `${path}.ports[${i}]` })),
  );
  const seen: typeof ports = [];
  for (const { port, at } of ports) {
    const { hostIP = "", hostPort = 0 } = port;
    if (hostIP && !hostPort) warnings.push(`${at}: hostIP set without hostPort: ${goPort(port)}`);
    for (const other of seen) {
      if (other.port.containerPort !== port.containerPort || other.port.protocol !== port.protocol) continue;
      const { hostIP: otherIP = "", hostPort: otherPort = 0 } = other.port;
      const how = overlap({ ip: hostIP, port: hostPort }, { ip: otherIP, port: otherPort });
      if (how) warnings.push(`${at}: ${how} port definition with ${other.at}`);
    }
    seen.push({ port, at });
  }
  const names = new Map<string, string>();
  for (const { port, at } of ports) {
    if (!port.name) continue;
    const other = names.get(port.name);
    if (other === undefined) names.set(port.name, at);
    else {
      const effect = `services and probes that select ports by name will use ${other}`;
      warnings.push(`${at}: duplicate port name ${goQuote(port.name)} with ${other}, ${effect}`);
    }
  }
  return warnings;
}

function overlap(a: { ip: string; port: number }, b: { ip: string; port: number }): string | undefined {
  if (a.ip === b.ip && a.port === b.port) return "duplicate";
  if (a.port === 0 || b.port === 0) return "overlapping";
  return a.port === b.port && (a.ip === "") !== (b.ip === "") ? "dangerously ambiguous" : undefined;
}

/** As Go prints the struct. */
function goPort({ name = "", hostPort = 0, containerPort = 0, protocol = "", hostIP = "" }: ContainerPort): string {
  return `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;
}

function affinityWarnings({ affinity }: PodSpec, field: string): string[] {
  return (["podAffinity", "podAntiAffinity"] as const).flatMap((side) => {
    const { requiredDuringSchedulingIgnoredDuringExecution, preferredDuringSchedulingIgnoredDuringExecution } =
      affinity?.[side] ?? {};
    const at = `${field}.${side}`;
    return [
      ...(requiredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ labelSelector }, i) =>
        labelSelector
          ? []
          : [`${at}.requiredDuringSchedulingIgnoredDuringExecution[${i}].labelSelector: ${NULL_SELECTOR}`],
      ),
      ...(preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ podAffinityTerm }, i) =>
        podAffinityTerm.labelSelector
          ? []
          : [
              `${at}.preferredDuringSchedulingIgnoredDuringExecution[${i}].podAffinityTerm.labelSelector: ${NULL_SELECTOR}`,
            ],
      ),
    ];
  });
}
