import type { Container, ContainerExtendedResourceRequest, Pod } from "../../openapi/api/core.v1.ts";
import type { DeviceClass, DeviceRequest, ResourceClaim } from "../../openapi/api/resource.k8s.io.v1.ts";
import { amounts } from "../resources.ts";
import type { Claims } from "./claims.ts";

/** Tells the claim that the scheduler makes for a Pod's extended resources from those that users make. */
const ANNOTATION = "resource.kubernetes.io/extended-resource-claim";
/** Every class can be asked for as a resource of this name, with the class's own after it. */
const IMPLICIT = "deviceclass.resource.kubernetes.io/";
/** No claim can have this name: it is not made before its Pod is bound. */
const IN_MEMORY = "<extended-resources>";

const isExtended = (name: string) =>
  name.startsWith(IMPLICIT) || (name.includes("/") && !/(^|\.)kubernetes\.io\//.test(name));

/** The class whose devices stand for an extended resource; of several the youngest. (extendedresourcecache) */
export function classOfResource(classes: readonly DeviceClass[], resource: string): DeviceClass | undefined {
  if (!isExtended(resource)) return undefined;
  const age = ({ metadata }: DeviceClass) => metadata.creationTimestamp ?? "";
  const named = classes
    .filter(({ spec }) => spec.extendedResourceName === resource)
    .sort((a, b) =>
      age(a) < age(b) ? 1 : age(a) > age(b) ? -1 : (a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1,
    );
  return named[0] ?? classes.find(({ metadata }) => resource === `${IMPLICIT}${metadata.name}`);
}

/** The claim for a Pod's extended resources: one of an earlier attempt, else one that is only thought of. */
export function extendedResourceClaim({ metadata }: Pod, claims: Claims, uid: string): ResourceClaim {
  const { name = "", namespace = "", uid: podUid = "" } = metadata;
  const earlier = claims
    .inNamespace(namespace)
    .find(
      (claim) =>
        claim.metadata.annotations?.[ANNOTATION] === "true" &&
        claim.metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === podUid),
    );
  if (earlier) return earlier;
  return {
    apiVersion: "resource.k8s.io/v1",
    kind: "ResourceClaim",
    metadata: {
      name: IN_MEMORY,
      generateName: `${name}-extended-resources-`,
      namespace,
      uid,
      annotations: { [ANNOTATION]: "true" },
      ownerReferences: [{ apiVersion: "v1", kind: "Pod", name, uid: podUid, controller: true }],
    },
    spec: { devices: {} },
    status: {},
  };
}

/** Whether nobody has made the claim yet. */
export const isInMemory = ({ metadata }: ResourceClaim): boolean => metadata.name === IN_MEMORY;

/** The claim as it is made: the server gives it a name. */
export function asCreated(claim: ResourceClaim): ResourceClaim {
  const { name: _, uid: __, ...metadata } = claim.metadata;
  return { ...claim, metadata };
}

/** What a claim asks for, and which container's resource each request stands for. */
export interface Requests {
  readonly requests: DeviceRequest[];
  readonly mappings: ContainerExtendedResourceRequest[];
}

interface Asked {
  readonly container: Container;
  readonly index: number;
  readonly isShort: boolean;
}

/**
 * Requests for the resources that a node has no plugin for. Containers that run one after the other share devices:
 * an init container takes those of containers that start later first. (createRequestsAndMappings)
 */
export function requestsFor(
  { spec }: Pod,
  resources: readonly string[],
  classOf: (resource: string) => DeviceClass | undefined,
): Requests {
  const init = spec.initContainers ?? [];
  const all = [...init, ...(spec.containers ?? [])].map(
    (container, index): Asked => ({
      container,
      index,
      isShort: index < init.length && container.restartPolicy !== "Always",
    }),
  );
  const requests: DeviceRequest[] = [];
  const mappings: ContainerExtendedResourceRequest[] = [];
  for (const resource of [...resources].sort()) {
    const className = classOf(resource)?.metadata.name;
    if (className === undefined) continue;
    const one = requestsForResource(all, resource, className);
    requests.push(...one.requests);
    mappings.push(...one.mappings);
  }
  return { requests: requests.sort((a, b) => (a.name < b.name ? -1 : 1)), mappings };
}

function requestsForResource(all: readonly Asked[], resource: string, className: string): Requests {
  const long = new Map<number, DeviceRequest>();
  const mappings: ContainerExtendedResourceRequest[] = [];
  for (const asked of all.filter(({ isShort }) => !isShort)) {
    const own = requestOf(asked, resource, className, []);
    if (own.request) long.set(asked.index, own.request);
    mappings.push(...own.mappings);
  }
  let largest: DeviceRequest | undefined;
  const short = new Set<string>();
  const shortMappings: ContainerExtendedResourceRequest[] = [];
  for (const asked of all.filter(({ isShort }) => isShort)) {
    const reusable = [...long].filter(([index]) => index >= asked.index).map(([, request]) => request);
    const own = requestOf(asked, resource, className, reusable);
    shortMappings.push(...own.mappings);
    if (!own.request) continue;
    short.add(own.request.name);
    if (!largest || countOf(largest) < countOf(own.request)) largest = own.request;
  }
  // Those that run one after the other all use the largest request.
  for (const mapping of shortMappings)
    mappings.push(largest && short.has(mapping.requestName) ? { ...mapping, requestName: largest.name } : mapping);
  return { requests: [...(largest ? [largest] : []), ...long.values()], mappings };
}

const countOf = ({ exactly }: DeviceRequest): number => exactly?.count ?? 1;

function requestOf(
  { container, index }: Asked,
  resource: string,
  deviceClassName: string,
  reusable: readonly DeviceRequest[],
): { request?: DeviceRequest; mappings: ContainerExtendedResourceRequest[] } {
  const wanted = amounts(container.resources?.requests);
  const count = wanted[resource] ?? 0;
  const mappings: ContainerExtendedResourceRequest[] = [];
  const map = (requestName: string) =>
    mappings.push({ containerName: container.name, resourceName: resource, requestName });
  if (!count) return { mappings };
  let reused = 0;
  for (const request of reusable) {
    reused += countOf(request);
    map(request.name);
    if (reused >= count) return { mappings };
  }
  const name = `container-${index}-request-${Object.keys(wanted).sort().indexOf(resource)}`;
  map(name);
  const exactly = { deviceClassName, allocationMode: "ExactCount", count: count - reused };
  return { request: { name, exactly }, mappings };
}
