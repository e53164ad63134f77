import { matchesLabels } from "../../client/index.ts";
import type { StatefulSet } from "../../openapi/api/apps.v1.ts";
import type { PersistentVolumeClaim, Pod, PodTemplateSpec, Volume } from "../../openapi/api/core.v1.ts";
import { podFromTemplate } from "../pods.ts";

export const SETS = "apps/v1/statefulsets";
export const REVISION_LABEL = "controller-revision-hash";
const NAME_LABEL = "statefulset.kubernetes.io/pod-name";
const INDEX_LABEL = "apps.kubernetes.io/pod-index";

type Set = Readonly<StatefulSet>;

/** First ordinal. */
export const startOf = ({ spec }: Set): number => spec.ordinals?.start ?? 0;

/** Ordinal of a Pod by its name; undefined when it is not one of the set's. */
export function ordinalOf({ metadata }: Set, { metadata: pod }: Readonly<Pod>): number | undefined {
  const match = /^(.*)-(\d+)$/.exec(pod.name ?? "");
  return match && match[1] === metadata.name ? Number(match[2]) : undefined;
}

const claimName = (template: string, { metadata }: Set, ordinal: number): string =>
  `${template}-${metadata.name}-${ordinal}`;

/** The Pod of one ordinal: its name, host name and volumes are its identity. (newStatefulSetPod) */
export function statefulPod(set: Set, template: Readonly<PodTemplateSpec>, revision: string, ordinal: number): Pod {
  const pod = podFromTemplate(template, set);
  const name = `${set.metadata.name}-${ordinal}`;
  pod.metadata.name = name;
  pod.metadata.labels = {
    ...pod.metadata.labels,
    [NAME_LABEL]: name,
    [INDEX_LABEL]: String(ordinal),
    [REVISION_LABEL]: revision,
  };
  pod.spec.hostname = name;
  if (set.spec.serviceName) pod.spec.subdomain = set.spec.serviceName;
  if (set.spec.volumeClaimTemplates?.length) pod.spec.volumes = withClaims(set, pod.spec.volumes, ordinal);
  return pod;
}

function claimVolumes(set: Set, ordinal: number): Volume[] {
  return (set.spec.volumeClaimTemplates ?? []).map(({ metadata: { name = "" } }) => ({
    name,
    persistentVolumeClaim: { claimName: claimName(name, set, ordinal) },
  }));
}

function withClaims(set: Set, volumes: readonly Volume[] = [], ordinal: number): Volume[] {
  const claims = claimVolumes(set, ordinal);
  return [...claims, ...volumes.filter((volume) => !claims.some(({ name }) => name === volume.name))];
}

/** The claims that a Pod of one ordinal needs. */
export function claimsOf(set: Set, ordinal: number): PersistentVolumeClaim[] {
  return (set.spec.volumeClaimTemplates ?? []).map((template) => ({
    ...template,
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: {
      ...template.metadata,
      name: claimName(template.metadata.name ?? "", set, ordinal),
      namespace: set.metadata.namespace,
      labels: { ...template.metadata.labels, ...set.spec.selector?.matchLabels },
    },
    status: {},
  }));
}

/** Whether a Pod has the labels of its ordinal and mounts its claims. (identityMatches, storageMatches) */
export function hasIdentity(set: Set, pod: Readonly<Pod>, ordinal: number): boolean {
  const labels = { [NAME_LABEL]: pod.metadata.name ?? "", [INDEX_LABEL]: String(ordinal) };
  return matchesLabels(labels, pod.metadata.labels) && hasClaims(set, pod, ordinal);
}

const hasClaims = (set: Set, { spec }: Readonly<Pod>, ordinal: number): boolean =>
  claimVolumes(set, ordinal).every(({ name, persistentVolumeClaim }) =>
    spec.volumes?.some(
      (volume) => volume.name === name && volume.persistentVolumeClaim?.claimName === persistentVolumeClaim?.claimName,
    ),
  );

/** The same Pod with the labels and volumes of its ordinal. (updateIdentity, updateStorage) */
export function withIdentity(set: Set, pod: Readonly<Pod>, ordinal: number): Pod {
  const labels = { ...pod.metadata.labels, [NAME_LABEL]: pod.metadata.name ?? "", [INDEX_LABEL]: String(ordinal) };
  const volumes = hasClaims(set, pod, ordinal) ? pod.spec.volumes : withClaims(set, pod.spec.volumes, ordinal);
  return {
    ...pod,
    metadata: { ...pod.metadata, labels },
    spec: { ...pod.spec, ...(volumes && { volumes }) },
  };
}
