import type { Service, ServicePort as WireServicePort } from "../../openapi/api/core.v1.ts";
import { canonicalAddress, canonicalRange, type Family, familyOf, isEverything } from "../address.ts";

/** One port of a Service in one address family, as far as traffic is concerned. (pkg/proxy/serviceport.go) */
export interface ServicePort {
  readonly namespace: string;
  readonly service: string;
  /** Empty where a Service has only one. */
  readonly portName: string;
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly clusterIP: string;
  readonly port: number;
  /** 0 = none. */
  readonly nodePort: number;
  readonly externalIPs: readonly string[];
  /** Addresses of load balancers that hand packets on as they are. */
  readonly loadBalancerIPs: readonly string[];
  /** Who may reach these; empty = everybody. */
  readonly sourceRanges: readonly string[];
  /** How long a client stays with its endpoint, in seconds; 0 = no affinity. */
  readonly affinitySeconds: number;
  readonly externalLocal: boolean;
  readonly internalLocal: boolean;
}

const isExternal = ({ spec }: Readonly<Service>) =>
  spec.type === "NodePort" || spec.type === "LoadBalancer" || (spec.externalIPs ?? []).length > 0;

/** @param service whose status and spec are complete, as the server has them */
export function servicePortsOf(service: Readonly<Service>, family: Family): ServicePort[] {
  const { spec, status, metadata } = service;
  const clusterIP = clusterIPOf(service, family);
  if (!clusterIP || spec.type === "ExternalName") return [];
  const mine = (addresses: readonly string[]) =>
    addresses.flatMap((each) => canonicalAddress(each) ?? []).filter((each) => familyOf(each) === family);
  const ranges = (spec.loadBalancerSourceRanges ?? [])
    .flatMap((each) => canonicalRange(each) ?? [])
    .filter((each) => familyOf(each) === family);
  const ingress = status?.loadBalancer?.ingress ?? [];
  const vips = ingress.filter(({ ip, ipMode = "VIP" }) => ip && ipMode === "VIP").map(({ ip }) => ip ?? "");
  const common = {
    namespace: metadata.namespace ?? "",
    service: metadata.name ?? "",
    clusterIP,
    externalIPs: mine(spec.externalIPs ?? []),
    loadBalancerIPs: mine(vips),
    sourceRanges: ranges.some(isEverything) ? [] : ranges,
    affinitySeconds:
      spec.sessionAffinity === "ClientIP" ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 0) : 0,
    externalLocal: isExternal(service) && spec.externalTrafficPolicy === "Local",
    internalLocal: spec.internalTrafficPolicy === "Local",
  };
  return (spec.ports ?? []).map((port) => ({ ...common, ...portOf(port) }));
}

const portOf = ({ name = "", protocol = "TCP", port, nodePort = 0 }: Readonly<WireServicePort>) => ({
  portName: name,
  protocol: protocol as ServicePort["protocol"], // validated by the server
  port,
  nodePort,
});

function clusterIPOf({ spec }: Readonly<Service>, family: Family): string | undefined {
  const { ipFamilies = [], clusterIPs = [], clusterIP = "" } = spec;
  const found = ipFamilies.length > 0 ? clusterIPs[ipFamilies.indexOf(family)] : clusterIP;
  const address = canonicalAddress(found ?? "");
  return address && familyOf(address) === family ? address : undefined;
}

/** The port where load balancers ask whether this node has endpoints; 0 = none. (api/v1/service NeedsHealthCheck) */
export function healthCheckNodePort({ spec }: Readonly<Service>): number {
  const isLocal = spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local";
  return isLocal ? (spec.healthCheckNodePort ?? 0) : 0;
}

/** Whether it is reached by more than its cluster IP. */
export const isExternallyAccessible = ({ nodePort, loadBalancerIPs, externalIPs }: ServicePort): boolean =>
  nodePort !== 0 || loadBalancerIPs.length > 0 || externalIPs.length > 0;

/** Whether any of its traffic may go to endpoints of all nodes. */
export const usesClusterEndpoints = (port: ServicePort): boolean => !port.internalLocal || isExternallyAccessible(port);

/** Whether any of its traffic stays on the node. */
export const usesLocalEndpoints = (port: ServicePort): boolean =>
  port.internalLocal || (port.externalLocal && isExternallyAccessible(port));
