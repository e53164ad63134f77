import { expect, test } from "vitest";
import type { Pod } from "../../openapi/api/core.v1.ts";
import { pressureRejection } from "./admission.ts";
import type { Pressure } from "./signal.ts";

const pod = (spec: object, metadata: object = {}) =>
  ({ metadata, spec: { containers: [{ name: "c" }], ...spec } }) as Pod;
const bestEffort = pod({});
const burstable = pod({ containers: [{ name: "c", resources: { requests: { memory: "1Mi" } } }] });
const tolerant = pod({ tolerations: [{ key: "node.kubernetes.io/memory-pressure", operator: "Exists" }] });
const critical = pod({ priority: 2_000_000_000 });
const fromFile = pod({}, { annotations: { "kubernetes.io/config.source": "file" } });

test.each<[string, Pod, Pressure[], boolean]>([
  ["any Pod", bestEffort, [], true],
  ["a Pod that asks for nothing", bestEffort, ["MemoryPressure"], false],
  ["a Pod that asks for some", burstable, ["MemoryPressure"], true],
  ["a Pod that tolerates it", tolerant, ["MemoryPressure"], true],
  ["a Pod that tolerates too little memory only", tolerant, ["MemoryPressure", "DiskPressure"], false],
  ["a Pod that asks for some", burstable, ["DiskPressure"], false],
  ["a Pod that asks for some", burstable, ["PIDPressure"], false],
  ["a critical Pod", critical, ["DiskPressure"], true],
  ["a static Pod", fromFile, ["DiskPressure"], true],
])("%s on a node with %j", (_, of, conditions, isTaken) => {
  const message = `The node had condition: [${conditions.join(" ")}]. `;
  expect(pressureRejection(of, new Set(conditions))).toEqual(isTaken ? undefined : { reason: "Evicted", message });
});
