import { matchesLabels } from "../../client/index.ts";
import type { StatefulSet } from "../../openapi/api/apps.v1.ts";
import type { PersistentVolumeClaim, Pod, PodTemplateSpec } from "../../openapi/api/core.v1.ts";
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
  const claims = (set.spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name ?? "");
  if (claims.length) {
    pod.spec.volumes = [
      ...claims.map((claim) => ({ name: claim, persistentVolumeClaim: { claimName: claimName(claim, set, ordinal) } })),
      ...(pod.spec.volumes ?? []).filter(({ name: volume }) => !claims.includes(volume)),
    ];
  }
  return pod;
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

/** Whether a Pod has the name labels and volumes of its ordinal; upstream repairs the labels. */
export function hasIdentity(pod: Readonly<Pod>, ordinal: number): boolean {
  return matchesLabels({ [NAME_LABEL]: pod.metadata.name ?? "", [INDEX_LABEL]: String(ordinal) }, pod.metadata.labels);
}

/** The same Pod with the labels of its ordinal. */
export function withIdentity(pod: Readonly<Pod>, ordinal: number): Pod {
  const labels = { ...pod.metadata.labels, [NAME_LABEL]: pod.metadata.name ?? "", [INDEX_LABEL]: String(ordinal) };
  return { ...pod, metadata: { ...pod.metadata, labels } };
}
