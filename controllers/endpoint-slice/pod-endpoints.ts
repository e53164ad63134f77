import type { Pod, Service, ServicePort } from "../../openapi/api/core.v1.ts";
import type { EndpointPort } from "../../openapi/api/discovery.k8s.io.v1.ts";
import { isFinished } from "../pods.ts";

export type AddressType = "IPv4" | "IPv6";

/** Families that a service wants endpoints of. (getAddressTypesForService) */
export function addressTypesOf({ spec }: Readonly<Service>): AddressType[] {
  const families = spec.ipFamilies?.filter((family) => family === "IPv4" || family === "IPv6") as
    | AddressType[]
    | undefined;
  if (families?.length) return families;
  return spec.clusterIP && spec.clusterIP !== "None" ? [familyOf(spec.clusterIP)] : ["IPv4"];
}

export const familyOf = (ip: string): AddressType => (ip.includes(":") ? "IPv6" : "IPv4");

/** A Pod's addresses of one family. */
export function addressesOf({ status }: Readonly<Pod>, type: AddressType): string[] {
  const ips = status.podIPs?.map(({ ip }) => ip ?? "").filter(Boolean) ?? [];
  const all = ips.length ? ips : status.podIP ? [status.podIP] : [];
  return all.filter((ip) => familyOf(ip) === type);
}

/** Whether a Pod counts at all: it runs, or will, and has an address. (ShouldPodBeInEndpoints) */
export function hasEndpoint(pod: Readonly<Pod>, includeTerminating: boolean): boolean {
  if (isFinished(pod) || !(pod.status.podIP || pod.status.podIPs?.length)) return false;
  return includeTerminating || !pod.metadata.deletionTimestamp;
}

/** A service's port on one Pod; undefined when the Pod has no port of that name. (FindPort) */
export function findPort({ spec }: Readonly<Pod>, { targetPort, protocol }: ServicePort): number | undefined {
  if (typeof targetPort === "number") return targetPort;
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  for (const { ports = [] } of [...(spec.containers ?? []), ...sidecars]) {
    const found = ports.find((port) => port.name === targetPort && (port.protocol ?? "TCP") === (protocol ?? "TCP"));
    if (found) return found.containerPort;
  }
  return undefined;
}

/** The ports of a service as one Pod has them. */
export function endpointPorts(pod: Readonly<Pod>, { spec }: Readonly<Service>): EndpointPort[] {
  return (spec.ports ?? []).flatMap((port) => {
    const number = findPort(pod, port);
    if (number === undefined) return [];
    const { name = "", protocol, appProtocol } = port;
    return [{ name, port: number, protocol: protocol ?? "TCP", ...(appProtocol && { appProtocol }) }];
  });
}

/** The hostname goes along when the Pod's subdomain is the service. (ShouldSetHostname) */
export function hostnameFor({ metadata, spec }: Readonly<Pod>, service: Readonly<Service>): string | undefined {
  const isSame = spec.subdomain === service.metadata.name && metadata.namespace === service.metadata.namespace;
  return spec.hostname && isSame ? spec.hostname : undefined;
}

export const isHeadless = ({ spec }: Readonly<Service>): boolean => !spec.clusterIP || spec.clusterIP === "None";

/** Labels of a service with one that says it has no address of its own. */
export const HEADLESS_LABEL = "service.kubernetes.io/headless";
