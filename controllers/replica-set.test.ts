import { describe, expect, test } from "vitest";
import type { ReplicaSet } from "../openapi/api/apps.v1.ts";
import type { Pod } from "../openapi/api/core.v1.ts";
import { reconcile, replicaSet } from "./replica-set.ts";
import { Simulation } from "./simulation.ts";

const labels = { app: "web" };

function cluster(replicas: number) {
  const sim = new Simulation();
  sim.put("apps/v1/replicasets", {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: "web", namespace: "ns" },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [] } } },
    status: { replicas: 0 },
  });
  const pods = sim.store("v1/pods");
  const sets = sim.store("apps/v1/replicasets");
  const sync = () => sim.run(reconcile("ns/web", { sets, pods }, { now: sim.now }, replicaSet));
  const set = () => sets.get("ns/web") as ReplicaSet;
  const pod = (name: string, more: Partial<Pod> = {}) =>
    sim.put("v1/pods", { metadata: { name, namespace: "ns", labels }, spec: { containers: [] }, status: {}, ...more });
  return { sim, pods, sync, set, pod };
}

describe("a ReplicaSet", () => {
  test("makes the Pods that are missing, with its template's labels and itself as controller", () => {
    const { sim, pods, sync, set } = cluster(3);
    sync();
    expect(pods.list()).toHaveLength(3);
    expect(pods.list()[0]?.metadata).toMatchObject({
      generateName: "web-",
      labels,
      ownerReferences: [{ kind: "ReplicaSet", uid: set().metadata.uid, controller: true, blockOwnerDeletion: true }],
    });
    expect(sim.events).toHaveLength(3);
    expect(sim.events[0]).toMatch(/^Normal SuccessfulCreate Created pod: web-/);
    sync();
    expect(set().status).toMatchObject({
      replicas: 3,
      fullyLabeledReplicas: 3,
      observedGeneration: 1,
      terminatingReplicas: 0,
    });
    const writes = sim.writes.length;
    sync();
    expect(sim.writes).toHaveLength(writes);
  });

  test("adopts matching orphans instead of making more, and releases Pods that stop matching", () => {
    const { sim, pods, sync, set, pod } = cluster(1);
    pod("orphan");
    sync();
    expect(pods.list()).toHaveLength(1);
    expect(pods.get("ns/orphan")?.metadata.ownerReferences).toMatchObject([{ uid: set().metadata.uid }]);
    sim.put("v1/pods", {
      ...(pods.get("ns/orphan") as Pod),
      metadata: { ...pods.get("ns/orphan")!.metadata, labels: {} },
    });
    sync();
    expect(pods.list()).toHaveLength(2); // released, and replaced
  });

  test.each([
    ["unassigned before assigned", {}, { spec: { nodeName: "n" } }],
    ["pending before running", { status: { phase: "Pending" } }, { status: { phase: "Running" } }],
    [
      "cheap before dear",
      { metadata: { annotations: { "controller.kubernetes.io/pod-deletion-cost": "-1" } } },
      { metadata: {} },
    ],
  ])("deletes %s", (_name, first, second) => {
    const { sim, pods, sync, set } = cluster(1);
    const ownerReferences = [
      { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", uid: set().metadata.uid!, controller: true },
    ];
    for (const [name, more] of [
      ["second", second],
      ["first", first],
    ] as const) {
      const { metadata, ...rest } = more as Partial<Pod>;
      sim.put("v1/pods", {
        spec: { containers: [] },
        status: {},
        ...rest,
        metadata: { ...metadata, name, namespace: "ns", labels, ownerReferences },
      });
    }
    sync();
    expect(pods.list().map(({ metadata }) => metadata.name)).toEqual(["second"]);
    expect(sim.events).toEqual(["Normal SuccessfulDelete Deleted pod: first"]);
  });

  test("tries one Pod only when the first is refused, and says so in an event and a condition", () => {
    const { sim, sync, set } = cluster(100);
    sim.refuse = ({ do: verb }) => (verb === "create" ? new Error("exceeded quota") : undefined);
    expect(sync()).toEqual(new Error("exceeded quota"));
    expect(sim.writes.filter((write) => write.startsWith("create"))).toHaveLength(1);
    expect(sim.events).toEqual(["Warning FailedCreate Error creating: exceeded quota"]);
    expect(set().status.conditions).toMatchObject([
      { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "exceeded quota" },
    ]);
    sim.refuse = () => undefined;
    sync();
    expect(set().status.conditions).toBeUndefined();
  });

  test("makes nothing while it is being deleted", () => {
    const { sim, pods, sync, set } = cluster(3);
    sim.put("apps/v1/replicasets", {
      ...set(),
      metadata: { ...set().metadata, deletionTimestamp: "2026-01-01T00:00:00Z" },
    });
    sync();
    expect(pods.list()).toEqual([]);
  });
});
