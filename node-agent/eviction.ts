import { quantity } from "../client/index.ts";
import type { Pod } from "../openapi/api/core.v1.ts";
import type { ContainerStats } from "./runtime/runtime.ts";

export type Signal = "memory.available" | "nodefs.available";

/** Below it, Pods have to go. */
export interface Threshold {
  readonly signal: Signal;
  /** An amount, such as `100Mi`, or a part of all there is, such as `10%`. */
  readonly value: string;
}

/** Bytes. */
export interface Observation {
  readonly available: number;
  readonly capacity: number;
}

export type Observations = Readonly<Record<Signal, Observation>>;

const RESOURCE: Readonly<Record<Signal, string>> = {
  "memory.available": "memory",
  "nodefs.available": "ephemeral-storage",
};

/** system-node-critical and system-cluster-critical. (pkg/apis/scheduling/types.go) */
const CRITICAL = 2_000_000_000;

/** kubelet's own. (pkg/kubelet/eviction/defaults_linux.go) */
export const EVICTION_HARD = "memory.available<100Mi,nodefs.available<10%";

/** As --eviction-hard has them, separated by commas. @throws Error */
export function parseThresholds(text: string): Threshold[] {
  return text
    .split(",")
    .filter(Boolean)
    .map((each) => {
      const [, signal = "", value = ""] = /^([\w.]+)<([\w.%]+)$/.exec(each) ?? [];
      if (signal !== "memory.available" && signal !== "nodefs.available") {
        throw new Error(
          `eviction threshold ${JSON.stringify(each)}: want memory.available<AMOUNT or nodefs.available<AMOUNT`,
        );
      }
      if (!/^\d+(\.\d+)?([KMGTP]i?|k|%)?$/.test(value)) {
        throw new Error(`eviction threshold ${JSON.stringify(each)}: ${value} is no amount`);
      }
      return { signal, value };
    });
}

function bytesOf({ signal, value }: Threshold, observations: Observations): number {
  if (!value.endsWith("%")) return quantity(value);
  return Math.floor((observations[signal].capacity * Number(value.slice(0, -1))) / 100);
}

/** The thresholds that are crossed, memory first: a machine without any stands still. */
export function crossed(thresholds: readonly Threshold[], observations: Observations): Threshold[] {
  return thresholds
    .filter((threshold) => observations[threshold.signal].available < bytesOf(threshold, observations))
    .sort((a, b) => (a.signal < b.signal ? -1 : 1));
}

/** Bytes as upstream prints binary quantities. */
export function binary(bytes: number): string {
  const units = ["", "Ki", "Mi", "Gi", "Ti"];
  let unit = 0;
  let amount = Math.round(bytes);
  while (amount !== 0 && amount % 1024 === 0 && unit < units.length - 1) {
    amount /= 1024;
    unit++;
  }
  return `${amount}${units[unit]}`;
}

const requestOf = (list: Pod["spec"]["containers"] | undefined, name: string) =>
  (list ?? []).reduce((total, { resources }) => total + quantity(resources?.requests?.[name] ?? "0"), 0);

const priority = ({ spec }: Pod) => spec.priority ?? 0;

/** Whether a Pod may be evicted at all: those that the cluster or the node needs stay. */
export function mayGo(pod: Pod): boolean {
  const isOwn = pod.metadata.annotations?.["kubernetes.io/config.source"] === "file";
  return priority(pod) < CRITICAL && !isOwn;
}

/** The Pod that goes first; undefined when none may. (pkg/kubelet/eviction/helpers.go rankMemoryPressure) */
export function victim(pods: readonly Pod[], stats: readonly ContainerStats[], signal: Signal): Pod | undefined {
  const excess = (pod: Pod) => {
    if (signal !== "memory.available") return 0; // what a Pod has on the disk is not known
    const own = stats.filter(({ podUid }) => podUid === pod.metadata.uid);
    const used = own.reduce((total, { workingSetBytes }) => total + workingSetBytes, 0);
    return used - requestOf(pod.spec.containers, "memory");
  };
  const exceeds = (pod: Pod) => Number(excess(pod) > 0);
  return pods
    .filter(mayGo)
    .sort((a, b) => exceeds(b) - exceeds(a) || priority(a) - priority(b) || excess(b) - excess(a))[0];
}

/** (pkg/kubelet/eviction/helpers.go evictionMessage) */
export function evictionMessage(
  threshold: Threshold,
  observations: Observations,
  pod: Pod,
  stats: readonly ContainerStats[],
): string {
  const resource = RESOURCE[threshold.signal];
  const available = binary(observations[threshold.signal].available);
  const quantityText = `Threshold quantity: ${binary(bytesOf(threshold, observations))}, available: ${available}. `;
  const head = `The node was low on resource: ${resource}. ${quantityText}`;
  if (resource !== "memory") return head;
  const own = stats.filter(({ podUid }) => podUid === pod.metadata.uid);
  const greedy = own.flatMap(({ container, workingSetBytes }) => {
    const spec = pod.spec.containers?.filter(({ name }) => name === container);
    const request = requestOf(spec, "memory");
    if (!spec?.length || workingSetBytes <= request) return [];
    const amounts = `was using ${binary(workingSetBytes)}, request is ${binary(request)}`;
    return [`Container ${container} ${amounts}, has larger consumption of ${resource}. `];
  });
  return head + greedy.join("");
}
