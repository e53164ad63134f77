import { expect, test } from "vitest";
import type { Pod } from "../openapi/api/core.v1.ts";
import { qosClassOf } from "./qos-class.ts";

const both = { cpu: "1", memory: "1Gi" };

test.each([
  [[{}], "BestEffort"],
  [[{ requests: { "example.com/thing": "1" } }], "BestEffort"],
  [[{ requests: { cpu: "0" } }], "BestEffort"],
  [[{ limits: both }], "Guaranteed"],
  [[{ limits: both, requests: { cpu: "1000m" } }], "Guaranteed"],
  [[{ limits: both, requests: { cpu: "500m" } }], "Burstable"],
  [[{ limits: both }, {}], "Burstable"],
  [[{ limits: { cpu: "1" } }], "Burstable"],
])("a Pod from a file whose containers have %j is %s", (all, expected) => {
  const containers = all.map((resources, index) => ({ name: `c${index}`, resources }));
  expect(qosClassOf({ metadata: {}, spec: { containers } } as unknown as Pod)).toBe(expected);
});

test.each([
  [{ spec: { containers: [{ name: "c" }], resources: { limits: both } } }, "Guaranteed"],
  [{ spec: { containers: [{ name: "c" }] }, status: { qosClass: "Burstable" } }, "Burstable"],
])("what is said of the whole Pod comes first: %j", (pod, expected) => {
  expect(qosClassOf(pod as unknown as Pod)).toBe(expected);
});
