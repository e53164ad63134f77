import { expect, test } from "vitest";
import { hasOtherImages, initialNode, type NodeFacts, nodeStatus } from "./node-status.ts";

const facts = { name: "n", addresses: [], capacity: {}, images: [], features: {} } as unknown as NodeFacts; // as much as is read
const now = new Date("2026-01-01T00:00:00Z");

test("a node declares what it can do when it is new, and goes on doing so whatever others have written", () => {
  const { status, ...node } = initialNode(facts, now);
  const declared = status?.declaredFeatures ?? [];
  expect(declared).toContain("InPlacePodVerticalScalingInitContainers");
  // The API server takes names in order, each once.
  expect(declared).toEqual([...new Set(declared)].sort());
  const changed = { ...node, status: { ...status, declaredFeatures: [] } };
  expect(nodeStatus(facts, changed, now).declaredFeatures).toEqual(declared);
});

test.each([
  ["MemoryPressure", "KubeletHasInsufficientMemory", "kubelet has insufficient memory available"],
  ["DiskPressure", "KubeletHasDiskPressure", "kubelet has disk pressure"],
  ["PIDPressure", "KubeletHasInsufficientPID", "kubelet has insufficient PID available"],
])("a node that has too little says %s, and nothing else", (type, reason, message) => {
  const { conditions = [] } = nodeStatus({ ...facts, pressure: new Set([type]) }, initialNode(facts, now), now);
  const found = conditions.find((condition) => condition.type === type);
  expect(found).toMatchObject({ status: "True", reason, message });
  const others = conditions.filter((condition) => condition !== found && condition.type !== "Ready");
  expect(others.map(({ status }) => status)).toEqual(["False", "False"]);
});

test("a node reports fifty images with five names each, and notices when it has others", () => {
  const names = Array.from({ length: 7 }, (_, i) => `image:${i}`);
  const images = Array.from({ length: 60 }, (_, i) => ({ id: String(i), names, sizeBytes: 60 - i }));
  const node = initialNode({ ...facts, images }, now);
  expect(node.status?.images).toHaveLength(50);
  expect(node.status?.images?.[0]).toEqual({ names: names.slice(0, 5), sizeBytes: 60 });
  expect(hasOtherImages(node, { ...facts, images })).toBe(false);
  expect(hasOtherImages(node, { ...facts, images: images.slice(1) })).toBe(true);
});
