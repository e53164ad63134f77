import { expect, test } from "vitest";
import type { Node, Pod } from "../openapi/api/core.v1.ts";
import { Cache } from "./cache.ts";
import { PodIndex } from "./pod-index.ts";

/** Objects with no more than what is counted. */
const node = (name: string, zone = "", images: string[] = []): Node =>
  ({
    metadata: { name, labels: { "topology.kubernetes.io/zone": zone } },
    status: { images: [{ names: images, sizeBytes: 1 }] },
  }) as unknown as Node;
const pod = (name: string, app: string, nodeName: string): Pod => ({
  metadata: { name, uid: name, namespace: "default", labels: { app } },
  spec: {
    containers: [],
    nodeName,
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: "zone", labelSelector: { matchLabels: { app } } },
        ],
      },
    },
  },
  status: {},
});

test("counts that are kept up equal those made anew", () => {
  const cache = new Cache(() => ({}));
  const query = { id: "a", namespace: "default", matches: ({ metadata }: Pod) => metadata.labels?.app === "a" };
  expect(cache.index.podsByNode(query).size).toBe(0);
  cache.setPod(pod("early", "a", "n1"));
  cache.setNode(node("n1"));
  cache.setNode(node("n2"));
  cache.setPod(pod("p1", "a", "n1"));
  cache.assume(pod("p2", "a", "n2"), "n2");
  cache.setPod(pod("p2", "a", "n2"));
  cache.setPod(pod("p3", "a", "n2"));
  cache.setPod(pod("p3", "b", "n2"));
  cache.setPod(pod("p4", "a", "n2"));
  cache.removePod("p4");
  const counts = () => [cache.index, new PodIndex(cache.nodes, () => ({}))].map((index) => index.podsByNode(query));
  const groups = () =>
    [cache.index, new PodIndex(cache.nodes, () => ({}))].map((index) =>
      index.antiAffinityTo(pod("new", "a", "")).map(({ byNode }) => byNode),
    );
  expect(counts()[0]).toEqual(
    new Map([
      ["n1", 2],
      ["n2", 1],
    ]),
  );
  expect(counts()[0]).toEqual(counts()[1]);
  expect(groups()[0]).toEqual(groups()[1]);
  cache.removeNode("n1");
  expect(counts()[0]).toEqual(new Map([["n2", 1]]));
  expect(groups()[0]).toEqual(groups()[1]);
  cache.setNode(node("n1"));
  expect(counts()[0]).toEqual(counts()[1]);
});

test("nodes of all zones take turns", () => {
  const cache = new Cache(() => ({}));
  for (const [name, zone] of [
    ["a", "1"],
    ["b", "1"],
    ["c", "2"],
    ["d", "2"],
  ] as const)
    cache.setNode(node(name, zone));
  expect(cache.order.map(({ name }) => name)).toEqual(["a", "c", "b", "d"]);
  cache.removeNode("a");
  expect(cache.order.map(({ name }) => name)).toEqual(["b", "c", "d"]);
});

test("images are counted by node", () => {
  const cache = new Cache(() => ({}));
  cache.setNode(node("a", "", ["x:1", "y:1"]));
  cache.setNode(node("b", "", ["x:1"]));
  cache.setNode(node("a", "", ["y:1"]));
  expect([...cache.imageNodes].sort()).toEqual([
    ["x:1", 1],
    ["y:1", 1],
  ]);
});
