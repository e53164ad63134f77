import { nodeSelectorMatches, nodeSelectorTermMatches, podWantsNode } from "../../client/index.ts";
import type { Node, NodeAffinity, Pod } from "../../openapi/api/core.v1.ts";
import type { PluginArgs } from "../config/types.ts";
import { defaultNormalize, type Plugin, refuse } from "../framework.ts";

const NAME = "NodeAffinity";

/** What a profile asks of nodes for all its Pods. */
const isAdmitted = (node: Node, added: NodeAffinity | undefined): boolean =>
  !added?.requiredDuringSchedulingIgnoredDuringExecution ||
  nodeSelectorMatches(added.requiredDuringSchedulingIgnoredDuringExecution, node);

const preferences = ({ spec }: Pod, added: NodeAffinity | undefined) => [
  ...(added?.preferredDuringSchedulingIgnoredDuringExecution ?? []),
  ...(spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []),
];

/** nodeSelector and node affinity, required and preferred. (framework/plugins/nodeaffinity) */
export const nodeAffinity = ({ addedAffinity }: PluginArgs["NodeAffinity"]): Plugin => ({
  name: NAME,
  hints: {
    "node/add": (pod, { now }) => now !== undefined && isAdmitted(now, addedAffinity) && podWantsNode(pod.spec, now),
    "node/labels": (pod, { old, now }) =>
      now !== undefined &&
      isAdmitted(now, addedAffinity) &&
      podWantsNode(pod.spec, now) &&
      !(old && isAdmitted(old, addedAffinity) && podWantsNode(pod.spec, old)),
  },
  preFilter({ pod }) {
    const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    const added = addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    if (!required && !added && !Object.keys(pod.spec.nodeSelector ?? {}).length) return "skip";
    const named = namedNodes(required?.nodeSelectorTerms ?? []);
    return named && named.size === 0 ? refuse(NAME, ["pod affinity terms conflict"], true) : undefined;
  },
  candidates: ({ pod }) =>
    namedNodes(
      pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [],
    ),
  filter({ pod }, { node }) {
    if (!isAdmitted(node, addedAffinity))
      return refuse(NAME, ["node(s) didn't match scheduler-enforced node affinity"], true);
    return podWantsNode(pod.spec, node)
      ? undefined
      : refuse(NAME, ["node(s) didn't match Pod's node affinity/selector"], true);
  },
  preScore: ({ pod }) => (preferences(pod, addedAffinity).length ? undefined : "skip"),
  score({ pod }, { node }) {
    let sum = 0;
    for (const { weight, preference } of preferences(pod, addedAffinity)) {
      if (weight && nodeSelectorTermMatches(preference, node)) sum += weight;
    }
    return sum;
  },
  normalize: (_, scores) => defaultNormalize(scores, false),
});

type Terms = readonly { matchFields?: readonly { key: string; operator: string; values?: string[] }[] }[];

/** When every alternative names its nodes (`metadata.name in …`), only those are worth a look: DaemonSets live by it. */
function namedNodes(terms: Terms): ReadonlySet<string> | undefined {
  const all = new Set<string>();
  for (const { matchFields = [] } of terms) {
    let names: string[] | undefined;
    for (const { key, operator, values = [] } of matchFields) {
      if (key !== "metadata.name" || operator !== "In") continue;
      names = names ? names.filter((name) => values.includes(name)) : values;
    }
    if (!names) return undefined;
    for (const name of names) all.add(name);
  }
  return terms.length ? all : undefined;
}
