import type { Service } from "../../openapi/api/core.v1.ts";
import type { Endpoint, EndpointHints } from "../../openapi/api/discovery.k8s.io.v1.ts";
import { deepEqual } from "../equality.ts";
import type { SlicePlan } from "./plan-slices.ts";

/** Where a service's traffic should stay. (KEP-3015, KEP-4444) */
export type TrafficDistribution = "PreferClose" | "PreferSameZone" | "PreferSameNode";

/** Whether a service asks for hints by the CPUs of zones. The older annotation wins. (hintsEnabled) */
export function asksForTopology({ metadata }: Readonly<Service>): boolean {
  const { annotations = {} } = metadata;
  const value =
    annotations["service.kubernetes.io/topology-aware-hints"] ?? annotations["service.kubernetes.io/topology-mode"];
  return value === "Auto" || value === "auto";
}

/** What the service's field says; undefined where the annotation is stronger. (validTrafficDistribution) */
export function trafficDistributionOf(service: Readonly<Service>): TrafficDistribution | undefined {
  const { trafficDistribution } = service.spec;
  const isKnown =
    trafficDistribution === "PreferClose" ||
    trafficDistribution === "PreferSameZone" ||
    trafficDistribution === "PreferSameNode";
  return isKnown && !asksForTopology(service) ? trafficDistribution : undefined;
}

/** Endpoints that can be used are hinted at where they are. (trafficdist.ReconcileHints) */
export function hintByDistribution(plan: SlicePlan, distribution: TrafficDistribution): void {
  setHints(plan, ({ zone, nodeName }) => {
    const forNodes = distribution === "PreferSameNode" && nodeName ? [{ name: nodeName }] : undefined;
    if (!zone && !forNodes) return undefined;
    return { ...(zone && { forZones: [{ name: zone }] }), ...(forNodes && { forNodes }) };
  });
}

/** Takes all hints away. (topologycache.RemoveHintsFromSlices) */
export const removeHints = (plan: SlicePlan): void => setHints(plan, () => undefined);

function setHints(plan: SlicePlan, hintsOf: (endpoint: Endpoint) => EndpointHints | undefined): void {
  const hinted = (endpoint: Endpoint): Endpoint => {
    const { hints: _old, ...rest } = endpoint;
    const hints = endpoint.conditions?.ready ? hintsOf(endpoint) : undefined;
    return hints ? { ...rest, hints } : rest;
  };
  const isRight = (one: Endpoint) => deepEqual(one.hints, hinted(one).hints);
  changeUnchanged(plan, ({ endpoints }) => (endpoints ?? []).every(isRight)); // null where there are none
  for (const group of [...plan.created, ...plan.updated.map(({ group }) => group)])
    group.endpoints = group.endpoints.map(hinted);
}

/** Slices that were to stay as they are but whose hints are not right have to be written. */
export function changeUnchanged(
  plan: SlicePlan,
  isRight: (slice: Readonly<SlicePlan["unchanged"][number]>) => boolean,
): void {
  const before = plan.unchanged;
  plan.unchanged = [];
  for (const old of before) {
    if (isRight(old)) plan.unchanged.push(old);
    else plan.updated.push({ old, group: { ports: old.ports ?? [], endpoints: structuredClone(old.endpoints ?? []) } });
  }
}
