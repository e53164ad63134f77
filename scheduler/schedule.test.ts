import { expect, test } from "vitest";
import type { Node, Pod } from "../openapi/api/core.v1.ts";
import type { Listers } from "./framework.ts";
import type { NodeInfo } from "./node-info.ts";
import { fitError, nodesToFind, type Outcome, postFilter, schedule } from "./schedule.ts";
import { decisionOn, defaultProfile, nodeInfo, nothing } from "./simulation.ts";

const profile = defaultProfile();
let serial = 0;

/** A Pod of one container; tests need only the fields that the scheduler reads. */
function pod(
  spec: Partial<Pod["spec"]> = {},
  requests: Record<string, string> = {},
  labels: Record<string, string> = {},
): Pod {
  serial++;
  return {
    metadata: { name: `p${serial}`, namespace: "default", uid: `u${serial}`, labels },
    spec: { containers: [{ name: "c", resources: { requests } }], ...spec },
    status: {},
  } as Pod;
}

function node(
  name: string,
  spec: Partial<Node["spec"]> = {},
  labels: Record<string, string> = {},
  pods: Pod[] = [],
): NodeInfo {
  const info = nodeInfo(name, spec, { "kubernetes.io/hostname": name, ...labels });
  for (const one of pods) info.addPod(one);
  return info;
}

function place(wanted: Pod, order: NodeInfo[], listers: Listers = nothing): Outcome {
  return schedule(decisionOn(wanted, order, { profile, listers, random: 0.5 }));
}

function verdict(outcome: Outcome): string {
  if ("node" in outcome) return outcome.node.name;
  return fitError(outcome.diagnosis, postFilter(outcome.cycle, profile, outcome.diagnosis).message);
}

const affinityTo = (app: string, key = "kubernetes.io/hostname") => [
  { topologyKey: key, labelSelector: { matchLabels: { app } } },
];

test.each<[string, Pod, NodeInfo[], string]>([
  ["goes to the emptier node", pod({}, { cpu: "1" }), [node("a", {}, {}, [pod({}, { cpu: "3" })]), node("b")], "b"],
  [
    "needs the resources it asks for",
    pod({}, { cpu: "5" }),
    [node("a"), node("b")],
    "0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
  ],
  [
    "says when nobody could be evicted for it",
    pod({}, { cpu: "3" }),
    [node("a", {}, {}, [pod({}, { cpu: "2" })])],
    "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
  ],
  [
    "matches its node selector",
    pod({ nodeSelector: { disk: "ssd" } }),
    [node("a"), node("b", { unschedulable: true })],
    "0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) were unschedulable. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
  ],
  [
    "stays off tainted nodes",
    pod(),
    [node("a", { taints: [{ key: "k", value: "v", effect: "NoSchedule" }] })],
    "0/1 nodes are available: 1 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
  ],
  [
    "needs the claims it names",
    pod({ volumes: [{ name: "v", persistentVolumeClaim: { claimName: "none" } }] }),
    [node("a")],
    '0/1 nodes are available: persistentvolumeclaim "none" not found. not found',
  ],
  [
    "may tolerate a taint",
    pod({ tolerations: [{ key: "k", operator: "Exists" }] }),
    [node("a", { taints: [{ key: "k", value: "v", effect: "NoSchedule" }] })],
    "a",
  ],
  [
    "follows required affinity",
    pod({ affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: affinityTo("db") } } }),
    [node("a"), node("b", {}, {}, [pod({}, {}, { app: "db" })])],
    "b",
  ],
  [
    "keeps away from its own kind",
    pod(
      { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: affinityTo("web") } } },
      {},
      { app: "web" },
    ),
    [node("a", {}, {}, [pod({}, {}, { app: "web" })]), node("b")],
    "b",
  ],
  [
    "takes free host ports only",
    pod({ containers: [{ name: "c", ports: [{ containerPort: 80, hostPort: 80 }] }] } as Pod["spec"]),
    [
      node("a", {}, {}, [
        pod({ containers: [{ name: "c", ports: [{ containerPort: 1, hostPort: 80 }] }] } as Pod["spec"]),
      ]),
      node("b"),
    ],
    "b",
  ],
])("a Pod %s", (_, wanted, nodes, expected) => {
  expect(verdict(place(wanted, nodes))).toBe(expected);
});

test("topology spread refuses the crowded zone", () => {
  const spread = {
    maxSkew: 1,
    topologyKey: "zone",
    whenUnsatisfiable: "DoNotSchedule",
    labelSelector: { matchLabels: { app: "x" } },
  };
  const others = [pod({}, {}, { app: "x" }), pod({}, {}, { app: "x" })];
  const nodes = [node("a", {}, { zone: "1" }, others), node("b", {}, { zone: "2" }, [pod({}, {}, { app: "x" })])];
  expect(verdict(place(pod({ topologySpreadConstraints: [spread] }, {}, { app: "x" }), nodes))).toBe("b");
});

test("preemption evicts the least important Pods that make room", () => {
  const cheap = pod({ priority: 1 }, { cpu: "2" });
  const dear = pod({ priority: 5 }, { cpu: "2" });
  const outcome = place(pod({ priority: 10 }, { cpu: "2" }), [node("a", {}, {}, [cheap, dear])]);
  if ("node" in outcome) throw new Error("should not fit");
  const found = postFilter(outcome.cycle, profile, outcome.diagnosis);
  expect(found.candidate?.victims.map(({ metadata }) => metadata.name)).toEqual([cheap.metadata.name]);
});

test.each([
  [50, 50],
  [1000, 420],
  [6000, 300],
])("of %i nodes it is enough to find %i", (all, enough) => {
  expect(nodesToFind(all, 0)).toBe(enough);
});
