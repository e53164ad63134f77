import { timestamp } from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import type { ContainerStats } from "../runtime/runtime.ts";
import type { ContainerUsage } from "./usage.ts";

const sum = <T extends ContainerStats>(list: readonly T[], of: (usage: T) => number) =>
  list.reduce((total, each) => total + of(each), 0);

/** Amounts of several containers as one. */
function together(list: readonly ContainerUsage[], now: Date) {
  const time = timestamp(now);
  return {
    cpu: {
      time,
      usageNanoCores: sum(list, ({ nanoCores }) => nanoCores),
      usageCoreNanoSeconds: sum(list, ({ cpuNanoSeconds }) => cpuNanoSeconds),
    },
    memory: { time, workingSetBytes: sum(list, ({ workingSetBytes }) => workingSetBytes) },
  };
}

/** GET /stats/summary: what the node's Pods use. (staging/src/k8s.io/kubelet/pkg/apis/stats/v1alpha1) */
export function statsSummary(nodeName: string, pods: readonly Pod[], usage: readonly ContainerUsage[], now: Date) {
  return {
    node: { nodeName, startTime: null, ...together(usage, now) },
    pods: pods.flatMap(({ metadata, status }) => {
      const own = usage.filter(({ podUid }) => podUid === metadata.uid);
      if (own.length === 0) return [];
      return [
        {
          podRef: { name: metadata.name, namespace: metadata.namespace, uid: metadata.uid },
          startTime: status?.startTime ?? null,
          containers: own.map((each) => ({
            name: each.container,
            startTime: timestamp(each.startedAt),
            ...together([each], each.at),
          })),
          ...together(own, now),
        },
      ];
    }),
  };
}

const quote = JSON.stringify;

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
  const nodeSeconds = nodeCpuNanoSeconds / 1e9;
  const nodeBytes = sum(usage, ({ workingSetBytes }) => workingSetBytes);
  const ofContainers = usage.flatMap((each) => {
    const pod = pods.find(({ metadata }) => metadata.uid === each.podUid);
    if (!pod) return [];
    const { name, namespace } = pod.metadata;
    const podLabels = `namespace=${quote(namespace)},pod=${quote(name)}`;
    return [{ ...each, podLabels, labels: `container=${quote(each.container)},${podLabels}` }];
  });
  const ofPods = [...Map.groupBy(ofContainers, ({ podLabels }) => podLabels)];
  const at = (time: Date) => time.getTime();
  const metrics: [string, "counter" | "gauge", string, string[]][] = [
    [
      "container_cpu_usage_seconds_total",
      "counter",
      "[STABLE] Cumulative cpu time consumed by the container in core-seconds",
      ofContainers.map((each) => `{${each.labels}} ${each.cpuNanoSeconds / 1e9} ${at(each.at)}`),
    ],
    [
      "container_memory_working_set_bytes",
      "gauge",
      "[STABLE] Current working set of the container in bytes",
      ofContainers.map((each) => `{${each.labels}} ${each.workingSetBytes} ${at(each.at)}`),
    ],
    [
      "container_start_time_seconds",
      "gauge",
      "[STABLE] Start time of the container since unix epoch in seconds",
      ofContainers.map((each) => `{${each.labels}} ${each.startedAt.getTime() / 1000}`),
    ],
    [
      "node_cpu_usage_seconds_total",
      "counter",
      "[STABLE] Cumulative cpu time consumed by the node in core-seconds",
      [` ${nodeSeconds} ${at(now)}`],
    ],
    [
      "node_memory_working_set_bytes",
      "gauge",
      "[STABLE] Current working set of the node in bytes",
      [` ${nodeBytes} ${at(now)}`],
    ],
    [
      "pod_cpu_usage_seconds_total",
      "counter",
      "[STABLE] Cumulative cpu time consumed by the pod in core-seconds",
      ofPods.map(([labels, own]) => `{${labels}} ${sum(own, (each) => each.cpuNanoSeconds) / 1e9} ${at(now)}`),
    ],
    [
      "pod_memory_working_set_bytes",
      "gauge",
      "[STABLE] Current working set of the pod in bytes",
      ofPods.map(([labels, own]) => `{${labels}} ${sum(own, (each) => each.workingSetBytes)} ${at(now)}`),
    ],
    [
      "resource_scrape_error",
      "gauge",
      "[STABLE] 1 if there was an error while getting container metrics, 0 otherwise",
      [" 0"],
    ],
  ];
  return metrics
    .map(([name, type, help, lines]) =>
      [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines.map((line) => `${name}${line}`)].join("\n"),
    )
    .join("\n")
    .concat("\n");
}
