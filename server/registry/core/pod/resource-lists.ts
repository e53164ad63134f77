import type { Container, Pod, PodSpec, ResourceRequirements } from "../../../../openapi/api/core.v1.ts";
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  roundUpQuantity,
} from "../../../meta/quantity.ts";

/** Resource name → quantity. */
export type ResourceList = Record<string, string>;

/** Compares two quantities. */
export function compareAmounts(a: string, b: string): number {
  return compareQuantities(parseQuantity(a), parseQuantity(b));
}

/** Adds `more` to `list` in place. */
export function addResources(list: ResourceList, more: Readonly<ResourceList> | undefined): void {
  for (const [name, amount] of Object.entries(more ?? {})) {
    const old = list[name];
    list[name] = old === undefined ? amount : formatQuantity(addQuantities(parseQuantity(old), parseQuantity(amount)));
  }
}

/** Raises `list` to `other` where that is more. */
function raiseResources(list: ResourceList, other: Readonly<ResourceList>): void {
  for (const [name, amount] of Object.entries(other)) {
    const old = list[name];
    if (old === undefined || compareAmounts(amount, old) > 0) list[name] = amount;
  }
}

/** An init container that goes on running beside the others. */
export function isSidecar({ restartPolicy }: Container): boolean {
  return restartPolicy === "Always";
}

/**
 * What all containers need at once, at the worst moment: sidecars run beside every later init container and beside the
 * containers. (component-helpers/resource AggregateContainerRequests, AggregateContainerLimits)
 */
export function aggregateContainers(spec: PodSpec | undefined, which: "requests" | "limits"): ResourceList {
  const total: ResourceList = {};
  for (const container of spec?.containers ?? []) addResources(total, container.resources?.[which]);
  const sidecars: ResourceList = {};
  const starting: ResourceList = {};
  for (const container of spec?.initContainers ?? []) {
    const needed: ResourceList = {};
    if (isSidecar(container)) {
      addResources(total, container.resources?.[which]);
      addResources(sidecars, container.resources?.[which]);
    } else addResources(needed, container.resources?.[which]);
    addResources(needed, sidecars);
    raiseResources(starting, needed);
  }
  raiseResources(total, starting);
  return total;
}

/** Resources that may be given for the Pod as a whole. */
export function isPodLevelResource(name: string): boolean {
  return name === "cpu" || name === "memory" || isHugePages(name);
}

export function isHugePages(name: string): boolean {
  return name.startsWith("hugepages-");
}

/** Resources without a vendor's prefix. */
export function isNativeResource(name: string): boolean {
  return !name.includes("/") || name.includes("kubernetes.io/");
}

/** More may be promised than there is. */
export function isOvercommitAllowed(name: string): boolean {
  return isNativeResource(name) && !isHugePages(name);
}

/** Counted in whole units by a device plugin. (pkg/apis/core/helper IsExtendedResourceName) */
export function isExtendedResource(name: string): boolean {
  return !isNativeResource(name) && !name.startsWith("requests.");
}

/** All containers of a Pod with what kind they are, in the order of upstream's visitor. */
export function allContainers(spec: Pod["spec"] | undefined): Container[] {
  // The cast: ephemeral containers have the fields of containers, and one of their own.
  return [
    ...(spec?.initContainers ?? []),
    ...(spec?.containers ?? []),
    ...((spec?.ephemeralContainers ?? []) as Container[]),
  ];
}

export function roundRequirements(resources: Pick<ResourceRequirements, "limits" | "requests"> | undefined): void {
  roundResources(resources?.limits);
  roundResources(resources?.requests);
}

/** No resource is counted finer than thousandths. (SetDefaults_ResourceList) */
export function roundResources(list: ResourceList | undefined): void {
  for (const [name, amount] of Object.entries(list ?? {})) {
    // Only these suffixes are finer in canonical form, and digits that Go kept as they were written.
    if (list && /[nu]$|e-|\.[0-9]{4}/.test(amount))
      list[name] = formatQuantity(roundUpQuantity(parseQuantity(amount), -3));
  }
}
