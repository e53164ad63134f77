import { expect, test } from "vitest";
import { ApiError } from "../../client/index.ts";
import type { ControllerRevision, StatefulSet } from "../../openapi/api/apps.v1.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import { Simulation } from "../simulation.ts";
import { reconcile } from "./stateful-set.ts";

const labels = { app: "db" };

function cluster(spec: Partial<StatefulSet["spec"]>) {
  const sim = new Simulation();
  const sets = sim.store("apps/v1/statefulsets");
  const pods = sim.store("v1/pods");
  const claims = sim.store("v1/persistentvolumeclaims");
  const revisions = sim.store("apps/v1/controllerrevisions");
  sim.put("apps/v1/statefulsets", {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "db", namespace: "ns" },
    spec: {
      replicas: 3,
      serviceName: "db",
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "one", resources: {} }] } },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
      podManagementPolicy: "OrderedReady",
      revisionHistoryLimit: 10,
      ...spec,
    },
    status: { replicas: 0, availableReplicas: 0 },
  });
  const set = () => sets.get("ns/db") as StatefulSet;
  const settle = () => {
    for (let i = 0; i < 50; i++) {
      const before = sim.writes.length;
      sim.run(reconcile("ns/db", { sets, pods, claims, revisions }, { now: sim.now }));
      if (sim.writes.length === before) return;
    }
    throw new Error("does not settle");
  };
  const ready = () => {
    const conditions = [{ type: "Ready", status: "True", lastTransitionTime: sim.now.toISOString() }];
    for (const pod of pods.list() as readonly Pod[]) {
      if (!pod.status.conditions) sim.put("v1/pods", { ...pod, status: { phase: "Running", conditions } });
    }
  };
  const edit = (change: Partial<StatefulSet["spec"]>) =>
    sim.put("apps/v1/statefulsets", { ...set(), spec: { ...set().spec, ...change } });
  const image = (name: string) =>
    edit({ template: { metadata: { labels }, spec: { containers: [{ name: "c", image: name, resources: {} }] } } });
  const row = () =>
    (pods.list() as readonly Pod[])
      .map(
        ({ metadata, spec, status }) =>
          `${metadata.name} ${spec.containers?.[0]?.image}${status.conditions ? "" : " new"}`,
      )
      .sort();
  return { sim, set, pods, settle, ready, edit, image, row, claims, revisions };
}

test("Pods come one after the other, and go in the opposite order", () => {
  const { sim, settle, ready, edit, row } = cluster({});
  settle();
  expect(row()).toEqual(["db-0 one new"]);
  ready();
  settle();
  expect(row()).toEqual(["db-0 one", "db-1 one new"]);
  ready();
  settle();
  ready();
  settle();
  edit({ replicas: 1 });
  settle();
  expect(row()).toEqual(["db-0 one"]);
  expect(sim.events.slice(-2)).toEqual([
    "Normal SuccessfulDelete Delete Pod db-2 in StatefulSet db successful",
    "Normal SuccessfulDelete Delete Pod db-1 in StatefulSet db successful",
  ]);
});

test("an update goes from the last Pod down to the partition, one at a time", () => {
  const { set, settle, ready, edit, image, row } = cluster({});
  for (let i = 0; i < 4; i++) {
    settle();
    ready();
  }
  edit({ updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 1 } } });
  image("two");
  settle();
  expect(row()).toEqual(["db-0 one", "db-1 one", "db-2 two new"]);
  ready();
  settle();
  expect(row()).toEqual(["db-0 one", "db-1 two new", "db-2 two"]);
  ready();
  settle();
  expect(row()).toEqual(["db-0 one", "db-1 two", "db-2 two"]);
  expect(set().status).toMatchObject({ currentReplicas: 1, updatedReplicas: 2, readyReplicas: 3 });
  expect(set().status.currentRevision).not.toBe(set().status.updateRevision);
  edit({ updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } } });
  settle();
  ready();
  settle();
  expect(set().status).toMatchObject({ currentReplicas: 3, updatedReplicas: 3 });
  expect(set().status.currentRevision).toBe(set().status.updateRevision);
});

test("a Pod below the partition comes back with the old template", () => {
  const { sim, settle, ready, edit, image, row } = cluster({ replicas: 1 });
  settle();
  ready();
  settle();
  edit({ updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 1 } } });
  image("two");
  settle();
  sim.store("v1/pods").delete("ns/db-0");
  settle();
  expect(row()).toEqual(["db-0 one new"]);
});

test("Parallel makes all Pods at once, each with its claims", () => {
  const { settle, row, claims } = cluster({
    podManagementPolicy: "Parallel",
    volumeClaimTemplates: [{ metadata: { name: "data" }, spec: { resources: {} }, status: {} }],
  });
  settle();
  expect(row()).toHaveLength(3);
  expect(claims.list().map(({ metadata }) => metadata.name)).toEqual(["data-db-0", "data-db-1", "data-db-2"]);
});

test("Parallel replaces Pods from the last on, and a broken template is mended before the next Pod goes", () => {
  const { pods, settle, ready, image, row } = cluster({ podManagementPolicy: "Parallel", replicas: 4 });
  settle();
  ready();
  settle();
  image("broken");
  settle();
  expect(row()).toEqual(["db-0 one", "db-1 one", "db-2 one", "db-3 broken new"]);
  image("one");
  settle();
  expect(row()).toEqual(["db-0 one", "db-1 one", "db-2 one", "db-3 one new"]);
  for (const pod of pods.list()) expect(pod.metadata.generateName).toBe("db-");
});

test("Parallel replaces an old Pod although one of a lower ordinal is not ready", () => {
  const { pods, sim, settle, ready, image, row } = cluster({ podManagementPolicy: "Parallel" });
  settle();
  ready();
  settle();
  const first = pods.get("ns/db-0") as Pod;
  sim.put("v1/pods", { ...first, status: { phase: "Running", conditions: [{ type: "Ready", status: "False" }] } });
  image("two");
  settle();
  expect(row()).toEqual(["db-0 one", "db-1 one", "db-2 two new"]);
});

test("OnDelete leaves Pods alone, and going back to a template makes its revision the newest again", () => {
  const { settle, ready, image, row, revisions } = cluster({ replicas: 1, updateStrategy: { type: "OnDelete" } });
  settle();
  ready();
  settle();
  image("two");
  settle();
  image("one");
  settle();
  expect(row()).toEqual(["db-0 one"]);
  expect(
    revisions
      .list()
      .map((one) => ("revision" in one ? one.revision : 0))
      .sort(),
  ).toEqual([2, 3]);
});

const template = { metadata: { name: "data" }, spec: { resources: {} }, status: {} };
const ownersOf = (claims: { metadata: { name?: string; ownerReferences?: { kind: string; name: string }[] } }[]) =>
  Object.fromEntries(
    claims.map(({ metadata }) => [metadata.name, metadata.ownerReferences?.map(({ name }) => name) ?? []]),
  );

test.each([
  { policy: {}, running: [], beyond: [] },
  { policy: { whenDeleted: "Delete", whenScaled: "Retain" }, running: ["db"], beyond: ["db"] },
  { policy: { whenDeleted: "Retain", whenScaled: "Delete" }, running: [], beyond: undefined },
  { policy: { whenDeleted: "Delete", whenScaled: "Delete" }, running: ["db"], beyond: undefined },
])(
  "with $policy a claim is owned by $running, and stays ($beyond) or goes with its Pod when that is scaled away",
  (row) => {
    const { settle, ready, edit, claims } = cluster({
      replicas: 2,
      podManagementPolicy: "Parallel",
      volumeClaimTemplates: [template],
      persistentVolumeClaimRetentionPolicy: row.policy,
    });
    settle();
    ready();
    settle();
    expect(ownersOf([...claims.list()])).toEqual({ "data-db-0": row.running, "data-db-1": row.running });
    edit({ replicas: 1 });
    settle();
    expect(ownersOf([...claims.list()])["data-db-1"]).toEqual(row.beyond);
  },
);

test("a Pod waits while its claim is being deleted", () => {
  const { sim, settle, claims, row } = cluster({ replicas: 1, volumeClaimTemplates: [template] });
  sim.put("v1/persistentvolumeclaims", {
    metadata: { name: "data-db-0", namespace: "ns", deletionTimestamp: "2026-01-01T00:00:00Z" },
    spec: { resources: {} },
    status: {},
  });
  settle();
  expect(row()).toEqual([]);
  expect(claims.list()).toHaveLength(1);
  expect(sim.events).toContain(
    "Warning FailedCreate Create Pod db-0 in StatefulSet db failed error: pvc data-db-0 is being deleted",
  );
});

test("a Pod whose claim is refused is not made, and both are told of", () => {
  const { sim, settle, claims, row } = cluster({ replicas: 1, volumeClaimTemplates: [template] });
  sim.refuse = ({ resource }) => (resource === "v1/persistentvolumeclaims" ? new Error("too many") : undefined);
  expect(() => settle()).toThrow("does not settle");
  expect([row(), claims.list()]).toEqual([[], []]);
  expect(sim.events.slice(0, 2)).toEqual([
    "Warning FailedCreate Create Claim data-db-0 for Pod db-0 in StatefulSet db failed error: too many",
    "Warning FailedCreate Create Pod db-0 in StatefulSet db failed error: failed to create PVC data-db-0: too many",
  ]);
});

test("a Pod waits for the claim of one that was scaled away to go, and no event tells of it", () => {
  const retention = { whenDeleted: "Retain", whenScaled: "Delete" };
  const { sim, settle, claims, row } = cluster({
    replicas: 1,
    volumeClaimTemplates: [template],
    persistentVolumeClaimRetentionPolicy: retention,
  });
  const ownerReferences = [{ apiVersion: "v1", kind: "Pod", name: "db-0", uid: "before" }];
  const metadata = { name: "data-db-0", namespace: "ns", ownerReferences };
  sim.put("v1/persistentvolumeclaims", { metadata, spec: { resources: {} }, status: {} });
  settle();
  expect([row(), sim.events]).toEqual([[], []]);
  claims.delete("ns/data-db-0");
  settle();
  expect(row()).toEqual(["db-0 one new"]);
});

test("an adopted Pod that does not mount its claims is to be given them", () => {
  const { sim, settle, ready, edit, pods, row } = cluster({ replicas: 1 });
  settle();
  ready();
  edit({ volumeClaimTemplates: [template] });
  settle();
  expect(row()).toEqual(["db-0 one"]);
  expect((pods.list() as readonly Pod[])[0]?.spec.volumes).toEqual([
    { name: "data", persistentVolumeClaim: { claimName: "data-db-0" } },
  ]);
  expect(sim.events).toContain("Normal SuccessfulUpdate Update Pod db-0 in StatefulSet db successful");
});

test("a set that is deleted without its Pods makes no new history", () => {
  const { sim, set, settle, revisions } = cluster({ replicas: 1 });
  settle();
  for (const { metadata, ...rest } of revisions.list() as readonly ControllerRevision[])
    sim.put("apps/v1/controllerrevisions", { ...rest, metadata: { ...metadata, ownerReferences: [] } });
  const deletionTimestamp = sim.now.toISOString();
  sim.put("apps/v1/statefulsets", { ...set(), metadata: { ...set().metadata, deletionTimestamp } });
  settle();
  expect(revisions.list()).toHaveLength(1);
});

test.each([
  {
    what: "claims alone",
    edit: { persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete", whenScaled: "Retain" } },
  },
  { what: "volumes", edit: { volumeClaimTemplates: [template, { ...template, metadata: { name: "more" } }] } },
])(
  "a Pod that changed while $what were brought in line is looked at again, and no failure is told of",
  ({ edit: change }) => {
    const { sim, settle, ready, edit } = cluster({ replicas: 1, volumeClaimTemplates: [template] });
    settle();
    ready();
    edit(change);
    let conflicts = 0;
    sim.refuse = ({ do: verb, resource }) => {
      if (verb !== "update" || resource !== "v1/pods" || conflicts > 0) return undefined;
      conflicts++;
      return new ApiError(409, { reason: "Conflict", message: "modified" });
    };
    settle();
    expect(conflicts).toBe(1);
    const told = sim.events.filter((event) => event.includes("Update Pod"));
    expect(told).toEqual(["Normal SuccessfulUpdate Update Pod db-0 in StatefulSet db successful"]);
  },
);
