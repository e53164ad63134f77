import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { Pod } from "../../../openapi/api/core.v1.ts";
import { NodeGraph } from "./node-graph.ts";

const pod = (status: Pod["status"] = {}): Pod => ({
  metadata: { name: "p", namespace: "ns", uid: "1" },
  spec: {
    nodeName: "a",
    containers: [{ name: "c", resources: {} }],
    resourceClaims: [{ name: "gpu", resourceClaimTemplateName: "device" }],
  },
  status,
});

test("a claim that is made for a Pod while it runs is one of its own from then on", () => {
  const graph = new NodeGraph();
  graph.setPod(pod());
  expect(graph.isRelated("a", "resourceclaims", "ns", "p-gpu-x")).toBe(false);
  graph.setPod(pod({ phase: "Running", resourceClaimStatuses: [{ name: "gpu", resourceClaimName: "p-gpu-x" }] }));
  expect(graph.isRelated("a", "resourceclaims", "ns", "p-gpu-x")).toBe(true);
});

test("it keeps no Pod in memory", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void; // there by the flag
  const graph = new NodeGraph();
  const given = new WeakRef(pod());
  graph.setPod(given.deref()!);
  await new Promise((resolve) => setImmediate(resolve)); // a WeakRef holds what it gave until the turn is over
  collect();
  expect(given.deref()).toBeUndefined();
  expect(graph.isRelated("a", "pods", "ns", "p")).toBe(true);
});
