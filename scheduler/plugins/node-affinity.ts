import { defaultNormalize, type Plugin, refuse } from "../framework.ts";
import { nodeSelectorTermMatches, podWantsNode } from "../selectors.ts";

const NAME = "NodeAffinity";

/** nodeSelector and node affinity, required and preferred. (framework/plugins/nodeaffinity) */
export const nodeAffinity: Plugin = {
  name: NAME,
  weight: 2,
  hints: {
    "node/add": (pod, { now }) => now !== undefined && podWantsNode(pod, now),
    "node/labels": (pod, { old, now }) =>
      now !== undefined && podWantsNode(pod, now) && (!old || !podWantsNode(pod, old)),
  },
  preFilter({ pod }) {
    const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    if (!required && !Object.keys(pod.spec.nodeSelector ?? {}).length) return "skip";
    const named = namedNodes(required?.nodeSelectorTerms ?? []);
    return named && named.size === 0 ? refuse(NAME, ["pod affinity terms conflict"], true) : undefined;
  },
  candidates: ({ pod }) =>
    namedNodes(
      pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [],
    ),
  filter({ pod }, { node }) {
    return podWantsNode(pod, node)
      ? undefined
      : refuse(NAME, ["node(s) didn't match Pod's node affinity/selector"], true);
  },
  preScore: ({ pod }) =>
    pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution?.length ? undefined : "skip",
  score({ pod }, { node }) {
    let sum = 0;
    for (const { weight, preference } of pod.spec.affinity?.nodeAffinity
      ?.preferredDuringSchedulingIgnoredDuringExecution ?? []) {
      if (weight && nodeSelectorTermMatches(preference, node)) sum += weight;
    }
    return sum;
  },
  normalize: (_, scores) => defaultNormalize(scores, false),
};

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
