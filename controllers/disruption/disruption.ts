import {
  type Action,
  type ApiObject,
  defineController,
  type Key,
  keyOf,
  type Lister,
  mapping,
  matchesSelector,
  splitKey,
  timestamp,
} from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import type { LabelSelector } from "../../openapi/api/meta.k8s.io.v1.ts";
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from "../../openapi/api/policy.v1.ts";
import { withStatusCondition } from "../conditions.ts";
import { sameStatus } from "../equality.ts";
import { tell } from "../pod-control.ts";
import { isReady, podCondition } from "../pods.ts";
import { selectorAsGo } from "../selector-text.ts";
import { type Expectation, expectedPods, type ScaleListers } from "./expected-pods.ts";
import { resetStaleCondition } from "./stale-condition.ts";

const RESOURCE = "policy/v1/poddisruptionbudgets";
/** A Pod whose eviction was granted counts as gone for this long. (DeletionTimeout) */
const DELETION_TIMEOUT_MS = 2 * 60_000;

interface Listers extends ScaleListers {
  budgets: Lister<PodDisruptionBudget>;
  pods: Lister<Pod>;
}

/** Keys of Pods, beside those of budgets. */
const POD_KEY = "pod:";

/** How many Pods of a budget may be evicted. Follows pkg/controller/disruption. */
export function reconcile(key: Key, listers: Listers, now: Date): Action[] {
  if (key.startsWith(POD_KEY)) return reconcilePod(listers.pods.get(key.slice(POD_KEY.length)), listers, now);
  const budget = listers.budgets.get(key);
  if (!budget) return [];
  const { selector } = budget.spec;
  const pods = listers.pods
    .byNamespace(splitKey(key).namespace)
    .filter(({ metadata }) => matchesSelector(selector, metadata.labels));
  const events: Action[] = pods.length ? [] : [tell(budget, "Normal", "NoPods", "No matching pods found")];
  return [...events, ...expectedPods(budget, pods, listers, (expected) => statusActions(budget, pods, expected, now))];
}

/** What is said of a Pod itself. */
function reconcilePod(pod: Readonly<Pod> | undefined, listers: Listers, now: Date): Action[] {
  if (!pod) return [];
  const [first, ...others] = budgetsOf(pod, listers);
  const { namespace, name } = pod.metadata;
  const message = `Pod "${namespace}"/"${name}" matches multiple PodDisruptionBudgets.  Chose "${first?.metadata.name}" arbitrarily.`;
  return [
    ...(others.length ? [tell(pod, "Warning", "MultiplePodDisruptionBudgets", message)] : []),
    ...resetStaleCondition(pod, now),
  ];
}

function statusActions(
  budget: Readonly<PodDisruptionBudget>,
  pods: readonly Readonly<Pod>[],
  expected: Expectation | string,
  now: Date,
): Action[] {
  if (typeof expected === "string") {
    const message = `Failed to calculate the number of expected pods: ${expected}`;
    const failed = { ...budget.status, disruptionsAllowed: 0 };
    return [
      tell(budget, "Warning", "CalculateExpectedPodCountFailed", message),
      ...write(budget, withAllowed(budget, failed, "SyncFailed", expected, now)),
    ];
  }
  const { disruptedPods, undeleted, recheckMs } = stillDisrupted(budget, pods, now);
  const healthy = pods.filter(
    (pod) => !pod.metadata.deletionTimestamp && !disruptedPods[pod.metadata.name ?? ""] && isReady(pod),
  ).length;
  const allowed = expected.count > 0 ? Math.max(0, healthy - expected.desiredHealthy) : 0;
  const status: PodDisruptionBudgetStatus = {
    ...budget.status,
    observedGeneration: budget.metadata.generation,
    disruptedPods: Object.keys(disruptedPods).length ? disruptedPods : undefined,
    disruptionsAllowed: allowed,
    currentHealthy: healthy,
    desiredHealthy: expected.desiredHealthy,
    expectedPods: expected.count,
  };
  // Upstream names the namespace twice.
  const { namespace } = budget.metadata;
  const late = `Pod was expected by PDB ${namespace}/${namespace} to be deleted but it wasn't`;
  return [
    ...(expected.hasUnmanaged
      ? [tell(budget, "Warning", "UnmanagedPods", unmanagedMessage(budget.spec.selector))]
      : []),
    ...undeleted.map((pod) => tell(pod, "Warning", "NotDeleted", late)),
    ...write(budget, withAllowed(budget, status, allowed ? "SufficientPods" : "InsufficientPods", "", now)),
    ...(recheckMs === undefined ? [] : [{ do: "requeue", afterMs: recheckMs } as const]),
  ];
}

function unmanagedMessage(selector: LabelSelector | undefined): string {
  return (
    `Pods selected by this PodDisruptionBudget (selector: ${selectorAsGo(selector)}) were found ` +
    `to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. ` +
    `To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`
  );
}

/** Evictions granted lately whose Pods are still there. */
function stillDisrupted({ status }: Readonly<PodDisruptionBudget>, pods: readonly Readonly<Pod>[], now: Date) {
  const disruptedPods: Record<string, string> = {};
  const undeleted: Readonly<Pod>[] = [];
  let recheckMs: number | undefined;
  for (const pod of pods) {
    const { metadata } = pod;
    const granted = status.disruptedPods?.[metadata.name ?? ""];
    if (!granted || metadata.deletionTimestamp) continue;
    const left = Date.parse(granted) + DELETION_TIMEOUT_MS - now.getTime();
    if (left < 0) {
      undeleted.push(pod);
      continue;
    }
    disruptedPods[metadata.name ?? ""] = granted;
    recheckMs = Math.min(recheckMs ?? left, left);
  }
  return { disruptedPods, undeleted, recheckMs };
}

function withAllowed(
  budget: Readonly<PodDisruptionBudget>,
  status: PodDisruptionBudgetStatus,
  reason: string,
  message: string,
  now: Date,
): PodDisruptionBudgetStatus {
  const conditions = withStatusCondition(budget.status.conditions, {
    type: "DisruptionAllowed",
    status: status.disruptionsAllowed ? "True" : "False",
    observedGeneration: status.observedGeneration ?? 0,
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

function budgetsOf({ metadata }: ApiObject, { budgets }: Listers): readonly Readonly<PodDisruptionBudget>[] {
  return budgets
    .byNamespace(metadata.namespace ?? "")
    .filter(({ spec }) => matchesSelector(spec.selector, metadata.labels));
}

/** The budgets of a Pod, and the Pod itself where there is something to say of it. */
function keysOf(pod: Readonly<Pod>, listers: Listers, old: Readonly<Pod> | undefined): Key[] {
  const budgets = budgetsOf(pod, listers);
  const before = old && old.metadata.labels !== pod.metadata.labels ? budgetsOf(old, listers) : [];
  const isSpokenOf = budgets.length > 1 || podCondition(pod, "DisruptionTarget")?.status === "True";
  return [...[...budgets, ...before].map(keyOf), ...(isSpokenOf ? [`${POD_KEY}${keyOf(pod)}`] : [])];
}

export const disruptionController = defineController<Listers>({
  name: "disruption-controller",
  eventSource: "controllermanager",
  watches: {
    for: RESOURCE,
    maps: [mapping("v1/pods", keysOf)],
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
