import { expect, test } from "vitest";
import { type Action, listerOf } from "../client/index.ts";
import type { Node, Pod, PodCondition, Taint, Toleration } from "../openapi/api/core.v1.ts";
import { type Evictions, reconcile } from "./taint-eviction.ts";

const START = Date.parse("2026-01-01T12:00:00Z");
const taint: Taint = { key: "broken", effect: "NoExecute" };
const other: Taint = { key: "worse", effect: "NoExecute" };
const toleration = (tolerationSeconds?: number, key = "broken"): Toleration => ({
  ...{ key, operator: "Exists", effect: "NoExecute" },
  ...(tolerationSeconds !== undefined && { tolerationSeconds }),
});

interface Case {
  readonly taints?: readonly Taint[];
  readonly tolerations?: readonly Toleration[];
  readonly conditions?: readonly PodCondition[];
  readonly uid?: string;
  readonly isGone?: boolean;
}

/** A controller that sees one Pod after the other under the same name, at the seconds given. */
function controller() {
  const evictions: Evictions = new Map();
  return (
    second: number,
    { taints = [taint], tolerations = [], conditions = [], uid = "u", isGone }: Case,
  ): Action[] => {
    const pod = {
      ...{ apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace: "ns", uid } },
      ...{ spec: { nodeName: "n", tolerations }, status: { phase: "Running", conditions } },
    } as unknown as Pod; // no more is looked at
    const node = { metadata: { name: "n" }, spec: { taints } } as unknown as Node;
    const listers = { pods: listerOf(isGone ? [] : [pod]), nodes: listerOf([node]) };
    return reconcile("ns/p", listers, new Date(START + second * 1000), evictions);
  };
}

/** What it does, in short. */
const shown = (actions: readonly Action[]) =>
  actions.map((action) =>
    action.do === "event" ? action.message : action.do === "requeue" ? `again in ${action.afterMs} ms` : action.do,
  );
const MARKED = "Marking for deletion Pod ns/p";
const CANCELLED = "Cancelling deletion of Pod ns/p";

test.each<{ what: string; steps: [second: number, seen: Case, does: string[]][] }>([
  {
    what: "that tolerates nothing goes at once, and is told once",
    steps: [
      [0, {}, [MARKED, "patch", "delete"]],
      [1, {}, []],
      [2, { isGone: true }, []],
    ],
  },
  { what: "without a taint stays", steps: [[0, { taints: [] }, []]] },
  { what: "that tolerates it for ever stays", steps: [[0, { tolerations: [toleration()] }, []]] },
  {
    what: "that tolerates it for a while goes then",
    steps: [
      [0, { tolerations: [toleration(60)] }, ["again in 60000 ms"]],
      [20, { tolerations: [toleration(60)] }, ["again in 40000 ms"]],
      [60, { tolerations: [toleration(60)] }, [MARKED, "patch", "delete"]],
    ],
  },
  {
    what: "keeps its first wait when it tolerates for another time",
    steps: [
      [0, { tolerations: [toleration(60)] }, ["again in 60000 ms"]],
      [20, { tolerations: [toleration(300)] }, ["again in 40000 ms"]],
      [30, { tolerations: [toleration(5)] }, ["again in 30000 ms"]],
    ],
  },
  {
    what: "waits for the shortest of what it tolerates",
    steps: [
      [0, { taints: [taint, other], tolerations: [toleration(60), toleration(10, "worse")] }, ["again in 10000 ms"]],
    ],
  },
  {
    what: "is let off when the taint goes, and waits anew when it comes back",
    steps: [
      [0, { tolerations: [toleration(60)] }, ["again in 60000 ms"]],
      [20, { taints: [], tolerations: [toleration(60)] }, [CANCELLED]],
      [21, { taints: [], tolerations: [toleration(60)] }, []],
      [30, { tolerations: [toleration(60)] }, ["again in 60000 ms"]],
    ],
  },
  {
    what: "waits no more when a taint comes that it does not tolerate",
    steps: [
      [0, { tolerations: [toleration(60)] }, ["again in 60000 ms"]],
      [20, { taints: [taint, other], tolerations: [toleration(60)] }, [CANCELLED, MARKED, "patch", "delete"]],
    ],
  },
  {
    what: "that is deleted meanwhile is let off",
    steps: [
      [0, { tolerations: [toleration(60)] }, ["again in 60000 ms"]],
      [20, { isGone: true }, [CANCELLED]],
    ],
  },
  {
    what: "made anew under the name waits anew",
    steps: [
      [0, { tolerations: [toleration(60)] }, ["again in 60000 ms"]],
      [20, { tolerations: [toleration(60)], uid: "v" }, ["again in 60000 ms"]],
    ],
  },
])("a Pod $what", ({ steps }) => {
  const at = controller();
  for (const [second, seen, does] of steps) expect([second, shown(at(second, seen))]).toEqual([second, does]);
});

test("its status says why, once", () => {
  const why = { reason: "DeletionByTaintManager", message: "Taint manager: deleting due to NoExecute taint" };
  const condition = { type: "DisruptionTarget", status: "True", lastTransitionTime: "2026-01-01T12:00:00Z", ...why };
  expect(controller()(0, {})[1]).toMatchObject({
    subresource: "status",
    patch: { status: { conditions: [condition] } },
  });
  expect(shown(controller()(5, { conditions: [condition] }))).toEqual([MARKED, "delete"]);
  // Somebody else's reason gives way; since when it is disrupted does not.
  const others = { ...condition, reason: "EvictionByEvictionAPI" };
  expect(controller()(5, { conditions: [others] })[1]).toMatchObject({
    patch: { status: { conditions: [condition] } },
  });
});

test("its events name it and nothing more", () => {
  expect(controller()(0, {})[0]).toMatchObject({
    about: { apiVersion: "v1", kind: "Pod", metadata: { namespace: "ns", name: "p" } },
  });
});
