import type { PodWorker } from "../pod-worker.ts";
import { exposition, type Sample } from "./exposition.ts";

/** Paths that requests are counted by; all others are one. (pkg/kubelet/server/server.go addMetricsBucketMatcher) */
const PATHS = [
  ...["metrics/cadvisor", "metrics/probes", "metrics/resource", "metrics", "pods", "stats"],
  ...["containerLogs", "exec", "attach", "portForward", "healthz", "configz", "runningpods"],
];
const LONG_RUNNING = new Set(["exec", "attach", "portForward"]);
/** Microseconds of a second. */
const MICROSECONDS = 1e6;

/** Counts requests to a node's own API. */
export class RequestCounts {
  readonly #counts = new Map<string, { labels: Readonly<Record<string, string>>; value: number }>();

  add(method: string, path: string): void {
    const known = PATHS.find((each) => path === `/${each}` || path.startsWith(`/${each}/`)) ?? "other";
    const key = `${method} ${known}`;
    const long = String(LONG_RUNNING.has(known));
    const labels = { long_running: long, method, path: known, server_type: "readwrite" };
    const count = this.#counts.get(key) ?? { labels, value: 0 };
    count.value++;
    this.#counts.set(key, count);
  }

  samples(): Sample[] {
    return [...this.#counts.values()];
  }
}

/** GET /metrics: the agent about itself. (pkg/kubelet/metrics/metrics.go) */
export function kubeletMetrics(
  nodeName: string,
  workers: ReadonlyMap<string, PodWorker>,
  requests: RequestCounts,
  process: { cpuMicroSeconds: number; residentBytes: number; startedAt: Date },
): string {
  const all = [...workers.values()];
  const hasSandbox = (worker: PodWorker) =>
    worker.status().conditions?.some(({ type, status }) => type === "PodReadyToStartContainers" && status === "True");
  const records = all.flatMap((worker) => worker.records);
  const states: readonly (readonly [string, number])[] = [
    ["exited", records.filter(({ running, exit }) => !running && exit).length],
    ["running", records.filter(({ running }) => running).length],
  ];
  const one = (value: number): Sample[] => [{ labels: {}, value }];
  return exposition([
    {
      name: "kubelet_http_requests_total",
      type: "counter",
      help: "[ALPHA] Number of the http requests received since the server started",
      samples: requests.samples(),
    },
    {
      name: "kubelet_node_name",
      type: "gauge",
      help: "[ALPHA] The node's name. The count is always 1.",
      samples: [{ labels: { node: nodeName }, value: 1 }],
    },
    {
      name: "kubelet_running_containers",
      type: "gauge",
      help: "[ALPHA] Number of containers currently running",
      samples: states
        .filter(([, count]) => count > 0)
        .map(([state, value]) => ({ labels: { container_state: state }, value })),
    },
    {
      name: "kubelet_running_pods",
      type: "gauge",
      help: "[ALPHA] Number of pods that have a running pod sandbox",
      samples: one(all.filter(hasSandbox).length),
    },
    {
      name: "process_cpu_seconds_total",
      type: "counter",
      help: "Total user and system CPU time spent in seconds.",
      samples: one(process.cpuMicroSeconds / MICROSECONDS),
    },
    {
      name: "process_resident_memory_bytes",
      type: "gauge",
      help: "Resident memory size in bytes.",
      samples: one(process.residentBytes),
    },
    {
      name: "process_start_time_seconds",
      type: "gauge",
      help: "[ALPHA] Start time of the process since unix epoch in seconds.",
      samples: one(process.startedAt.getTime() / 1000),
    },
  ]);
}
