import { podWantsNode } from "../client/index.ts";
import type { Pod, TopologySpreadConstraint } from "../openapi/api/core.v1.ts";
import type { LabelSelector } from "../openapi/api/meta.k8s.io.v1.ts";
import type { Listers } from "./framework.ts";
import type { NodeInfo } from "./node-info.ts";
import type { PodQuery } from "./pod-index.ts";
import { mapSelectorMatches, selectorMatches, untolerated } from "./selectors.ts";

/** One constraint of topology spread, compiled. */
export interface Constraint {
  readonly key: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  /** The Pods that are counted; absent when the selector is empty, which counts none. */
  readonly counted: PodQuery | undefined;
  /** By labels alone. */
  readonly selects: (pod: Pod) => boolean;
  readonly matchesSelf: boolean;
  readonly honorAffinity: boolean;
  readonly honorTaints: boolean;
}

type Unsatisfiable = "DoNotSchedule" | "ScheduleAnyway";

/** A set of Pods by their labels. */
interface Selection {
  readonly id: string;
  readonly isEmpty: boolean;
  matches(pod: Pod): boolean;
}

function compile(constraint: TopologySpreadConstraint, pod: Pod, { id, isEmpty, matches }: Selection): Constraint {
  const namespace = pod.metadata.namespace ?? "";
  return {
    key: constraint.topologyKey,
    maxSkew: constraint.maxSkew,
    minDomains: constraint.minDomains ?? 1,
    counted: isEmpty
      ? undefined
      : {
          id: `spread ${namespace} ${id}`,
          namespace,
          matches: (other) =>
            other.metadata.namespace === namespace && !other.metadata.deletionTimestamp && matches(other),
        },
    selects: matches,
    matchesSelf: matches(pod),
    honorAffinity: (constraint.nodeAffinityPolicy ?? "Honor") === "Honor",
    honorTaints: (constraint.nodeTaintsPolicy ?? "Ignore") === "Honor",
  };
}

/** The constraints that a Pod sets itself. */
export function ownConstraints(pod: Pod, wanted: Unsatisfiable): Constraint[] {
  return (pod.spec.topologySpreadConstraints ?? [])
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === wanted)
    .map((constraint) => compile(constraint, pod, selectionOf(constraint, pod)));
}

function selectionOf({ labelSelector, matchLabelKeys }: TopologySpreadConstraint, pod: Pod): Selection {
  const expressions = (matchLabelKeys ?? []).flatMap((key) => {
    const value = pod.metadata.labels?.[key];
    return value === undefined ? [] : [{ key, operator: "In", values: [value] }];
  });
  const selector: LabelSelector | undefined = expressions.length
    ? { ...labelSelector, matchExpressions: [...(labelSelector?.matchExpressions ?? []), ...expressions] }
    : labelSelector;
  return {
    id: JSON.stringify(selector),
    isEmpty: !selector?.matchExpressions?.length && !Object.keys(selector?.matchLabels ?? {}).length,
    matches: (other) => selectorMatches(selector, other.metadata.labels),
  };
}

/** The profile's constraints for a Pod without own ones, over the Pods that what selects it selects. */
export function defaultConstraints(
  pod: Pod,
  listers: Listers,
  defaults: readonly TopologySpreadConstraint[],
  wanted: Unsatisfiable,
): Constraint[] {
  const ofInterest = defaults.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === wanted);
  if (!ofInterest.length) return [];
  const selection = defaultSelection(pod, listers);
  return selection ? ofInterest.map((constraint) => compile(constraint, pod, selection)) : [];
}

/** All Services of the Pod and its controller together. (plugins/helper/spread.go DefaultSelector) */
function defaultSelection({ metadata }: Pod, listers: Listers): Selection | undefined {
  const { namespace = "", labels } = metadata;
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  const maps: Record<string, string>[] = [];
  for (const { spec } of listers.services(namespace))
    if (spec.selector && mapSelectorMatches(spec.selector, labels)) maps.push(spec.selector);
  let ofOwner: LabelSelector | undefined;
  if (owner?.kind === "ReplicationController") {
    const found = listers.replicationControllers(namespace).find(({ metadata: { uid } }) => uid === owner.uid);
    if (found?.spec?.selector) maps.push(found.spec.selector);
  } else if (owner?.kind === "ReplicaSet" || owner?.kind === "StatefulSet") {
    const sets = owner.kind === "ReplicaSet" ? listers.replicaSets(namespace) : listers.statefulSets(namespace);
    ofOwner = sets.find(({ metadata: { uid } }) => uid === owner.uid)?.spec?.selector;
  }
  if (!maps.length && !ofOwner) return undefined;
  return {
    id: JSON.stringify([maps, ofOwner]),
    isEmpty: false,
    matches: (other) =>
      maps.every((selector) => mapSelectorMatches(selector, other.metadata.labels)) &&
      (!ofOwner || selectorMatches(ofOwner, other.metadata.labels)),
  };
}

/** Whether the Pods of a node count at all. (matchNodeInclusionPolicies) */
export const isIncluded = (pod: Pod, { node }: NodeInfo, { honorAffinity, honorTaints }: Constraint): boolean =>
  (!honorAffinity || podWantsNode(pod.spec, node)) &&
  (!honorTaints || !untolerated(node, pod, ["NoSchedule", "NoExecute"]));
