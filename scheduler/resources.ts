import { quantity } from "../client/index.ts";
import type { Container, Pod } from "../openapi/api/core.v1.ts";

/** Amounts by resource name: cpu in millicores, memory and storage in bytes, everything else in units. */
export type Amounts = Record<string, number>;

/** A resource's amount in the scheduler's unit. */
export function amount(name: string, text: string | number): number {
  return name === "cpu" ? Math.ceil(quantity(text) * 1000 - 1e-9) : Math.ceil(quantity(text));
}

export function amounts(list: Record<string, string> | undefined): Amounts {
  const result: Amounts = {};
  for (const name in list) result[name] = amount(name, list[name] ?? "0");
  return result;
}

function add(into: Amounts, more: Amounts): Amounts {
  for (const name in more) into[name] = (into[name] ?? 0) + (more[name] ?? 0);
  return into;
}

function max(into: Amounts, other: Amounts): Amounts {
  for (const name in other) into[name] = Math.max(into[name] ?? 0, other[name] ?? 0);
  return into;
}

/** Scores count containers that ask for nothing as if they asked for this much (schedutil.GetNonzeroRequests). */
const DEFAULT_MILLI_CPU = 100;
const DEFAULT_MEMORY = 200 * 2 ** 20;

const POD_LEVEL = new Set(["cpu", "memory"]);

/**
 * What a Pod asks a node for: the larger of all containers together and the hungriest moment of start-up, where
 * sidecars count from their turn on, plus overhead; pod-level requests override the sums.
 * Follows k8s.io/component-helpers/resource.PodRequests. @param nonZero applies the defaults that scores use.
 */
export function podRequests(pod: Pod, nonZero = false): Amounts {
  const requestsOf = (container: Container): Amounts => {
    const requests = amounts(container.resources?.requests);
    // A container that was resized holds the larger of what it has and what it wants until the node agrees.
    const status = pod.status?.containerStatuses?.find(({ name }) => name === container.name);
    if (status?.allocatedResources) max(requests, amounts(status.allocatedResources));
    if (nonZero) {
      requests.cpu ??= DEFAULT_MILLI_CPU;
      requests.memory ??= DEFAULT_MEMORY;
    }
    return requests;
  };
  const total: Amounts = {};
  for (const container of pod.spec.containers ?? []) add(total, requestsOf(container));
  const sidecars: Amounts = {};
  const starting: Amounts = {};
  for (const container of pod.spec.initContainers ?? []) {
    const requests = requestsOf(container);
    if (container.restartPolicy === "Always") {
      add(total, requests);
      add(sidecars, requests);
      max(starting, sidecars);
    } else {
      max(starting, add({ ...sidecars }, requests));
    }
  }
  max(total, starting);
  const podLevel = amounts(pod.spec.resources?.requests);
  for (const name in podLevel)
    if (POD_LEVEL.has(name) || name.startsWith("hugepages-")) total[name] = podLevel[name] ?? 0;
  return add(total, amounts(pod.spec.overhead));
}
