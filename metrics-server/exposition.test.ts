import { expect, test } from "vitest";
import type { Node, Pod } from "../openapi/api/core.v1.ts";
import { parseExposition } from "./exposition.ts";
import { nodeMetrics, podMetrics } from "./metrics.ts";
import { tableOf } from "./table.ts";
import { usageOf, withSample } from "./usage.ts";

const now = new Date("2026-01-01T00:01:00Z");

/** What a kubelet says `seconds` after midnight. `sidecar` started at 45 seconds. */
const look = (seconds: number, cpu: { web: number; sidecar?: number; node: number }) => {
  const at = Date.parse("2026-01-01T00:00:00Z") + seconds * 1000;
  const labels = (container: string) => `{container="${container}",namespace="ns",pod="web-1"}`;
  const lines = [
    "# HELP node_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the node in core-seconds",
    "# TYPE node_cpu_usage_seconds_total counter",
    `node_cpu_usage_seconds_total ${cpu.node} ${at}`,
    `node_memory_working_set_bytes 1.073741824e+09 ${at}`,
    `container_cpu_usage_seconds_total${labels("web")} ${cpu.web} ${at}`,
    `container_memory_working_set_bytes${labels("web")} 4.194304e+06 ${at}`,
    `container_start_time_seconds${labels("web")} ${Date.parse("2025-12-31T00:00:00Z") / 1000}`,
    ...(cpu.sidecar === undefined
      ? []
      : [
          `container_cpu_usage_seconds_total${labels("sidecar")} ${cpu.sidecar} ${at}`,
          `container_memory_working_set_bytes${labels("sidecar")} 2000 ${at}`,
          `container_start_time_seconds${labels("sidecar")} ${Date.parse("2026-01-01T00:00:45Z") / 1000}`,
        ]),
    `pod_cpu_usage_seconds_total{namespace="ns",pod="web-1"} 1 ${at}`,
    `container_cpu_usage_seconds_total{container="halfway",namespace="ns",pod="web-1"} 1 ${at}`,
    "resource_scrape_error 0",
  ];
  return parseExposition(`${lines.join("\n")}\n`, now);
};
type Look = ReturnType<typeof look>;
const usageBetween = (before: Look, after: Look) => usageOf(withSample(withSample(undefined, before), after));
const pod = {
  metadata: { name: "web-1", namespace: "ns", labels: { app: "web" } },
  status: { phase: "Running" },
} as unknown as Pod;
const node = { metadata: { name: "node-a" } } as unknown as Node;

test("two looks at a node make metrics of it and its Pods", () => {
  const usage = usageBetween(look(40, { web: 10, node: 100 }), look(55.5, { web: 13.1, sidecar: 0.105, node: 115.5 }));
  const metrics = podMetrics(pod, usage, now);
  expect(metrics).toEqual({
    kind: "PodMetrics",
    apiVersion: "metrics.k8s.io/v1beta1",
    metadata: { name: "web-1", namespace: "ns", labels: { app: "web" }, creationTimestamp: "2026-01-01T00:01:00Z" },
    timestamp: "2026-01-01T00:00:55Z",
    window: "15.5s",
    containers: [
      { name: "web", usage: { cpu: "200m", memory: "4Mi" } },
      { name: "sidecar", usage: { cpu: "10m", memory: "2000" } },
    ],
  });
  const ofNode = nodeMetrics(node, usage, now);
  expect(ofNode).toMatchObject({ kind: "NodeMetrics", window: "15.5s", usage: { cpu: "1", memory: "1Gi" } });
  if (!metrics || !ofNode) throw new Error("no metrics");
  const table = tableOf([metrics], "Metadata", "meta.k8s.io/v1");
  expect(table.columnDefinitions?.map(({ name }) => name)).toEqual(["Name", "cpu", "memory", "Window"]);
  expect(table.rows).toMatchObject([
    { cells: ["web-1", "210m", "4196304", "15.5s"], object: { kind: "PartialObjectMetadata" } },
  ]);
  expect(tableOf([], "Metadata", "meta.k8s.io/v1")).toMatchObject({ columnDefinitions: null, rows: null });
});

test.each([
  {
    case: "a counter that went back",
    before: look(40, { web: 10, node: 100 }),
    after: look(50, { web: 9, node: 99 }),
    metrics: { timestamp: null, window: "0s", containers: [] },
  },
  {
    case: "no time between the looks",
    before: look(40, { web: 1, node: 1 }),
    after: look(40, { web: 1, node: 1 }),
    metrics: undefined,
  },
])("$case says nothing", ({ before, after, metrics }) => {
  const usage = usageBetween(before, after);
  if (metrics) expect(podMetrics(pod, usage, now)).toMatchObject(metrics);
  else expect(podMetrics(pod, usage, now)).toBeUndefined();
  expect(nodeMetrics(node, usage, now)).toBeUndefined();
});
