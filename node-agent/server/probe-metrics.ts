import { DURATION_SECONDS, type ProbeCount, type ProbeResult } from "../probes/probe-meter.ts";
import { exposition, type Sample } from "./exposition.ts";

const RESULTS: readonly ProbeResult[] = ["successful", "failed", "unknown"];

/** GET /metrics/probes. (pkg/kubelet/prober/prober_manager.go) @param processStart of the node's agent */
export function probeMetrics(counts: readonly ProbeCount[], processStart: Date): string {
  return exposition([
    {
      name: "process_start_time_seconds",
      type: "gauge",
      help: "[ALPHA] Start time of the process since unix epoch in seconds.",
      samples: [{ labels: {}, value: processStart.getTime() / 1000 }],
    },
    {
      name: "prober_probe_duration_seconds",
      type: "histogram",
      help: "[ALPHA] Duration in seconds for a probe response.",
      samples: counts.flatMap(durationsOf),
    },
    {
      name: "prober_probe_total",
      type: "counter",
      help: "[BETA] Cumulative number of a liveness, readiness or startup probe for a container by result.",
      samples: counts.flatMap((count) =>
        RESULTS.filter((result) => count.results[result] > 0).map((result) => ({
          labels: { ...labelsOf(count), pod_uid: count.podUid, result },
          value: count.results[result],
        })),
      ),
    },
  ]);
}

const labelsOf = ({ container, namespace, pod, kind }: ProbeCount) => ({
  ...{ container, namespace, pod },
  probe_type: kind,
});

function durationsOf(count: ProbeCount): Sample[] {
  let below = 0;
  const labels = labelsOf(count);
  const buckets = count.durations.map((number, index) => {
    below += number;
    const end = DURATION_SECONDS[index];
    return { suffix: "_bucket", labels: { ...labels, le: end === undefined ? "+Inf" : String(end) }, value: below };
  });
  if (below === 0) return [];
  return [...buckets, { suffix: "_sum", labels, value: count.seconds }, { suffix: "_count", labels, value: below }];
}
