import { expect, test } from "vitest";
import type { Pod } from "../../../openapi/api/core.v1.ts";
import { simulatedNodeUsage } from "./node-usage.ts";

test("a node uses what the meters of its containers say, and its disk holds its images", () => {
  const at = new Date("2026-01-01T00:00:10Z");
  const startedAt = new Date("2026-01-01T00:00:00Z");
  const stats = ["a", "b"].map((container, i) => {
    return { podUid: "u", container, startedAt, at, cpuNanoSeconds: 5 + i, workingSetBytes: 100 };
  });
  const usage = simulatedNodeUsage([{ metadata: { uid: "u" }, spec: {} } as Pod], stats, {
    ...{ at, startedAt, cpus: 8, memory: 1000, storage: 500, imageBytes: 200 },
    sandboxOf: () => "box",
    containerOf: (_uid, name) => ({ id: `simulated://${name}`, image: "busybox" }),
  });
  expect(usage).toMatchObject({
    machine: { cores: 8, memoryBytes: 1000 },
    usage: { cpu: { total: 11 }, memory: { workingSet: 200, limit: 1000 } },
    fileSystem: { capacityBytes: 500, usedBytes: 200, availableBytes: 300 },
    pods: [{ uid: "u", id: "box", usage: { cpu: { total: 11 } }, containers: [{ name: "a" }, { name: "b" }] }],
  });
});
