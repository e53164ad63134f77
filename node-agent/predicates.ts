import { podWantsNode, quantity } from "../client/index.ts";
import type { Container, ContainerPort, Node, Pod } from "../openapi/api/core.v1.ts";
import type { Rejection } from "./admission.ts";
import { isExtended } from "./advertised-resources.ts";

/** By resource name: cpu in thousandths, all else in whole units. */
type Amounts = Record<string, number>;

/** Looked at first, in this order; then extended resources. */
const FIRST = ["pods", "cpu", "memory", "ephemeral-storage"];

function amountsOf(list: Readonly<Record<string, string>> | undefined): Amounts {
  return Object.fromEntries(
    Object.entries(list ?? {}).map(([name, text]) => {
      const value = quantity(text);
      return [name, name === "cpu" ? Math.ceil(value * 1000 - 1e-9) : Math.ceil(value)];
    }),
  );
}

function merge(into: Amounts, more: Readonly<Amounts>, by: (a: number, b: number) => number): Amounts {
  for (const [name, value] of Object.entries(more)) into[name] = by(into[name] ?? 0, value);
  return into;
}
const plus = (a: number, b: number) => a + b;

const isSidecar = ({ restartPolicy }: Container) => restartPolicy === "Always";

/** Each Pod that comes is judged beside all others of its node, which are the same objects again and again. */
const known = new WeakMap<Pod, Readonly<Amounts>>();

function requestsOf(pod: Pod): Readonly<Amounts> {
  let requests = known.get(pod);
  if (!requests) {
    requests = sumOf(pod);
    known.set(pod, requests);
  }
  return requests;
}

/** What a Pod asks for: all its containers together, or the hungriest moment of its start. (component-helpers/resource) */
function sumOf({ spec, status }: Pod): Amounts {
  // Resources that claimed devices stand for are the claim's to count.
  const claimed = status?.extendedResourceClaimStatus?.requestMappings ?? [];
  const isClaimed = (container: string, resource: string) =>
    claimed.some(({ containerName, resourceName }) => containerName === container && resourceName === resource);
  const of = ({ name, resources }: Container) =>
    amountsOf(
      Object.fromEntries(Object.entries(resources?.requests ?? {}).filter(([resource]) => !isClaimed(name, resource))),
    );
  const total: Amounts = {};
  for (const container of spec.containers ?? []) merge(total, of(container), plus);
  const sidecars: Amounts = {};
  const starting: Amounts = {};
  for (const container of spec.initContainers ?? []) {
    if (isSidecar(container)) {
      merge(total, of(container), plus);
      merge(sidecars, of(container), plus);
      merge(starting, sidecars, Math.max);
    } else merge(starting, merge({ ...sidecars }, of(container), plus), Math.max);
  }
  merge(total, starting, Math.max);
  Object.assign(total, amountsOf(spec.resources?.requests));
  return merge(total, amountsOf(spec.overhead), plus);
}

/** What a Pod needs of one resource, beyond what is left. Cpu in thousandths, all else in whole units. */
export interface Lacking {
  readonly name: string;
  readonly requested: number;
  readonly used: number;
  readonly capacity: number;
}

/** How much of a resource a Pod counts for. */
export function requestOf(pod: Pod, name: string): number {
  return name === "pods" ? 1 : (requestsOf(pod)[name] ?? 0);
}

/** Of which resources a node has too little for one more Pod. */
export function lackingResources(pod: Pod, others: readonly Pod[], node: Node): Lacking[] {
  const allocatable = amountsOf(node.status?.allocatable);
  const wanted: Amounts = { pods: 1, ...requestsOf(pod) };
  const inUse: Amounts = { pods: others.length };
  for (const other of others) merge(inUse, requestsOf(other), plus);
  const rest = Object.keys(wanted).filter((name) => !FIRST.includes(name));
  return [...FIRST, ...rest.sort()].flatMap((name) => {
    const [requested, used, capacity] = [wanted[name] ?? 0, inUse[name] ?? 0, allocatable[name] ?? 0];
    // What the node does not know of is somebody else's to count.
    if (requested === 0 || (isExtended(name) && !Object.hasOwn(allocatable, name))) return [];
    return requested <= capacity - used ? [] : [{ name, requested, used, capacity }];
  });
}

/** What a node says that has too little. */
export function outOf({ name, requested, used, capacity }: Lacking): Rejection {
  const amounts = `requested: ${requested}, used: ${used}, capacity: ${capacity}`;
  return { reason: `OutOf${name}`, message: `Node didn't have enough resource: ${name}, ${amounts}` };
}

const hostPortsOf = ({ spec }: Pod): ContainerPort[] =>
  [...(spec.initContainers ?? []).filter(isSidecar), ...(spec.containers ?? [])].flatMap(({ ports = [] }) =>
    ports.filter(({ hostPort }) => hostPort),
  );

function portConflict(pod: Pod, others: readonly Pod[]): boolean {
  const wanted = hostPortsOf(pod);
  if (wanted.length === 0) return false;
  const anywhere = (address: string) => address === "" || address === "0.0.0.0";
  const clash = (a: ContainerPort, b: ContainerPort) => {
    const [one, other] = [a.hostIP ?? "", b.hostIP ?? ""];
    const same = a.hostPort === b.hostPort && (a.protocol ?? "TCP") === (b.protocol ?? "TCP");
    return same && (one === other || anywhere(one) || anywhere(other));
  };
  return others.flatMap(hostPortsOf).some((taken) => wanted.some((port) => clash(port, taken)));
}

const failed = (name: string, description: string): Rejection => ({
  reason: name,
  message: `Predicate ${name} failed: ${description}`,
});

/**
 * What of scheduling a node looks at again, for Pods that were put on it by other ways too: static ones, and those with
 * `nodeName`. (pkg/kubelet/lifecycle/predicate.go, pkg/scheduler AdmissionCheck)
 *
 * @param others all that run on the node already
 */
export function predicateRejection(pod: Pod, others: readonly Pod[], node: Node): Rejection | undefined {
  const os = pod.spec.os?.name;
  if (os !== undefined && os !== "linux") {
    return { reason: "PodOSNotSupported", message: "Failed to admit pod as the OS field doesn't match node OS" };
  }
  const [lacking] = lackingResources(pod, others, node);
  return lacking ? outOf(lacking) : placementRejection(pod, others, node);
}

/** The same without a look at resources, which may be taken from other Pods. */
export function placementRejection(pod: Pod, others: readonly Pod[], node: Node): Rejection | undefined {
  if (!podWantsNode(pod.spec, node)) return failed("NodeAffinity", "node(s) didn't match Pod's node affinity/selector");
  if (portConflict(pod, others)) {
    return failed("NodePorts", "node(s) didn't have free ports for the requested pod ports");
  }
  return undefined;
}
