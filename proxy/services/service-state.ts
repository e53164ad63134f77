import type { Service } from "../../openapi/api/core.v1.ts";
import type { EndpointSlice } from "../../openapi/api/discovery.k8s.io.v1.ts";
import type { Family } from "../address.ts";
import type { Fragment } from "../nftables/fragment.ts";
import { type Endpoint, endpointsOf, portKey } from "./endpoints.ts";
import { healthCheckNodePort, type ServicePort, servicePortsOf } from "./service-port.ts";
import { type RuleSettings, serviceRules } from "./service-rules.ts";

/** What a Service and its endpoints come to. */
export interface ServiceState {
  readonly fragment: Fragment;
  readonly ports: readonly (readonly [ServicePort, readonly Endpoint[]])[];
  /** Where load balancers ask about it; 0 = nowhere. */
  readonly healthCheckNodePort: number;
  /** Ready addresses on this node. */
  readonly localEndpoints: number;
}

/** Services that another proxy cares for, or nobody: headless ones. */
const isOthers = ({ metadata, spec }: Readonly<Service>) =>
  metadata.labels?.["service.kubernetes.io/service-proxy-name"] !== undefined || spec.clusterIP === "None";

/**
 * Everything about one Service in one family; undefined when it is none of the proxy's. Same arguments, same result.
 *
 * @param slices all of the Service
 */
export function serviceState(
  service: Readonly<Service>,
  slices: readonly Readonly<EndpointSlice>[],
  settings: RuleSettings,
): ServiceState | undefined {
  const { family, node } = settings;
  const ports = isOthers(service) ? [] : servicePortsOf(service, family);
  if (ports.length === 0) return undefined;
  const endpoints = endpointsOf(slices, family, node.name);
  const withEndpoints = ports.map(
    (port) => [port, endpoints.get(portKey(port.portName, port.protocol)) ?? []] as const,
  );
  const fragments = withEndpoints.map(([port, those]) => serviceRules(port, those, settings));
  const local = [...endpoints.values()].flat().filter(({ isLocal, isReady }) => isLocal && isReady);
  return {
    fragment: {
      chains: fragments.flatMap(({ chains }) => chains),
      sets: fragments.flatMap(({ sets }) => sets),
      elements: fragments.flatMap(({ elements }) => elements),
    },
    ports: withEndpoints,
    healthCheckNodePort: healthCheckNodePort(service),
    localEndpoints: new Set(local.map(({ address }) => address)).size,
  };
}

/** Families that a Service has addresses of. */
export const familiesOf = ({ spec }: Readonly<Service>): readonly Family[] =>
  spec.ipFamilies?.length ? (spec.ipFamilies as Family[]) : spec.clusterIP?.includes(":") ? ["IPv6"] : ["IPv4"]; // as validated

/** How many ports have a policy Local, and endpoints elsewhere but none here. */
export function withoutLocalEndpoints(states: Iterable<ServiceState>) {
  const count = { internal: 0, external: 0 };
  for (const { fragment } of states) {
    // They are the ones that are dropped: with no endpoints at all they would be rejected.
    const dropped = fragment.elements.filter(({ value }) => value === "drop");
    const internal = fragment.elements.find(({ container }) => container === "cluster-ips")?.key;
    if (dropped.some(({ key }) => key.startsWith(`${internal} .`))) count.internal++;
    if (dropped.some(({ key }) => !key.startsWith(`${internal} .`))) count.external++;
  }
  return count;
}
