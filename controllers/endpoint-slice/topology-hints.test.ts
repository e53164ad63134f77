import { expect, test } from "vitest";
import type { Node } from "../../openapi/api/core.v1.ts";
import type { Endpoint, EndpointSlice } from "../../openapi/api/discovery.k8s.io.v1.ts";
import type { SlicePlan } from "./plan-slices.ts";
import { TopologyHints } from "./topology-hints.ts";

const node = (zone: string | undefined, cpu: string, ready = "True", labels = {}): Node =>
  ({
    metadata: { labels: { ...(zone && { "topology.kubernetes.io/zone": zone }), ...labels } },
    status: { allocatable: { cpu }, conditions: [{ type: "Ready", status: ready }] },
  }) as unknown as Node;

/** "a>b": in zone a, hinted at b. "a!": not ready. */
const endpoint = (text: string): Endpoint => {
  const [zone, hint] = text.replace("!", "").split(">");
  return {
    addresses: ["10.0.0.1"],
    conditions: { ready: !text.includes("!") },
    ...(zone && { zone }),
    ...(hint && { hints: { forZones: [{ name: hint }] } }),
  };
};
const textOf = ({ zone = "", hints, conditions }: Endpoint) =>
  `${zone}${conditions?.ready ? "" : "!"}${hints ? `>${hints.forZones?.map(({ name }) => name)}` : ""}`;

function planOf(created: string, unchanged = ""): SlicePlan {
  const list = (text: string) => text.split(" ").filter(Boolean).map(endpoint);
  return {
    created: created ? [{ ports: [], endpoints: list(created) }] : [],
    updated: [],
    unchanged: unchanged ? [{ endpoints: list(unchanged) } as EndpointSlice] : [],
    deleted: [],
  };
}

const three = [node("a", "1"), node("b", "1"), node("c", "1")];
const twoSizes = [node("a", "4"), node("b", "1")];
const disabled = (why: string) => [`Warning TopologyAwareHintsDisabled ${why}, addressType: IPv4`];
const enabled = ["Normal TopologyAwareHintsEnabled Topology Aware Hints has been enabled, addressType: IPv4"];
const insufficient = "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes";

test.each([
  { what: "each at its zone", nodes: three, created: "a b c", hinted: "a>a b>b c>c", events: enabled },
  { what: "what is not ready has none", nodes: three, created: "a b c c!", hinted: "a>a b>b c>c c!", events: enabled },
  {
    what: "a zone with more CPUs is given more",
    nodes: twoSizes,
    created: "a a b b b",
    hinted: "a>a a>a b>a b>a b>b",
    events: enabled,
  },
  {
    what: "no zone is known",
    nodes: [node("", "1"), node("b", "1")],
    created: "a b",
    hinted: "a b",
    events: disabled(insufficient),
  },
  {
    what: "a node without CPUs",
    nodes: [node("a", "0"), node("b", "1")],
    created: "a b",
    hinted: "a b",
    events: disabled(insufficient),
  },
  { what: "all in one zone", nodes: [node("a", "1")], created: "a a", hinted: "a a", events: disabled(insufficient) },
  {
    what: "nodes that are not ready or are of the control plane do not count",
    nodes: [
      ...twoSizes,
      node("c", "9", "False"),
      node("", "9", "True", { "node-role.kubernetes.io/control-plane": "" }),
    ],
    created: "a a b b b",
    hinted: "a>a a>a b>a b>a b>b",
    events: enabled,
  },
  {
    what: "fewer endpoints than zones",
    nodes: three,
    created: "a b",
    hinted: "a b",
    events: disabled("Insufficient number of endpoints (2 endpoints, 3 zones)"),
  },
  {
    what: "too few to share fairly",
    nodes: three,
    created: "a b c c",
    hinted: "a b c c",
    events: disabled(
      "Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (4 endpoints, 3 zones)",
    ),
  },
  {
    what: "an endpoint without a zone",
    nodes: three,
    created: "a b >",
    hinted: "a b ",
    events: disabled("One or more endpoints do not have a zone specified"),
  },
])("hints: $what", ({ nodes, created, hinted, events }) => {
  const plan = planOf(created);
  const told = new TopologyHints().add("ns/web", "IPv4", plan, nodes);
  expect(plan.created[0]?.endpoints.map(textOf).join(" ")).toBe(hinted);
  expect(told.map(({ type, reason, message }) => `${type} ${reason} ${message}`)).toEqual(events);
});

test("a slice whose hints are within bounds is not written again, and others are", () => {
  const hints = new TopologyHints();
  const kept = planOf("", "a>a b>b c>c");
  expect(hints.add("ns/web", "IPv4", kept, three)).toHaveLength(1);
  expect([kept.updated.length, kept.unchanged.length]).toEqual([0, 1]);
  const wrong = planOf("", "a>a b>b c>b");
  expect(hints.add("ns/web", "IPv4", wrong, three)).toEqual([]);
  expect(wrong.updated[0]?.group.endpoints.map(textOf)).toEqual(["a>a", "b>b", "c>c"]);
});

test("services are looked at again when zones change, and told when they ask no more", () => {
  const hints = new TopologyHints();
  hints.add("ns/web", "IPv4", planOf("a b c"), three);
  expect(hints.overloaded(three)).toEqual([]);
  expect(hints.overloaded([...three, node("d", "1")])).toEqual(["ns/web"]);
  expect(hints.overloaded([node("", "1")])).toEqual(["ns/web"]);
  expect(hints.remove("ns/web", "IPv4").map(({ message }) => message)).toEqual([
    "Topology Aware Hints has been disabled, addressType: IPv4",
  ]);
  expect(hints.remove("ns/web", "IPv4")).toEqual([]);
});
