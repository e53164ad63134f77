import { expect, test } from "vitest";
import { type Action, ApiError, listerOf, type Result, type WriteAction } from "../../client/index.ts";
import type { Deployment, ReplicaSet, StatefulSet } from "../../openapi/api/apps.v1.ts";
import type { Pod, ReplicationController } from "../../openapi/api/core.v1.ts";
import type { PodDisruptionBudget } from "../../openapi/api/policy.v1.ts";
import { reconcile } from "./disruption.ts";

const now = new Date("2026-01-01T01:00:00Z");
const SECONDS = 1000;

const ref = (kind: string, uid: string, apiVersion = "apps/v1") => ({
  apiVersion,
  kind,
  name: uid,
  uid,
  controller: true,
});
const budget = (spec: object, status: object = {}): PodDisruptionBudget => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name: "b", namespace: "ns", generation: 3 },
  spec: { selector: { matchLabels: { app: "web" } }, ...spec },
  status: { observedGeneration: 2, ...status } as PodDisruptionBudget["status"],
});
const pod = (name: string, owner?: object, over: { metadata?: object; status?: object } = {}): Pod =>
  ({
    metadata: {
      name,
      namespace: "ns",
      generation: 1,
      labels: { app: "web" },
      ...(owner && { ownerReferences: [owner] }),
      ...over.metadata,
    },
    spec: {},
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }], ...over.status },
  }) as Pod;
const scaled = <T>(uid: string, replicas: number, owner?: object) =>
  ({
    metadata: { name: uid, namespace: "ns", uid, ...(owner && { ownerReferences: [owner] }) },
    spec: { replicas },
  }) as unknown as T;

/** Answers what the server would to the questions of a round, then lists what is done. */
function run(actions: readonly Action[], answer: (action: WriteAction) => Result): Action[] {
  return actions.flatMap((action) =>
    action.do === "batch" ? run(action.after?.(action.actions.map(answer)) ?? [], answer) : [action],
  );
}

const served: Record<string, { name: string; kind: string }[]> = {
  "batch/v1": [{ name: "jobs", kind: "Job" }],
  "apps/v1": [{ name: "daemonsets", kind: "DaemonSet" }],
  "example.com/v1": [
    { name: "foos", kind: "Foo" },
    { name: "foos/scale", kind: "Scale" },
  ],
};
const server = (action: WriteAction): Result => {
  if (action.do === "discover") {
    const resources = served[action.resource];
    return resources
      ? { ok: true, object: { resources } as never }
      : { ok: false, error: new ApiError(404, { message: "not found" }) };
  }
  if (action.resource === "example.com/v1/foos" && action.object.metadata.name === "foo")
    return { ok: true, object: { metadata: { uid: "foo" }, spec: { replicas: 7 } } as never };
  return { ok: false, error: new ApiError(404, { message: "not found" }) };
};

function sync(key: string, budgets: PodDisruptionBudget[], pods: Pod[]) {
  const listers = {
    budgets: listerOf(budgets),
    pods: listerOf(pods),
    replicaSets: listerOf([
      scaled<ReplicaSet>("set", 5),
      scaled<ReplicaSet>("of-deployment", 3, ref("Deployment", "deployment")),
      scaled<ReplicaSet>("orphaned", 3, ref("Deployment", "gone")),
    ]),
    deployments: listerOf([scaled<Deployment>("deployment", 10)]),
    statefulSets: listerOf([scaled<StatefulSet>("stateful", 4)]),
    replicationControllers: listerOf([scaled<ReplicationController>("rc", 2)]),
  };
  const done = run(reconcile(key, listers, now), server);
  const events = done.flatMap((one) => (one.do === "event" ? [`${one.reason}: ${one.message}`] : []));
  const written = done.flatMap((one) => (one.do === "updateStatus" ? [one.object] : []));
  return { events, status: (written[0] as PodDisruptionBudget | undefined)?.status, written, done };
}

test.each([
  { spec: { minAvailable: 1 }, owners: [undefined, undefined], is: { expectedPods: 2, desiredHealthy: 1 }, allowed: 1 },
  { spec: { maxUnavailable: 1 }, owners: [ref("ReplicaSet", "set")], is: { expectedPods: 5, desiredHealthy: 4 } },
  {
    spec: { minAvailable: "30%" },
    owners: [ref("ReplicaSet", "of-deployment")],
    is: { expectedPods: 10, desiredHealthy: 3 },
  },
  {
    spec: { maxUnavailable: "30%" },
    owners: [ref("StatefulSet", "stateful"), ref("ReplicationController", "rc", "v1")],
    is: { expectedPods: 6, desiredHealthy: 4 },
  },
  {
    spec: { maxUnavailable: "100%" },
    owners: [ref("Foo", "foo", "example.com/v1")],
    is: { expectedPods: 7, desiredHealthy: 0 },
    allowed: 1,
  },
])("$spec over Pods of $owners comes to $is", ({ spec, owners, is, allowed = 0 }) => {
  const pods = owners.map((owner, i) => pod(`p${i}`, owner));
  const { status } = sync("ns/b", [budget(spec)], pods);
  expect(status).toMatchObject({ ...is, currentHealthy: pods.length, disruptionsAllowed: allowed });
  expect(status).toMatchObject({ observedGeneration: 3, conditions: [{ observedGeneration: 3 }] });
});

test.each([
  { owner: ref("Job", "j", "batch/v1"), message: "jobs.batch does not implement the scale subresource" },
  { owner: ref("DaemonSet", "d"), message: "daemonsets.apps does not implement the scale subresource" },
  { owner: ref("Bar", "b", "example.com/v1"), message: 'no matches for kind "Bar" in version "example.com/v1"' },
  { owner: ref("Bar", "b", "gone.com/v1"), message: 'no matches for kind "Bar" in version "gone.com/v1"' },
  { owner: ref("Foo", "other", "example.com/v1"), message: 'found no controllers for pod "p"' },
])("a controller without a size stops the count: $message", ({ owner, message }) => {
  const before = { disruptionsAllowed: 2, currentHealthy: 9 };
  const { events, status } = sync("ns/b", [budget({ maxUnavailable: 1 }, before)], [pod("p", owner)]);
  expect(events).toEqual([
    `CalculateExpectedPodCountFailed: Failed to calculate the number of expected pods: ${message}`,
  ]);
  expect(status).toMatchObject({
    disruptionsAllowed: 0,
    currentHealthy: 9,
    observedGeneration: 2,
    conditions: [{ type: "DisruptionAllowed", status: "False", reason: "SyncFailed", message, observedGeneration: 2 }],
  });
});

test.each([
  {
    selector: { matchLabels: { tier: "x", app: "web" }, matchExpressions: [] },
    text: "&LabelSelector{MatchLabels:map[string]string{app: web,tier: x,},MatchExpressions:[]LabelSelectorRequirement{},}",
  },
  {
    selector: { matchExpressions: [{ key: "app", operator: "In", values: ["web", "db"] }] },
    text: "&LabelSelector{MatchLabels:map[string]string{},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:app,Operator:In,Values:[web db],},},}",
  },
])("Pods without a controller are told of with their selector", ({ selector, text }) => {
  const labelled = pod("p", undefined, { metadata: { labels: { app: "web", tier: "x" } } });
  const { events } = sync("ns/b", [budget({ maxUnavailable: 1, selector })], [labelled]);
  expect(events[0]).toContain(
    `UnmanagedPods: Pods selected by this PodDisruptionBudget (selector: ${text}) were found`,
  );
});

test.each([
  { seconds: 119, disruptedPods: { p: "2026-01-01T00:58:01Z" }, events: [], healthy: 0 },
  {
    seconds: 121,
    disruptedPods: undefined,
    events: ["NotDeleted: Pod was expected by PDB ns/ns to be deleted but it wasn't"],
    healthy: 1,
  },
])("an eviction granted $seconds s ago", ({ seconds, disruptedPods, events, healthy }) => {
  const granted = new Date(now.getTime() - seconds * SECONDS).toISOString().replace(".000", "");
  const done = sync("ns/b", [budget({ minAvailable: 0 }, { disruptedPods: { p: granted, q: granted } })], [pod("p")]);
  expect(done.status).toMatchObject({ currentHealthy: healthy });
  expect(done.status?.disruptedPods).toEqual(disruptedPods);
  expect(done.events).toEqual(events);
});

const target = (ageSeconds: number, over: object = {}) => ({
  type: "DisruptionTarget",
  status: "True",
  reason: "EvictionByEvictionAPI",
  lastTransitionTime: new Date(now.getTime() - ageSeconds * SECONDS).toISOString(),
  ...over,
});

test.each([
  { what: "young", condition: target(60), does: [{ do: "requeue", afterMs: 60_000 }] },
  {
    what: "two minutes old",
    condition: target(120),
    does: [
      {
        do: "updateStatus",
        object: {
          status: {
            conditions: [
              {
                type: "DisruptionTarget",
                status: "False",
                observedGeneration: 1,
                lastTransitionTime: "2026-01-01T01:00:00Z",
              },
            ],
          },
        },
      },
    ],
  },
  { what: "false", condition: target(200, { status: "False" }), does: [] },
  { what: "kubelet's", condition: target(200, { reason: "TerminationByKubelet" }), does: [] },
  { what: "of a Pod that is deleted", condition: target(200), over: { deletionTimestamp: "x" }, does: [] },
  { what: "of a Pod that has failed", condition: target(200), phase: "Failed", does: [] },
])("a condition DisruptionTarget that is $what", ({ condition, over, phase = "Running", does }) => {
  const disrupted = pod("p", undefined, { metadata: over, status: { phase, conditions: [condition] } });
  expect(sync("pod:ns/p", [], [disrupted]).done).toMatchObject(does);
});

test("a Pod of several budgets is told of", () => {
  const other = { ...budget({ minAvailable: 1 }), metadata: { name: "c", namespace: "ns" } };
  const { events } = sync("pod:ns/p", [budget({ minAvailable: 1 }), other], [pod("p")]);
  expect(events).toEqual([
    'MultiplePodDisruptionBudgets: Pod "ns"/"p" matches multiple PodDisruptionBudgets.  Chose "b" arbitrarily.',
  ]);
});

test("the condition tells of the newest generation although nothing else has changed", () => {
  const conditions = [
    {
      type: "DisruptionAllowed",
      status: "False",
      reason: "InsufficientPods",
      message: "",
      observedGeneration: 2,
      lastTransitionTime: "2026-01-01T00:00:00Z",
    },
  ];
  const { status } = sync("ns/b", [budget({ minAvailable: 1 }, { conditions })], []);
  expect(status?.conditions).toMatchObject([
    { status: "False", observedGeneration: 3, lastTransitionTime: "2026-01-01T00:00:00Z" },
  ]);
});
