import type { Pod } from "../../openapi/api/core.v1.ts";
import type { ContainerStats } from "../runtime/runtime.ts";
import { exposition, type MetricFamily, type Sample } from "./exposition.ts";

const sum = <T>(list: readonly T[], of: (each: T) => number) => list.reduce((total, each) => total + of(each), 0);
const cpuOf = ({ cpuNanoSeconds }: ContainerStats) => cpuNanoSeconds / 1e9;
const memoryOf = ({ workingSetBytes }: ContainerStats) => workingSetBytes;

/**
 * GET /metrics/resource, which metrics servers read. (pkg/kubelet/metrics/collectors/resource_metrics.go)
 * @param nodeCpuNanoSeconds of the whole node since its start
 */
export function resourceMetrics(
  pods: readonly Pod[],
  usage: readonly ContainerStats[],
  nodeCpuNanoSeconds: number,
  now: Date,
): string {
  const ofContainers = usage.flatMap((stats) => {
    const { name = "", namespace = "" } = pods.find(({ metadata }) => metadata.uid === stats.podUid)?.metadata ?? {};
    return name ? [{ stats, labels: { container: stats.container, namespace, pod: name } }] : [];
  });
  const ofPods = [...Map.groupBy(ofContainers, ({ labels }) => `${labels.namespace}/${labels.pod}`).values()];
  const eachContainer = (of: (stats: ContainerStats) => number): Sample[] =>
    ofContainers.map(({ stats, labels }) => ({ labels, value: of(stats), at: stats.at }));
  const eachPod = (of: (stats: ContainerStats) => number): Sample[] =>
    ofPods.flatMap((own) => {
      const { container: _, ...labels } = own[0]?.labels ?? { container: "" };
      return [{ labels, value: sum(own, ({ stats }) => of(stats)), at: now }];
    });
  const counter = (name: string, help: string, samples: Sample[]): MetricFamily => ({
    ...{ name, samples, type: "counter", help: `[STABLE] ${help}` },
  });
  const gauge = (name: string, help: string, samples: Sample[]): MetricFamily => ({
    ...{ name, samples, type: "gauge", help: `[STABLE] ${help}` },
  });
  return exposition([
    counter(
      "container_cpu_usage_seconds_total",
      "Cumulative cpu time consumed by the container in core-seconds",
      eachContainer(cpuOf),
    ),
    gauge(
      "container_memory_working_set_bytes",
      "Current working set of the container in bytes",
      eachContainer(memoryOf),
    ),
    gauge(
      "container_start_time_seconds",
      "Start time of the container since unix epoch in seconds",
      ofContainers.map(({ stats, labels }) => ({ labels, value: stats.startedAt.getTime() / 1000 })),
    ),
    counter("node_cpu_usage_seconds_total", "Cumulative cpu time consumed by the node in core-seconds", [
      { labels: {}, value: nodeCpuNanoSeconds / 1e9, at: now },
    ]),
    gauge("node_memory_working_set_bytes", "Current working set of the node in bytes", [
      { labels: {}, value: sum(usage, memoryOf), at: now },
    ]),
    counter("pod_cpu_usage_seconds_total", "Cumulative cpu time consumed by the pod in core-seconds", eachPod(cpuOf)),
    gauge("pod_memory_working_set_bytes", "Current working set of the pod in bytes", eachPod(memoryOf)),
    gauge("resource_scrape_error", "1 if there was an error while getting container metrics, 0 otherwise", [
      { labels: {}, value: 0 },
    ]),
  ]);
}
