import { expect, test } from "vitest";
import type { Lister } from "../../client/index.ts";
import type { Node } from "../../openapi/api/core.v1.ts";
import { Simulation } from "../simulation.ts";
import { parseCidr } from "./cidr.ts";
import { CidrSet } from "./cidr-set.ts";
import { createRanges, type NodeIpamOptions, reconcile } from "./node-ipam.ts";

test.each([
  { cluster: "10.244.0.0/16", size: 24, first: ["10.244.0.0/24", "10.244.1.0/24"] },
  { cluster: "10.1.2.3/24", size: 26, first: ["10.1.2.0/26", "10.1.2.64/26"] },
  { cluster: "fd00:10:244::/56", size: 64, first: ["fd00:10:244::/64", "fd00:10:244:1::/64"] },
  { cluster: "fd00::/112", size: 120, first: ["fd00::/120", "fd00::100/120"] },
])("$cluster is given out in /$size", ({ cluster, size, first }) => {
  const set = new CidrSet(parseCidr(cluster), size);
  expect([set.allocate(), set.allocate()]).toEqual(first);
});

function cluster(options: Partial<NodeIpamOptions>, ...existing: [name: string, podCIDRs: string[]][]) {
  const simulation = new Simulation();
  const store = simulation.store("v1/nodes");
  const nodes: Lister<Node> = store;
  const ranges = createRanges({ clusterCidrs: ["10.0.0.0/24"], maskSizes: [26], serviceCidrs: [], ...options });
  const put = (name: string, podCIDRs: string[] = []) =>
    simulation.put("v1/nodes", { metadata: { name }, spec: { podCIDRs } } as unknown as Node);
  const error = (name: string) => simulation.run(reconcile(name, { nodes, ranges }));
  const add = (name: string) => {
    put(name);
    error(name);
    return nodes.get(name)?.spec?.podCIDRs;
  };
  for (const [name, podCIDRs] of existing) put(name, podCIDRs);
  return { simulation, nodes, store, add, error, put };
}

test("ranges that nodes have are kept, those of deleted nodes come last", () => {
  const { store, add, error } = cluster({}, ["old", ["10.0.0.64/26"]]);
  expect(add("a")).toEqual(["10.0.0.0/26"]);
  expect(add("b")).toEqual(["10.0.0.128/26"]);
  store.delete("old");
  error("old");
  expect(add("c")).toEqual(["10.0.0.192/26"]);
  expect(add("d")).toEqual(["10.0.0.64/26"]);
});

test("a node gets nothing where nothing is left, and an event", () => {
  const { simulation, add, error } = cluster({ maskSizes: [25], serviceCidrs: ["10.0.0.128/28", "10.96.0.0/12"] });
  expect(add("a")).toEqual(["10.0.0.0/25"]);
  expect(add("b")).toEqual([]);
  expect(simulation.events).toEqual(["Normal CIDRNotAvailable Node b status is now: CIDRNotAvailable"]);
  expect(String(error("b"))).toContain(
    "failed to allocate cidr from cluster cidr at idx:0: CIDR allocation failed; " +
      "there are no remaining CIDRs left to allocate in the accepted range",
  );
});

test("two families give two ranges", () => {
  const { add } = cluster({ clusterCidrs: ["10.0.0.0/16", "fd00::/56"], maskSizes: [24, 64] });
  expect([add("a"), add("b")]).toEqual([
    ["10.0.0.0/24", "fd00::/64"],
    ["10.0.1.0/24", "fd00:0:0:1::/64"],
  ]);
});

test("a write that failed is tried again with the same range, which nobody else gets", () => {
  const { simulation, nodes, add, error } = cluster({});
  simulation.refuse = () => new Error("connection lost");
  expect(add("a")).toEqual([]);
  expect(simulation.events).toEqual(["Normal CIDRAssignmentFailed Node a status is now: CIDRAssignmentFailed"]);
  simulation.refuse = () => undefined;
  expect(add("b")).toEqual(["10.0.0.64/26"]);
  error("a");
  expect(nodes.get("a")?.spec?.podCIDRs).toEqual(["10.0.0.0/26"]);
});

test("a range of another cluster is refused", () => {
  const { error } = cluster({}, ["a", ["10.9.0.0/26"]]);
  expect(String(error("a"))).toContain(
    "failed to mark cidr[10.9.0.0/26] at idx [0] as occupied for node: a: " +
      "cidr 10.9.0.0/26 is out the range of cluster cidr 10.0.0.0/24",
  );
});
