import type { Service, ServicePort } from "../../../../openapi/api/core.v1.ts";
import { StatusError } from "../../../meta/errors.ts";
import type { FinishWrite } from "../../kind.ts";
import type { Allocation, ServiceAllocator } from "./allocator.ts";
import { initFamilies, keepsDualStack } from "./families.ts";
import { NONE, needsClusterIP, needsHealthCheck, nodePortsOf, sameClusterIPs } from "./fields.ts";

/**
 * Gives a Service what it asks for or needs, and arranges for the release of what it needs no more.
 * @returns ends it. @throws StatusError 422, 500. (pkg/registry/core/service/storage/{storage,alloc}.go)
 */
export async function allocate(
  service: Service,
  old: Readonly<Service> | undefined,
  allocator: ServiceAllocator,
  dryRun: boolean,
): Promise<FinishWrite> {
  const allocation = allocator.begin(service, dryRun);
  try {
    if (old) patchAllocated(service, old);
    normalize(service, old);
    initFamilies(service, old, allocator.families);
    if (old) {
      await updateAddresses(service, old, allocation);
      updatePorts(service, old, allocation);
    } else {
      await takeAddresses(service, allocation);
      if (usesNodePorts(service)) takePorts(service, allocation);
      if (needsHealthCheck(service)) takeHealthCheckPort(service, allocation);
    }
    return (isCommitted) => allocation.finish(isCommitted);
  } catch (error) {
    await allocation.finish(false);
    throw error;
  }
}

/** An update that leaves allocated values out keeps them. */
function patchAllocated({ spec }: Service, old: Readonly<Service>): void {
  if (needsClusterIP(old) && needsClusterIP({ spec })) {
    if (!spec.clusterIP && old.spec.clusterIP) spec.clusterIP = old.spec.clusterIP;
    if (!spec.clusterIPs?.length && old.spec.clusterIPs?.length) spec.clusterIPs = [...old.spec.clusterIPs];
  }
  if (allocatesNodePorts(old) && allocatesNodePorts({ spec })) {
    const before = nodePortsOf(old);
    const used = nodePortsOf({ spec }).filter((port) => before.includes(port));
    const byName = new Map((old.spec.ports ?? []).map(({ name = "", nodePort = 0 }) => [name, nodePort]));
    for (const port of spec.ports ?? []) {
      const previous = byName.get(port.name ?? "");
      if (!port.nodePort && previous && !used.includes(previous)) port.nodePort = previous;
    }
  }
  if (needsHealthCheck(old) && needsHealthCheck({ spec }) && !spec.healthCheckNodePort) {
    spec.healthCheckNodePort = old.spec.healthCheckNodePort;
  }
}

function allocatesNodePorts({ spec }: Pick<Service, "spec">): boolean {
  return spec.type === "NodePort" || (spec.type === "LoadBalancer" && (spec.allocateLoadBalancerNodePorts ?? true));
}

function usesNodePorts({ spec }: Pick<Service, "spec">): boolean {
  return spec.type === "NodePort" || spec.type === "LoadBalancer";
}

/** `clusterIP` and `clusterIPs` follow each other, for clients that know only one of them. (normalizeClusterIPs) */
function normalize(service: Service, old: Readonly<Service> | undefined): void {
  const { spec } = service;
  if (!old) {
    if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
    return;
  }
  const before = old.spec.clusterIP ?? "";
  const address = spec.clusterIP ?? "";
  if (old.spec.clusterIPs?.length && !spec.clusterIPs?.length && before === address) {
    spec.clusterIPs = [...old.spec.clusterIPs];
  }
  if (before === address || !sameClusterIPs(old, service)) return;
  if (before && !address) delete spec.clusterIPs;
  else spec.clusterIPs = [address];
}

async function takeAddresses({ spec }: Service, allocation: Allocation): Promise<void> {
  if (spec.type === "ExternalName" || spec.clusterIPs?.[0] === NONE) return;
  const families = spec.ipFamilies ?? [];
  spec.clusterIPs = families.map((_, index) => spec.clusterIPs?.[index] ?? "");
  for (const [index, family] of families.entries()) {
    const address = await allocation.address(family, spec.clusterIPs[index] ?? "");
    spec.clusterIPs[index] = address;
    if (index === 0) spec.clusterIP = address;
  }
}

async function updateAddresses(service: Service, old: Readonly<Service>, allocation: Allocation): Promise<void> {
  const { spec } = service;
  if (keepsDualStack(service, old)) return;
  if (old.spec.type === "ExternalName" && spec.type !== "ExternalName") return takeAddresses(service, allocation);
  if (old.spec.clusterIPs?.[0] === NONE) return;
  const [families, before] = [spec.ipFamilies ?? [], old.spec.ipFamilies ?? []];
  const addressesBefore = old.spec.clusterIPs ?? [];
  if (old.spec.type !== "ExternalName" && spec.type === "ExternalName") {
    for (const address of addressesBefore) allocation.releaseAddress(address);
  } else if (before.length === 1 && families.length === 2) {
    const second = spec.clusterIPs?.[1] ?? "";
    spec.clusterIPs = [spec.clusterIPs?.[0] ?? "", second];
    spec.clusterIPs[1] = await allocation.address(families[1] ?? "", second);
  } else if (before.length === 2 && families.length === 1) {
    if (addressesBefore[1]) allocation.releaseAddress(addressesBefore[1]);
  }
}

/** Ports of one number share a node port, whatever their protocols. (initNodePorts) */
function takePorts({ spec }: Service, allocation: Allocation): void {
  const ports = spec.ports ?? [];
  const shared = new Map<number, number>();
  for (const [index, port] of ports.entries()) {
    if (!port.nodePort && !allocatesNodePorts({ spec })) continue;
    const taken = shared.get(port.port);
    if (taken === undefined) {
      const wanted = ports.find((other) => other.port === port.port && other.nodePort)?.nodePort;
      if (wanted) allocation.port(wanted, index);
      port.nodePort = wanted ?? allocation.nextPort();
      shared.set(port.port, port.nodePort);
    } else if (!port.nodePort) port.nodePort = taken;
    else if (port.nodePort !== taken) allocation.port(port.nodePort, index);
  }
}

function takeHealthCheckPort({ spec }: Service, allocation: Allocation): void {
  spec.healthCheckNodePort = allocation.healthCheckPort(spec.healthCheckNodePort ?? 0);
}

function updatePorts(service: Service, old: Readonly<Service>, allocation: Allocation): void {
  const before = nodePortsOf(old);
  if (usesNodePorts(old) && !usesNodePorts(service)) for (const port of before) allocation.releasePort(port);
  if (usesNodePorts(service)) {
    takeNewPorts(service, before, allocation);
    const kept = nodePortsOf(service);
    for (const port of before) if (!kept.includes(port)) allocation.releasePort(port);
  }
  if (needsHealthCheck(service) && !needsHealthCheck(old)) takeHealthCheckPort(service, allocation);
  if (needsHealthCheck(old) && !needsHealthCheck(service) && old.spec.healthCheckNodePort) {
    allocation.releasePort(old.spec.healthCheckNodePort);
  }
}

function takeNewPorts({ spec }: Service, before: readonly number[], allocation: Allocation): void {
  const taken = new Set<number>(before);
  const seen = new Set<string>();
  for (const [index, port] of (spec.ports ?? []).entries()) {
    if (!port.nodePort && !allocatesNodePorts({ spec })) continue;
    if (!port.nodePort) port.nodePort = allocation.nextPort();
    else if (!taken.has(port.nodePort)) {
      allocation.port(port.nodePort, index);
      taken.add(port.nodePort);
    }
    refuseRepeated(port, seen);
  }
}

/** A plain error upstream: it answers 500. */
function refuseRepeated({ protocol = "", nodePort = 0 }: ServicePort, seen: Set<string>): void {
  const key = `${protocol}/${nodePort}`;
  if (seen.has(key)) throw new StatusError(500, "", `duplicate nodePort: {${protocol} ${nodePort}}`);
  seen.add(key);
}
