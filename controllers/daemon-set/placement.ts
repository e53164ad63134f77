import { podWantsNode } from "../../client/index.ts";
import type { DaemonSet } from "../../openapi/api/apps.v1.ts";
import type { Affinity, Node, Pod, PodSpec, Toleration } from "../../openapi/api/core.v1.ts";
import { podFromTemplate } from "../pods.ts";
import { tolerates } from "../tolerations.ts";

const TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";
const GENERATION_LABEL = "pod-template-generation";
export const HASH_LABEL = "controller-revision-hash";

/** A daemon keeps running on a node that is not well, and comes to one under pressure. */
const TOLERATIONS: readonly Toleration[] = [
  { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/pid-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" },
];
const NETWORK: Toleration = { key: "node.kubernetes.io/network-unavailable", operator: "Exists", effect: "NoSchedule" };

function tolerationsOf({ tolerations = [], hostNetwork }: Readonly<PodSpec>): Toleration[] {
  const own = [...TOLERATIONS, ...(hostNetwork ? [NETWORK] : [])];
  const same = (a: Toleration) => (b: Toleration) =>
    a.key === b.key && a.effect === b.effect && a.operator === b.operator && (a.value ?? "") === (b.value ?? "");
  return [...tolerations.filter((one) => !own.some(same(one))), ...own];
}

/** Whether a daemon belongs on a node, and whether one that is there may stay. (NodeShouldRunDaemonPod) */
export function placement({ spec }: Readonly<DaemonSet>, node: Readonly<Node>): { run: boolean; stay: boolean } {
  const pod = spec.template.spec ?? {};
  if (pod.nodeName && pod.nodeName !== node.metadata.name) return { run: false, stay: false };
  if (!podWantsNode(pod, node)) return { run: false, stay: false };
  const tolerations = tolerationsOf(pod);
  const untolerated = (node.spec.taints ?? []).filter((taint) => !tolerations.some((one) => tolerates(one, taint)));
  return {
    run: untolerated.every(({ effect }) => effect === "PreferNoSchedule"),
    stay: untolerated.every(({ effect }) => effect !== "NoExecute"),
  };
}

/** The Pod for one node: bound to it by affinity, as the scheduler places daemons too. */
export function daemonPod(set: Readonly<DaemonSet>, nodeName: string, hash: string): Pod {
  const pod = podFromTemplate(set.spec.template, set);
  const generation = set.metadata.annotations?.[TEMPLATE_GENERATION];
  pod.metadata.labels = {
    ...pod.metadata.labels,
    ...(generation && { [GENERATION_LABEL]: generation }),
    [HASH_LABEL]: hash,
  };
  pod.spec.tolerations = tolerationsOf(pod.spec);
  pod.spec.affinity = boundTo(pod.spec.affinity, nodeName);
  return pod;
}

/** The wish for the node takes the place of all terms: they were already looked at. */
function boundTo(affinity: Affinity | undefined, nodeName: string): Affinity {
  const required = {
    nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: [nodeName] }] }],
  };
  return {
    ...affinity,
    nodeAffinity: { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: required },
  };
}

/** The node a daemon is for, bound or not yet. (GetTargetNodeName) */
export function nodeOf({ spec }: Readonly<Pod>): string {
  if (spec.nodeName) return spec.nodeName;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  for (const { matchFields = [] } of required?.nodeSelectorTerms ?? []) {
    const field = matchFields.find(({ key, operator }) => key === "metadata.name" && operator === "In");
    if (field?.values?.length === 1) return field.values[0] ?? "";
  }
  return "";
}

/** Made of the present template: by its hash, or by its generation as long ago. (IsPodUpdated) */
export function isUpdated(set: Readonly<DaemonSet>, { metadata }: Readonly<Pod>, hash: string): boolean {
  const generation = set.metadata.annotations?.[TEMPLATE_GENERATION];
  return metadata.labels?.[HASH_LABEL] === hash || (!!generation && metadata.labels?.[GENERATION_LABEL] === generation);
}
