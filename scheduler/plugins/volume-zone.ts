import { usesClaim } from "../claims.ts";
import { type Plugin, refuse } from "../framework.ts";

const NAME = "VolumeZone";
const LABELS = [
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
];

/** A volume labelled with a zone is reached from nodes of that zone. (framework/plugins/volumezone) */
export const volumeZone: Plugin = {
  name: NAME,
  hints: {
    "node/add": () => true,
    "node/labels": (_, { old, now }) =>
      LABELS.some((label) => old?.metadata.labels?.[label] !== now?.metadata.labels?.[label]),
    "persistentvolumeclaim/add": usesClaim,
    "persistentvolumeclaim/update": usesClaim,
    "persistentvolume/change": (_, { old, now }) =>
      !old || LABELS.some((label) => old.metadata.labels?.[label] !== now?.metadata.labels?.[label]),
    "storageclass/change": (_, { old, now }) => !old && now?.volumeBindingMode === "WaitForFirstConsumer",
  },
  preFilter({ pod, listers, state }) {
    const wanted: { label: string; values: string[] }[] = [];
    for (const { persistentVolumeClaim } of pod.spec.volumes ?? []) {
      if (!persistentVolumeClaim) continue;
      const claim = listers.persistentVolumeClaim(pod.metadata.namespace ?? "", persistentVolumeClaim.claimName);
      const volume = claim?.spec?.volumeName ? listers.persistentVolume(claim.spec.volumeName) : undefined;
      for (const label of LABELS) {
        const value = volume?.metadata.labels?.[label];
        if (value !== undefined) wanted.push({ label, values: value.split("__") });
      }
    }
    if (!wanted.length) return "skip";
    state.set(NAME, wanted);
    return undefined;
  },
  filter({ state }, { node }) {
    const labels = node.metadata.labels ?? {};
    // Nodes without any zone belong to clusters that do not use zones.
    if (!LABELS.some((label) => labels[label] !== undefined)) return undefined;
    for (const { label, values } of state.get(NAME) as { label: string; values: string[] }[]) {
      if (!values.includes(labels[label] ?? "")) return refuse(NAME, ["node(s) had no available volume zone"], true);
    }
    return undefined;
  },
};
