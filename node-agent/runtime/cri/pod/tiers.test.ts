import { expect, test } from "vitest";
import type { Pod } from "../../../../openapi/api/core.v1.ts";
import { tierLimits } from "./tiers.ts";

const pod = (resources: object) => ({ metadata: {}, spec: { containers: [{ name: "c", resources }] } }) as Pod;
const node = { cpu: 2, memoryBytes: 4096 };

test.each([
  ["no Pods", [], 2],
  ["Pods that ask for some", [pod({ requests: { cpu: "100m" } }), pod({ requests: { cpu: "1" } })], 1126],
  [
    "Pods that get all they may have",
    [pod({ limits: { cpu: "1", memory: "1Mi" }, requests: { cpu: "1", memory: "1Mi" } })],
    2,
  ],
  ["Pods that ask for nothing", [pod({})], 2],
])("with %s the tier of those that ask for some has %d shares", (_, pods, cpuShares) => {
  expect(tierLimits(pods, node)).toEqual({
    kubepods: { cpuShares: 2048, memoryLimitInBytes: 4096 },
    "kubepods/burstable": { cpuShares },
    "kubepods/besteffort": { cpuShares: 2 },
  });
});
