import { expect, test } from "vitest";
import type { DaemonSet, RollingUpdateDaemonSet } from "../../openapi/api/apps.v1.ts";
import type { Node, Pod } from "../../openapi/api/core.v1.ts";
import { byAge, manage } from "./manage.ts";
import { rollingUpdate } from "./rolling-update.ts";

/** Daemons of one node, the oldest first: `old`, or `new` by its template, and how it is. */
type Daemon = `${"old" | "new"} ${"available" | "ready" | "unready" | "failed" | "going"}`;

const now = new Date("2026-01-01T01:00:00Z");
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000).toISOString();

function daemonSet(rolling: RollingUpdateDaemonSet, nodeSelector?: Record<string, string>): DaemonSet {
  const containers = [{ name: "c", image: "i" }];
  return {
    metadata: { name: "ds", namespace: "default", uid: "ds" },
    spec: {
      selector: { matchLabels: { app: "ds" } },
      minReadySeconds: 60,
      template: { metadata: { labels: { app: "ds" } }, spec: { containers, ...(nodeSelector && { nodeSelector }) } },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: rolling },
    },
    // What is read of it is there.
  } as unknown as DaemonSet;
}

function cluster(nodesWith: Record<string, readonly Daemon[]>) {
  const nodes = Object.keys(nodesWith).map(
    (name) => ({ metadata: { name, labels: { name } }, spec: {}, status: {} }) as unknown as Node,
  );
  const onNode = new Map<string, Pod[]>();
  for (const [node, daemons] of Object.entries(nodesWith)) {
    for (const [i, daemon] of daemons.entries()) {
      const [age, state] = daemon.split(" ");
      const status = state === "available" || state === "ready" ? "True" : "False";
      const lastTransitionTime = ago(state === "available" ? 600 : 1);
      const pod = {
        metadata: {
          name: `${node}-${age}-${i}`,
          labels: { "controller-revision-hash": age },
          creationTimestamp: ago(1000 - i),
          ...(state === "going" && { deletionTimestamp: ago(0) }),
        },
        spec: { nodeName: node },
        status: {
          phase: state === "failed" ? "Failed" : "Running",
          conditions: [{ type: "Ready", status, lastTransitionTime }],
        },
      } as unknown as Pod;
      onNode.set(node, [...(onNode.get(node) ?? []), pod]);
    }
  }
  return { nodes, onNode };
}

/** What one round comes to: what is managed goes first, and only with nothing to do there the update goes on. */
function round(set: DaemonSet, nodesWith: Record<string, readonly Daemon[]>) {
  const { nodes, onNode } = cluster(nodesWith);
  const sorted = new Map([...onNode].map(([node, pods]) => [node, byAge(pods)]));
  const plan = manage(set, nodes, sorted, { hash: "new", now, failures: new Map() });
  const isIdle = !plan.create.length && !plan.remove.length;
  const { create, remove } = isIdle ? rollingUpdate(set, nodes, sorted, "new", now) : plan;
  return { create: [...create].sort(), remove: remove.map(({ metadata }) => metadata.name ?? "").sort() };
}

const of = (count: number, daemon: Daemon): Record<string, Daemon[]> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, [daemon]]));

/** (pkg/controller/daemon/update_test.go) */
test.each<[string, RollingUpdateDaemonSet, Record<string, Daemon[]>, string[], string[]]>([
  [
    "old daemons go, as many as may be away",
    { maxUnavailable: 2 },
    of(5, "old available"),
    [],
    ["n0-old-0", "n1-old-0"],
  ],
  ["a share of nodes is rounded up", { maxUnavailable: "30%" }, of(4, "old available"), [], ["n0-old-0", "n1-old-0"]],
  [
    "a new daemon that is not available counts",
    { maxUnavailable: 2 },
    { ...of(4, "old available"), n0: ["new ready"], n1: ["new unready"] },
    [],
    [],
  ],
  [
    "old ones that are not available go whatever else is away",
    { maxUnavailable: 1 },
    of(3, "old unready"),
    [],
    ["n0-old-0", "n1-old-0", "n2-old-0"],
  ],
  [
    "with neither surge nor absence, one is away",
    { maxUnavailable: 0, maxSurge: 0 },
    of(2, "old available"),
    [],
    ["n0-old-0"],
  ],
  ["nodes without a daemon get one first", { maxUnavailable: 1 }, { ...of(2, "old available"), x: [] }, ["x"], []],
  [
    "of several on a node the oldest stays",
    { maxUnavailable: 1 },
    { a: ["old available", "new ready"] },
    [],
    ["a-new-1"],
  ],
  [
    "a surge of nothing is none",
    { maxUnavailable: 1, maxSurge: "0%" },
    { a: ["old available", "new ready"] },
    [],
    ["a-new-1"],
  ],
  ["surging makes new daemons beside old ones", { maxSurge: 2 }, of(5, "old available"), ["n0", "n1"], []],
  ["where the old one is not available, at once", { maxSurge: 1 }, of(3, "old unready"), ["n0", "n1", "n2"], []],
  [
    "new ones under way count",
    { maxSurge: 2 },
    { ...of(4, "old available"), n0: ["old available", "new unready"] },
    ["n1"],
    [],
  ],
  ["an old one stays until the new one is available", { maxSurge: 1 }, { a: ["old available", "new ready"] }, [], []],
  ["it goes when the new one is", { maxSurge: 1 }, { a: ["old available", "new available"] }, [], ["a-old-0"]],
  ["one that is ready but young stays as well", { maxSurge: 1 }, { a: ["old ready", "new ready"] }, [], []],
  ["one that is not ready goes at once", { maxSurge: 1 }, { a: ["old unready", "new unready"] }, [], ["a-old-0"]],
  [
    "of each sort the oldest stays",
    { maxSurge: 1 },
    { a: ["old available", "old available", "new ready", "new ready"] },
    [],
    ["a-new-3", "a-old-1"],
  ],
  ["one that goes is replaced while surging", { maxSurge: 1 }, { a: ["new going"] }, ["a"], []],
  ["and waited for otherwise", { maxUnavailable: 1 }, { a: ["new going"] }, [], []],
  ["a failed one is replaced", { maxUnavailable: 1 }, { a: ["new failed"] }, [], ["a-new-0"]],
])("%s", (_, strategy, daemons, create, remove) => {
  expect(round(daemonSet(strategy), daemons)).toEqual({ create, remove });
});

test("while surging, a daemon that would not come to its node any more stays until all others are available", () => {
  const set = daemonSet({ maxSurge: 1 });
  const removed = (other: Daemon) => {
    const { nodes, onNode } = cluster({ a: ["old available"], b: [other] });
    Object.assign(nodes[0]?.spec ?? {}, { taints: [{ key: "k", effect: "NoSchedule" }] });
    expect(manage(set, nodes, onNode, { hash: "new", now, failures: new Map() }).remove).toEqual([]);
    return rollingUpdate(set, nodes, onNode, "new", now).remove.map(({ metadata }) => metadata.name);
  };
  expect(removed("new unready")).toEqual([]);
  expect(removed("new available")).toEqual(["a-old-0"]);
});
