import {
  type Action,
  type ApiObject,
  controllerOf,
  defineController,
  type Key,
  keyOf,
  type Lister,
  mapping,
  matchesSelector,
  splitKey,
  timestamp,
} from "../client/index.ts";
import type { Deployment, ReplicaSet, StatefulSet } from "../openapi/api/apps.v1.ts";
import type { Pod, ReplicationController } from "../openapi/api/core.v1.ts";
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from "../openapi/api/policy.v1.ts";
import { withCondition } from "./conditions.ts";
import { sameStatus } from "./equality.ts";
import { scaledValue } from "./int-or-percent.ts";
import { tell } from "./pod-control.ts";
import { isReady } from "./pods.ts";

const RESOURCE = "policy/v1/poddisruptionbudgets";
/** A Pod whose eviction was granted counts as gone for this long. (DeletionTimeout) */
const DELETION_TIMEOUT_MS = 2 * 60_000;

interface Listers {
  budgets: Lister<PodDisruptionBudget>;
  pods: Lister<Pod>;
  replicaSets: Lister<ReplicaSet>;
  deployments: Lister<Deployment>;
  statefulSets: Lister<StatefulSet>;
  replicationControllers: Lister<ReplicationController>;
}

/** How many Pods of a budget may be evicted. Follows pkg/controller/disruption. */
export function reconcile(key: Key, listers: Listers, now: Date): Action[] {
  const budget = listers.budgets.get(key);
  if (!budget) return [];
  const { selector } = budget.spec;
  const pods = listers.pods
    .byNamespace(splitKey(key).namespace)
    .filter(({ metadata }) => matchesSelector(selector, metadata.labels));
  const events: Action[] = pods.length ? [] : [tell(budget, "Normal", "NoPods", "No matching pods found")];
  const expected = expectation(budget, pods, listers);
  if (typeof expected === "string") {
    const message = `Failed to calculate the number of expected pods: ${expected}`;
    const failed = { ...budget.status, disruptionsAllowed: 0 };
    return [
      ...events,
      tell(budget, "Warning", "CalculateExpectedPodCountFailed", message),
      ...write(budget, withAllowed(budget, failed, "SyncFailed", expected, now)),
    ];
  }
  if (expected.unmanaged.length) events.push(tell(budget, "Warning", "UnmanagedPods", unmanagedMessage(selector)));
  const { disruptedPods, recheckMs } = stillDisrupted(budget, pods, now);
  const healthy = pods.filter(
    (pod) => !pod.metadata.deletionTimestamp && !disruptedPods[pod.metadata.name ?? ""] && isReady(pod),
  ).length;
  const allowed = pods.length && expected.count > 0 ? Math.max(0, healthy - expected.desiredHealthy) : 0;
  const status: PodDisruptionBudgetStatus = {
    ...budget.status,
    observedGeneration: budget.metadata.generation,
    disruptedPods: Object.keys(disruptedPods).length ? disruptedPods : undefined,
    disruptionsAllowed: allowed,
    currentHealthy: healthy,
    desiredHealthy: expected.desiredHealthy,
    expectedPods: expected.count,
  };
  return [
    ...events,
    ...write(budget, withAllowed(budget, status, allowed ? "SufficientPods" : "InsufficientPods", "", now)),
    ...(recheckMs === undefined ? [] : [{ do: "requeue", afterMs: recheckMs } as const]),
  ];
}

function unmanagedMessage(selector: PodDisruptionBudget["spec"]["selector"]): string {
  const labels = Object.entries(selector?.matchLabels ?? {})
    .map(([name, value]) => `${name}:${value}`)
    .sort();
  return (
    `Pods selected by this PodDisruptionBudget (selector: &LabelSelector{MatchLabels:map[string]string{${labels.map((one) => one.replace(":", ": ")).join(",")},},MatchExpressions:[]LabelSelectorRequirement{},}) were found ` +
    `to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. ` +
    `To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`
  );
}

interface Expectation {
  count: number;
  desiredHealthy: number;
  unmanaged: string[];
}

/** @returns the error's text when a Pod's controller has no known size. */
function expectation(
  { spec }: Readonly<PodDisruptionBudget>,
  pods: readonly Readonly<Pod>[],
  listers: Listers,
): Expectation | string {
  const { maxUnavailable, minAvailable } = spec;
  if (maxUnavailable === undefined && typeof minAvailable !== "string") {
    return { count: pods.length, desiredHealthy: minAvailable ?? 0, unmanaged: [] };
  }
  const scales = new Map<string, number>();
  const unmanaged: string[] = [];
  for (const pod of pods) {
    const owner = controllerOf(pod);
    const scale = owner && scaleOf(owner.uid, listers);
    if (!owner) unmanaged.push(pod.metadata.name ?? "");
    else if (!scale) return `found no controllers for pod "${pod.metadata.name}"`;
    else scales.set(scale.uid, scale.replicas);
  }
  const count = [...scales.values()].reduce((sum, replicas) => sum + replicas, 0);
  const desiredHealthy =
    maxUnavailable === undefined
      ? scaledValue(minAvailable, count, true)
      : Math.max(0, count - scaledValue(maxUnavailable, count, true));
  return { count, desiredHealthy, unmanaged };
}

/** The wished size behind a Pod: a Deployment's when its ReplicaSet has one, since sets come and go in a rollout. */
function scaleOf(uid: string, listers: Listers): { uid: string; replicas: number } | undefined {
  const { replicaSets, deployments, statefulSets, replicationControllers } = listers;
  const set = replicaSets.byUid(uid);
  const deployment = set && deployments.byUid(controllerOf(set)?.uid ?? "");
  const owner = deployment ?? set ?? statefulSets.byUid(uid) ?? replicationControllers.byUid(uid);
  return owner && { uid: owner.metadata.uid ?? "", replicas: owner.spec.replicas ?? 1 };
}

/** Evictions granted lately whose Pods are still there. */
function stillDisrupted({ status }: Readonly<PodDisruptionBudget>, pods: readonly Readonly<Pod>[], now: Date) {
  const disruptedPods: Record<string, string> = {};
  let recheckMs: number | undefined;
  for (const { metadata } of pods) {
    const granted = status.disruptedPods?.[metadata.name ?? ""];
    if (!granted || metadata.deletionTimestamp) continue;
    const left = Date.parse(granted) + DELETION_TIMEOUT_MS - now.getTime();
    if (left <= 0) continue;
    disruptedPods[metadata.name ?? ""] = granted;
    recheckMs = Math.min(recheckMs ?? left, left);
  }
  return { disruptedPods, recheckMs };
}

function withAllowed(
  budget: Readonly<PodDisruptionBudget>,
  status: PodDisruptionBudgetStatus,
  reason: string,
  message: string,
  now: Date,
): PodDisruptionBudgetStatus {
  const conditions = withCondition(budget.status.conditions, {
    type: "DisruptionAllowed",
    status: status.disruptionsAllowed ? "True" : "False",
    observedGeneration: budget.metadata.generation,
    lastTransitionTime: timestamp(now),
    reason,
    message,
  });
  return { ...status, conditions: conditions as PodDisruptionBudgetStatus["conditions"] };
}

function write(budget: Readonly<PodDisruptionBudget>, status: PodDisruptionBudgetStatus): Action[] {
  const object: PodDisruptionBudget = { ...budget, status };
  return sameStatus(budget.status, status) ? [] : [{ do: "updateStatus", resource: RESOURCE, object }];
}

function budgetsOf(object: ApiObject, { budgets }: Listers, old?: ApiObject): Key[] {
  return budgets
    .byNamespace(object.metadata.namespace ?? "")
    .filter(({ spec }) => [object, old].some((one) => one && matchesSelector(spec.selector, one.metadata.labels)))
    .map(keyOf);
}

export const disruptionController = defineController<Listers>({
  name: "disruption-controller",
  eventSource: "controllermanager",
  watches: {
    for: RESOURCE,
    maps: [
      mapping("v1/pods", (pod, listers: Listers, old) => budgetsOf(pod, listers, old)),
      // A new size changes what percentages come to.
      ...(
        ["apps/v1/deployments", "apps/v1/replicasets", "apps/v1/statefulsets", "v1/replicationcontrollers"] as const
      ).map((resource) =>
        mapping(resource, (owner, { budgets }: Listers, old) =>
          old && old.spec.replicas === owner.spec.replicas
            ? []
            : budgets.byNamespace(owner.metadata.namespace ?? "").map(keyOf),
        ),
      ),
    ],
  },
  listers: (get) => ({
    budgets: get(RESOURCE),
    pods: get("v1/pods"),
    replicaSets: get("apps/v1/replicasets"),
    deployments: get("apps/v1/deployments"),
    statefulSets: get("apps/v1/statefulsets"),
    replicationControllers: get("v1/replicationcontrollers"),
  }),
  reconcile: (key, listers, { now }) => reconcile(key, listers, now),
});
