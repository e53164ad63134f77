import type { Service } from "../../../../openapi/api/core.v1.ts";

/** What a Service's fields amount to: the questions that allocation, validation and defaults all ask. */

type ReadonlyService = Readonly<Pick<Service, "spec">>;

export const NONE = "None";

/** One cluster IP, which is "None". */
export function isHeadless({ spec }: ReadonlyService): boolean {
  return spec.clusterIPs?.length === 1 && spec.clusterIPs[0] === NONE;
}

export function needsClusterIP({ spec }: ReadonlyService): boolean {
  return spec.type !== "ExternalName";
}

/** Reachable from outside: then its external traffic policy means something. */
export function isExternallyAccessible({ spec }: ReadonlyService): boolean {
  const { type, externalIPs = [] } = spec;
  return type === "LoadBalancer" || type === "NodePort" || (type === "ClusterIP" && externalIPs.length > 0);
}

export function needsHealthCheck({ spec }: ReadonlyService): boolean {
  return spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local";
}

export function nodePortsOf({ spec }: ReadonlyService): number[] {
  return (spec.ports ?? []).flatMap(({ nodePort }) => (nodePort ? [nodePort] : []));
}

/** None or one. */
export function healthCheckPort(service: ReadonlyService): number[] {
  const { healthCheckNodePort } = service.spec;
  return needsHealthCheck(service) && healthCheckNodePort ? [healthCheckNodePort] : [];
}

export function sameList(a: readonly unknown[] = [], b: readonly unknown[] = []): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

export function sameClusterIPs(a: ReadonlyService, b: ReadonlyService): boolean {
  return sameList(a.spec.clusterIPs, b.spec.clusterIPs);
}

export function sameIPFamilies(a: ReadonlyService, b: ReadonlyService): boolean {
  return sameList(a.spec.ipFamilies, b.spec.ipFamilies);
}
