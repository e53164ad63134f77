import { expect, test } from "vitest";
import { ManualClock } from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import type { ContainerStats, Runtime } from "../runtime/runtime.ts";
import { resourceMetrics } from "./resource-metrics.ts";
import { statsSummary } from "./summary.ts";
import { nodeCpuCounter, usageMeter } from "./usage.ts";

const startedAt = new Date("2026-01-01T00:00:00Z");
const pod = { metadata: { name: "web", namespace: "ns", uid: "u1" } } as Pod;

/** A runtime with one container that uses half of a core. */
function halfBusy(clock: ManualClock): Runtime {
  const stats = async (): Promise<ContainerStats[]> => {
    const at = clock.now();
    const cpuNanoSeconds = ((at.getTime() - startedAt.getTime()) * 1e6) / 2;
    return [{ podUid: "u1", container: "c", startedAt, at, cpuNanoSeconds, workingSetBytes: 4096 }];
  };
  return { stats } as unknown as Runtime; // no more is asked of it
}

test("use is told as a rate, and of Pods as the sum of their containers", async () => {
  const clock = new ManualClock(new Date("2026-01-01T00:00:10Z"));
  const meter = usageMeter(halfBusy(clock), clock);
  const first = meter([pod]);
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
  clock.advance(1000);
  const usage = await first;
  expect(usage).toMatchObject([{ nanoCores: 500_000_000, cpuNanoSeconds: 5_500_000_000 }]);
  clock.advance(5000);
  expect(await meter([pod])).toMatchObject([{ nanoCores: 500_000_000, cpuNanoSeconds: 8_000_000_000 }]);
  const summary = statsSummary("node-a", [pod], usage, clock.now());
  expect(summary.pods).toMatchObject([
    {
      podRef: { name: "web", namespace: "ns", uid: "u1" },
      cpu: { usageNanoCores: 500_000_000 },
      memory: { workingSetBytes: 4096 },
      containers: [{ name: "c", startTime: "2026-01-01T00:00:00Z", memory: { workingSetBytes: 4096 } }],
    },
  ]);
  const at = usage[0]?.at.getTime();
  expect(resourceMetrics([pod], usage, 7e9, clock.now()).split("\n")).toEqual(
    expect.arrayContaining([
      "# TYPE container_cpu_usage_seconds_total counter",
      `container_cpu_usage_seconds_total{container="c",namespace="ns",pod="web"} 5.5 ${at}`,
      `node_cpu_usage_seconds_total 7 ${clock.now().getTime()}`,
      `pod_memory_working_set_bytes{namespace="ns",pod="web"} 4096 ${clock.now().getTime()}`,
    ]),
  );
});

test("the use of a node only ever grows, whatever containers end", () => {
  const stats = (container: string, cpuNanoSeconds: number): ContainerStats => ({
    podUid: "u1",
    container,
    startedAt,
    at: startedAt,
    cpuNanoSeconds,
    workingSetBytes: 0,
  });
  const counter = nodeCpuCounter();
  expect(counter([stats("a", 5), stats("b", 7)])).toBe(12);
  expect(counter([stats("b", 8)])).toBe(13);
  expect(counter([])).toBe(13);
  expect(counter([{ ...stats("b", 1), startedAt: new Date("2026-01-01T00:01:00Z") }])).toBe(14);
});
