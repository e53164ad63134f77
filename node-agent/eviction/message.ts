import { quantity } from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import type { PodNodeUsage } from "../runtime/node-usage.ts";
import { containerUsage } from "./pod-usage.ts";
import { type Observations, SIGNALS, type Signal } from "./signal.ts";
import { type Threshold, thresholdAmount } from "./threshold.ts";

function inUnits(amount: number, base: number, units: readonly string[]): string {
  let left = Math.round(amount);
  let unit = 0;
  for (; left !== 0 && left % base === 0 && unit < units.length - 1; unit++) left /= base;
  return `${left}${units[unit]}`;
}

/** Bytes as upstream prints binary quantities. */
export const binary = (bytes: number): string => inUnits(bytes, 1024, ["", "Ki", "Mi", "Gi", "Ti", "Pi"]);
/** Numbers as upstream prints decimal quantities. */
const decimal = (count: number): string => inUnits(count, 1000, ["", "k", "M", "G", "T"]);

export interface EvictionMessage {
  readonly text: string;
  /** Of the event. */
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Why a Pod goes: how little there was, and which of its containers have more than they asked for.
 * (pkg/kubelet/eviction/helpers.go evictionMessage)
 * @param met all thresholds over which Pods have to go
 */
export function evictionMessage(
  signal: Signal,
  met: readonly Threshold[],
  observations: Observations,
  pod: Pod,
  usage: PodNodeUsage | undefined,
): EvictionMessage {
  const { resource } = SIGNALS[signal];
  let text = `The node was low on resource: ${resource}. `;
  const print = resource === "inodes" || resource === "pids" ? decimal : binary;
  const threshold = met.find((each) => SIGNALS[each.signal].resource === resource && observations[each.signal]);
  const observed = threshold && observations[threshold.signal];
  if (observed) {
    text += `Threshold quantity: ${print(thresholdAmount(threshold, observed))}, available: ${print(observed.available)}. `;
  }
  if (!usage) return { text, annotations: {} };
  const annotations: Record<string, string> = {};
  const greater = (what: string, used: string, asked: string) =>
    `${what} was using ${used}, request is ${asked}, has larger consumption of ${resource}. `;
  const whole = pod.spec.resources?.requests?.[resource];
  if (resource === "memory" && whole !== undefined) {
    const used = binary(usage.usage.memory.workingSet);
    text += greater(`Pod ${pod.metadata.name}`, used, whole);
    Object.assign(annotations, { offending_pod: pod.metadata.name, offending_pod_usage: used });
  }
  const containers = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])];
  const names: string[] = [];
  const amounts: string[] = [];
  for (const each of usage.containers) {
    const container = containers.find(({ name }) => name === each.name);
    const used = containerUsage(each, resource);
    const asked = container?.resources?.requests?.[resource] ?? "0";
    if (!container || used === undefined || used <= quantity(asked)) continue;
    text += greater(`Container ${each.name}`, binary(used), asked);
    names.push(each.name);
    amounts.push(binary(used));
  }
  annotations.offending_containers = names.join(",");
  annotations.offending_containers_usage = amounts.join(",");
  annotations.starved_resource = resource;
  return { text, annotations };
}
