import type { ContainerStatus, Pod, PodTemplate } from "../../../openapi/api/core.v1.ts";
import { humanDuration } from "../../meta/duration.ts";
import { timeOf } from "../../meta/time.ts";
import { containerImages, containerNames, formatLabels, type Printers } from "./cells.ts";

/** What `kubectl get pods` says of a Pod's containers. (printPod) */
interface Summary {
  readonly ready: number;
  readonly total: number;
  readonly reason: string;
  readonly restarts: number;
  /** Milliseconds; 0 = never. */
  readonly lastRestart: number;
}

export const podPrinters: Printers = {
  "/pods": {
    Ready: (pod: Pod) => {
      const { ready, total } = summarize(pod);
      return `${ready}/${total}`;
    },
    Status: (pod: Pod) => summarize(pod).reason,
    Restarts: (pod: Pod, now) => {
      const { restarts, lastRestart } = summarize(pod);
      if (restarts === 0 || lastRestart === 0) return String(restarts);
      return `${restarts} (${humanDuration(now.getTime() - lastRestart)} ago)`;
    },
    IP: ({ status }: Pod) => status?.podIPs?.[0]?.ip || "<none>",
    Node: ({ spec }: Pod) => spec?.nodeName || "<none>",
    "Nominated Node": ({ status }: Pod) => status?.nominatedNodeName || "<none>",
    "Readiness Gates": readinessGates,
  },
  "/podtemplates": {
    Containers: ({ template }: PodTemplate) => containerNames(template?.spec?.containers),
    Images: ({ template }: PodTemplate) => containerImages(template?.spec?.containers),
    "Pod Labels": ({ template }: PodTemplate) => formatLabels(template?.metadata?.labels),
  },
};

function readinessGates({ spec, status }: Pod): string {
  const gates = spec?.readinessGates ?? [];
  if (gates.length === 0) return "<none>";
  const passed = gates.filter(({ conditionType }) => isTrue(status?.conditions, conditionType));
  return `${passed.length}/${gates.length}`;
}

function isTrue(conditions: readonly { type: string; status: string }[] | undefined, type: string): boolean {
  return conditions?.find((condition) => condition.type === type)?.status === "True";
}

const summaries = new WeakMap<Pod, Summary>();

/** Once a Pod: three columns need it. */
function summarize(pod: Pod): Summary {
  let summary = summaries.get(pod);
  if (!summary) {
    summary = makeSummary(pod);
    summaries.set(pod, summary);
  }
  return summary;
}

function makeSummary(pod: Pod): Summary {
  const { spec, status, metadata } = pod;
  const phase = status?.phase ?? "";
  const gated = status?.conditions?.some((c) => c.type === "PodScheduled" && c.reason === "SchedulingGated");
  const base = gated ? "SchedulingGated" : status?.reason || phase;
  const init = initSummary(pod);
  const initialized = !init.initializing || isTrue(status?.conditions, "Initialized");
  const main = initialized ? mainSummary(pod, init.reason || base) : undefined;
  const total = (spec?.containers?.length ?? 0) + init.sidecars.size;
  let reason = main?.reason ?? init.reason;
  if (metadata?.deletionTimestamp && status?.reason === "NodeLost") reason = "Unknown";
  else if (metadata?.deletionTimestamp && phase !== "Failed" && phase !== "Succeeded") reason = "Terminating";
  return {
    ready: init.ready + (main?.ready ?? 0),
    total,
    reason,
    restarts: main ? init.sidecarRestarts + main.restarts : init.restarts,
    lastRestart: main ? Math.max(init.sidecarLastRestart, main.lastRestart) : init.lastRestart,
  };
}

function finishedAt({ lastState }: ContainerStatus): number {
  const time = timeOf(lastState?.terminated?.finishedAt);
  return Number.isNaN(time) ? 0 : time;
}

function initSummary({ spec, status }: Pod) {
  const containers = spec?.initContainers ?? [];
  const sidecars = new Set(containers.filter((c) => c.restartPolicy === "Always").map(({ name }) => name));
  const summary = {
    sidecars,
    initializing: false,
    reason: "",
    ready: 0,
    restarts: 0,
    lastRestart: 0,
    sidecarRestarts: 0,
    sidecarLastRestart: 0,
  };
  for (const [index, container] of (status?.initContainerStatuses ?? []).entries()) {
    summary.restarts += container.restartCount;
    summary.lastRestart = Math.max(summary.lastRestart, finishedAt(container));
    const isSidecar = sidecars.has(container.name);
    if (isSidecar) {
      summary.sidecarRestarts += container.restartCount;
      summary.sidecarLastRestart = Math.max(summary.sidecarLastRestart, finishedAt(container));
    }
    const { terminated, waiting } = container.state ?? {};
    if (terminated && terminated.exitCode === 0) continue;
    if (isSidecar && container.started) {
      if (container.ready) summary.ready++;
      continue;
    }
    summary.initializing = true;
    if (terminated) summary.reason = `Init:${terminated.reason || exitText(terminated)}`;
    else if (waiting?.reason && waiting.reason !== "PodInitializing") summary.reason = `Init:${waiting.reason}`;
    else summary.reason = `Init:${index}/${containers.length}`;
    break;
  }
  return summary;
}

function exitText({ signal, exitCode }: { signal?: number; exitCode: number }): string {
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}

function mainSummary({ status }: Pod, base: string) {
  let reason = base;
  let errorReason = "";
  let hasRunning = false;
  let ready = 0;
  let restarts = 0;
  let lastRestart = 0;
  for (const container of [...(status?.containerStatuses ?? [])].reverse()) {
    restarts += container.restartCount;
    lastRestart = Math.max(lastRestart, finishedAt(container));
    const { waiting, terminated, running } = container.state ?? {};
    if (waiting?.reason) reason = waiting.reason;
    else if (terminated) {
      reason = terminated.reason || exitText(terminated);
      if (terminated.exitCode !== 0) errorReason = reason;
    } else if (container.ready && running) {
      hasRunning = true;
      ready++;
    }
  }
  // One container that is done does not make the Pod done.
  if (reason === "Completed") {
    if (hasRunning && isTrue(status?.conditions, "Ready")) reason = "Running";
    else if (errorReason) reason = errorReason;
    else if (hasRunning) reason = "NotReady";
  }
  return { reason, ready, restarts, lastRestart };
}
