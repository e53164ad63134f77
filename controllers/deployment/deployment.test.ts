import { expect, test } from "vitest";
import type { Deployment, ReplicaSet } from "../../openapi/api/apps.v1.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import { reconcile as reconcileSet, replicaSet } from "../replica-set.ts";
import { Simulation } from "../simulation.ts";
import { reconcile } from "./deployment.ts";

const labels = { app: "web" };
const KEY = "ns/web";

function cluster(spec: Partial<Deployment["spec"]>) {
  const sim = new Simulation();
  const sets = sim.store("apps/v1/replicasets");
  const pods = sim.store("v1/pods");
  const deployments = sim.store("apps/v1/deployments");
  sim.put("apps/v1/deployments", {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "ns" },
    spec: {
      replicas: 10,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "one", resources: {} }] } },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } },
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      ...spec,
    },
    status: {},
  });
  const deployment = () => deployments.get(KEY) as Deployment;
  /** One round of every controller. @returns whether anything was written. */
  const rollOnly = () => void sim.run(reconcile(KEY, { deployments, replicaSets: sets, pods }, { now: sim.now }));
  const step = () => {
    const before = sim.writes.length;
    rollOnly();
    for (const { metadata } of sets.list())
      sim.run(reconcileSet(`ns/${metadata.name}`, { sets, pods }, { now: sim.now }, replicaSet));
    return sim.writes.length > before;
  };
  const settle = (check: () => void = () => {}) => {
    for (let i = 0; i < 200; i++) {
      if (!step()) return;
      check();
    }
    throw new Error("does not settle");
  };
  const ready = (count = Number.POSITIVE_INFINITY) => {
    const waiting = (pods.list() as readonly Pod[]).filter(({ status }) => !status.conditions);
    for (const pod of waiting.slice(0, count)) {
      const conditions = [{ type: "Ready", status: "True", lastTransitionTime: sim.now.toISOString() }];
      sim.put("v1/pods", { ...(pod as Pod), status: { phase: "Running", conditions } });
    }
    return Math.min(waiting.length, count);
  };
  const edit = (change: Partial<Deployment["spec"]>) => {
    const { metadata, ...rest } = deployment();
    const generation = (metadata.generation ?? 0) + 1;
    sim.put("apps/v1/deployments", {
      ...rest,
      metadata: { ...metadata, generation },
      spec: { ...rest.spec, ...change },
    });
  };
  const image = (name: string) =>
    edit({ template: { metadata: { labels }, spec: { containers: [{ name: "c", image: name, resources: {} }] } } });
  const sizes = () =>
    Object.fromEntries(
      sets
        .list()
        .map((set) => [
          (set as ReplicaSet).spec.template?.spec?.containers?.[0]?.image,
          (set as ReplicaSet).spec.replicas,
        ]),
    );
  return { sim, sets, pods, deployment, settle, ready, edit, image, sizes, step, rollOnly };
}

const conditions = ({ status }: Deployment) =>
  Object.fromEntries((status.conditions ?? []).map(({ type, status: value, reason }) => [type, `${value} ${reason}`]));

test("a new Deployment gets a ReplicaSet named by its template's hash, and completes when its Pods are ready", () => {
  const { sim, sets, deployment, settle, ready } = cluster({});
  settle();
  const [set] = sets.list();
  const hash = set?.metadata.labels?.["pod-template-hash"] ?? "";
  expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
  expect(set?.metadata).toMatchObject({
    name: `web-${hash}`,
    annotations: {
      "deployment.kubernetes.io/revision": "1",
      "deployment.kubernetes.io/desired-replicas": "10",
      "deployment.kubernetes.io/max-replicas": "13",
    },
  });
  expect(sim.events[0]).toBe(`Normal ScalingReplicaSet Scaled up replica set web-${hash} from 0 to 10`);
  expect(conditions(deployment())).toEqual({
    Available: "False MinimumReplicasUnavailable",
    Progressing: "True ReplicaSetUpdated",
  });
  ready();
  settle();
  expect(deployment().metadata.annotations).toEqual({ "deployment.kubernetes.io/revision": "1" });
  expect(conditions(deployment())).toEqual({
    Available: "True MinimumReplicasAvailable",
    Progressing: "True NewReplicaSetAvailable",
  });
  expect(deployment().status).toMatchObject({
    replicas: 10,
    updatedReplicas: 10,
    availableReplicas: 10,
    unavailableReplicas: 0,
  });
});

test("a rolling update keeps between 8 available and 13 Pods in all, and a rollback takes the old set up again", () => {
  const { pods, sets, deployment, settle, ready, image, sizes } = cluster({});
  settle();
  ready();
  settle();
  const bounds = () => {
    const all = pods.list() as readonly Pod[];
    expect(all.length).toBeLessThanOrEqual(13);
    expect(all.filter(({ status }) => status.conditions).length).toBeGreaterThanOrEqual(8);
  };
  const roll = () => {
    settle(bounds);
    while (ready(1)) settle(bounds);
  };
  image("two");
  roll();
  expect(sizes()).toEqual({ one: 0, two: 10 });
  image("one");
  roll();
  expect(sizes()).toEqual({ one: 10, two: 0 });
  expect(sets.list()).toHaveLength(2);
  const first = sets.list().find((set) => (set as ReplicaSet).spec.replicas === 10);
  expect(first?.metadata.annotations).toMatchObject({
    "deployment.kubernetes.io/revision": "3",
    "deployment.kubernetes.io/revision-history": "1",
  });
  expect(deployment().metadata.annotations?.["deployment.kubernetes.io/revision"]).toBe("3");
});

test("scaling in the middle of a rollout is spread over the sets in proportion", () => {
  const { settle, ready, image, sizes, edit } = cluster({});
  settle();
  ready();
  settle();
  image("two");
  settle();
  expect(sizes()).toEqual({ one: 8, two: 5 });
  edit({ replicas: 15 });
  settle();
  expect(sizes()).toEqual({ one: 11, two: 7 });
});

test("a set whose status is older than its size is not scaled down by what it used to have", () => {
  const { settle, ready, image, sizes, edit, rollOnly } = cluster({});
  settle();
  ready();
  settle();
  image("two");
  settle();
  edit({ replicas: 15 });
  settle();
  edit({ replicas: 5 });
  for (let i = 0; i < 5; i++) rollOnly();
  expect(sizes()).toEqual({ one: 5, two: 3 });
  settle();
  expect(sizes()).toEqual({ one: 3, two: 5 });
});

test("Recreate makes no new Pod before the last old one is gone", () => {
  const { pods, sim, settle, image, sizes, ready, step } = cluster({ replicas: 2, strategy: { type: "Recreate" } });
  settle();
  ready();
  settle();
  const [old] = pods.list();
  image("two");
  // Its node keeps one old Pod running for a while.
  sim.refuse = (action) =>
    action.do === "delete" && action.object.metadata.uid === old?.metadata.uid ? new Error("busy") : undefined;
  for (let i = 0; i < 10; i++) step();
  expect(sizes()).toEqual({ one: 0 });
  sim.refuse = () => undefined;
  settle();
  expect(sizes()).toEqual({ one: 0, two: 2 });
});

test("no progress within the deadline is reported once, and a pause stops the clock", () => {
  const { sim, deployment, settle, edit } = cluster({ replicas: 1 });
  settle();
  sim.now = new Date(sim.now.getTime() + 601_000);
  settle();
  expect(conditions(deployment()).Progressing).toBe("False ProgressDeadlineExceeded");
  const late = deployment().status.conditions?.find(({ type }) => type === "Progressing");
  expect(late?.message).toMatch(/^ReplicaSet "web-[a-z0-9]+" has timed out progressing\.$/);

  const other = cluster({ replicas: 1 });
  other.settle();
  other.edit({ paused: true });
  other.settle();
  expect(conditions(other.deployment()).Progressing).toBe("Unknown DeploymentPaused");
  other.sim.now = new Date(other.sim.now.getTime() + 10_000_000);
  other.edit({ paused: false });
  other.step();
  expect(conditions(other.deployment()).Progressing).toBe("Unknown DeploymentResumed");
  edit({});
});

test("old sets beyond the history limit are deleted", () => {
  const { settle, ready, image, sizes } = cluster({ replicas: 1, revisionHistoryLimit: 1 });
  for (const name of ["one", "two", "three", "four"]) {
    image(name);
    settle();
    while (ready()) settle();
  }
  expect(sizes()).toEqual({ three: 0, four: 1 });
});
