import type { Container, ContainerStatus, Pod } from "../../openapi/api/core.v1.ts";
import { type Amounts, addAmounts, amountsOf, maxAmounts, type ResourceList } from "./resource-list.ts";

/** What of a Pod to reckon with. */
export interface PodResourceOptions {
  /** Also what the node has given (in-place resize): the larger amount counts. */
  readonly useStatus: boolean;
  readonly overhead: boolean;
  /** Whether `spec.resources` may override this resource. */
  readonly podLevel: (resource: string) => boolean;
}

/** cpu, memory and huge pages. (component-helpers/resource SupportedPodLevelResources) */
export function isPodLevelResource(name: string): boolean {
  return name === "cpu" || name === "memory" || name.startsWith("hugepages-");
}

/** Whether `spec.resources` says anything that counts. */
export function hasPodLevelResources({ spec }: Pod): boolean {
  const { requests, limits } = spec.resources ?? {};
  return [...Object.keys(requests ?? {}), ...Object.keys(limits ?? {})].some(isPodLevelResource);
}

/**
 * What a Pod needs at the most at one time: its containers together, or its hungriest init container with the sidecars
 * started before it. (component-helpers/resource PodRequests)
 */
export function podRequests(pod: Pod, options: PodResourceOptions): Amounts {
  const statuses = options.useStatus ? statusesOf(pod) : undefined;
  const infeasible = statuses && isResizeInfeasible(pod);
  const total = aggregate(pod, (container) => {
    const status = statuses?.get(container.name);
    const wanted = amountsOf(container.resources.requests);
    if (!status) return wanted;
    const given = maxAmounts(amountsOf(status.resources?.requests), amountsOf(status.allocatedResources));
    return infeasible ? given : maxAmounts(wanted, given);
  });
  override(total, pod.spec.resources?.requests, options);
  return options.overhead ? addAmounts(total, amountsOf(pod.spec.overhead)) : total;
}

/** The same for limits; overhead counts only where there is a limit. (PodLimits) */
export function podLimits(pod: Pod, options: PodResourceOptions): Amounts {
  const statuses = options.useStatus ? statusesOf(pod) : undefined;
  const infeasible = statuses && isResizeInfeasible(pod);
  const total = aggregate(pod, (container) => {
    const status = statuses?.get(container.name);
    const wanted = amountsOf(container.resources.limits);
    if (!status?.resources) return wanted;
    const given = amountsOf(status.resources.limits);
    return infeasible ? given : maxAmounts(wanted, given);
  });
  override(total, pod.spec.resources?.limits, options);
  if (!options.overhead) return total;
  const overhead = [...amountsOf(pod.spec.overhead)].filter(([name]) => total.has(name));
  return addAmounts(total, new Map(overhead));
}

function aggregate({ spec }: Pod, amounts: (container: Container) => Amounts): ReturnType<typeof amountsOf> {
  let total = amountsOf(undefined);
  for (const container of spec.containers ?? []) total = addAmounts(total, amounts(container));
  let sidecars = amountsOf(undefined);
  let init = amountsOf(undefined);
  for (const container of spec.initContainers ?? []) {
    const needed = amounts(container);
    if (container.restartPolicy === "Always") {
      total = addAmounts(total, needed);
      sidecars = addAmounts(sidecars, needed);
      init = maxAmounts(init, sidecars);
    } else init = maxAmounts(init, addAmounts(needed, sidecars));
  }
  return maxAmounts(total, init);
}

function override(
  total: ReturnType<typeof amountsOf>,
  list: ResourceList | undefined,
  { podLevel }: PodResourceOptions,
): void {
  for (const [name, quantity] of amountsOf(list)) if (podLevel(name)) total.set(name, quantity);
}

function statusesOf({ status }: Pod): Map<string, ContainerStatus> {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  return new Map(all.map((entry) => [entry.name, entry]));
}

function isResizeInfeasible({ status }: Pod): boolean {
  return (status?.conditions ?? []).some(({ type, reason }) => type === "PodResizePending" && reason === "Infeasible");
}
