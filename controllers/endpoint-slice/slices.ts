import {
  type Action,
  type ApiObject,
  type Clock,
  itemExponentialFailure,
  maxOf,
  type RateLimiter,
  tokenBucket,
} from "../../client/index.ts";
import type { Endpoint, EndpointPort, EndpointSlice } from "../../openapi/api/discovery.k8s.io.v1.ts";
import { canonicalJson, deepEqual } from "../equality.ts";
import { controllerRef } from "../owner.ts";

export const SERVICE_LABEL = "kubernetes.io/service-name";
export const MANAGED_BY_LABEL = "endpointslice.kubernetes.io/managed-by";
const RESOURCE = "discovery.k8s.io/v1/endpointslices";

/** Services whose slices could not be written wait longer than other things. (defaultSyncBackOff, maxSyncBackOff) */
export const sliceRetry = (clock: Clock): RateLimiter =>
  maxOf(itemExponentialFailure(1000, 100_000), tokenBucket(10, 100, clock));

/** Endpoints that share their ports. */
export interface PortGroup {
  ports: EndpointPort[];
  endpoints: Endpoint[];
}

export interface SliceWish {
  owner: ApiObject;
  addressType: string;
  labels: Record<string, string>;
  /** Annotations that the slice must have, and no others. Absent: they are left alone. */
  annotations?: Record<string, string>;
  /** Annotations of a slice that is written anyway. */
  annotate?: (annotations: Record<string, string> | undefined) => Record<string, string> | undefined;
  groups: readonly PortGroup[];
  /** Slices that exist for the owner and this address type. */
  existing: readonly Readonly<EndpointSlice>[];
  maxPerSlice: number;
  /** Keeps one slice without endpoints, so that watchers of the service see that there are none. */
  placeholder: boolean;
}

/**
 * The fewest writes that bring slices to a wish: endpoints stay in the slice that has them, new ones fill slices that
 * change anyway, then others with room, then new ones. (k8s.io/endpointslice reconcileByPortMapping)
 */
export function reconcileSlices(wish: SliceWish): Action[] {
  const { existing, maxPerSlice, placeholder } = wish;
  const updates: Action[] = [];
  const created: PortGroup[] = [];
  const deleted: Readonly<EndpointSlice>[] = [];
  const update = (old: Readonly<EndpointSlice>, { ports, endpoints }: PortGroup) =>
    updates.push({ do: "update", resource: RESOURCE, object: sliceOf(wish, ports, endpoints, old) });
  const left = new Set(existing);
  const total = wish.groups.reduce((sum, { endpoints }) => sum + endpoints.length, 0);
  const groups =
    total || !placeholder ? wish.groups.filter(({ endpoints }) => endpoints.length) : [{ ports: [], endpoints: [] }];
  for (const { ports, endpoints } of groups) {
    const key = portsKey(ports);
    const own = [...left].filter((slice) => portsKey(slice.ports ?? []) === key);
    const wanted = new Map(endpoints.map((endpoint) => [identity(endpoint), endpoint]));
    const plans = own.map((slice) => {
      left.delete(slice);
      const kept = (slice.endpoints ?? []).flatMap((old) => {
        const fresh = wanted.get(identity(old));
        wanted.delete(identity(old));
        return fresh ? [fresh] : [];
      });
      return { slice, endpoints: kept, changes: !deepEqual(kept, slice.endpoints ?? []) || !hasMetadata(slice, wish) };
    });
    const rest = [...wanted.values()];
    for (const plan of [...plans].sort(
      (a, b) => Number(b.changes) - Number(a.changes) || b.endpoints.length - a.endpoints.length,
    )) {
      if (!rest.length) break;
      const added = rest.splice(0, Math.max(0, maxPerSlice - plan.endpoints.length));
      plan.endpoints.push(...added);
      plan.changes ||= added.length > 0;
    }
    const isEmptyGroup = !endpoints.length;
    for (const [i, plan] of plans.entries()) {
      if (!plan.endpoints.length && !(isEmptyGroup && i === 0)) deleted.push(plan.slice);
      else if (plan.changes) update(plan.slice, { ports, endpoints: plan.endpoints });
    }
    while (rest.length) created.push({ ports, endpoints: rest.splice(0, maxPerSlice) });
    if (isEmptyGroup && !plans.length) created.push({ ports, endpoints: [] });
  }
  deleted.push(...left);
  // Better one that exists, written anew, than a delete and a create: nobody sees both, or neither.
  while (created.length) {
    const old = deleted.shift();
    const group = old && created.pop();
    if (!old || !group) break;
    update(old, group);
  }
  return [
    ...created.map(({ ports, endpoints }) => create(wish, ports, endpoints)),
    ...updates,
    ...deleted.map((object): Action => ({ do: "delete", resource: RESOURCE, object })),
  ];
}

function create(wish: SliceWish, ports: EndpointPort[], endpoints: Endpoint[]): Action {
  return { do: "create", resource: RESOURCE, object: sliceOf(wish, ports, endpoints, undefined) };
}

function sliceOf(
  { owner, addressType, labels, annotations, annotate = (same) => same }: SliceWish,
  ports: EndpointPort[],
  endpoints: Endpoint[],
  old: Readonly<EndpointSlice> | undefined,
): EndpointSlice {
  const { name, namespace } = owner.metadata;
  const base = old?.metadata ?? { generateName: `${name}-`, namespace, ownerReferences: [controllerRef(owner)] };
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { ...base, labels, annotations: annotate(annotations ?? base.annotations) },
    addressType,
    endpoints,
    ...(ports.length && { ports }),
  };
}

function hasMetadata({ metadata }: Readonly<EndpointSlice>, { labels, annotations, owner }: SliceWish): boolean {
  return (
    deepEqual(metadata.labels ?? {}, labels) &&
    (!annotations || deepEqual(metadata.annotations ?? {}, annotations)) &&
    !!metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid)
  );
}

/** What makes it the same endpoint: a Pod by its uid, else the addresses. */
function identity({ addresses, targetRef }: Endpoint): string {
  return canonicalJson([[...(addresses ?? [])].sort(), targetRef?.uid ?? null]);
}

function portsKey(ports: readonly EndpointPort[]): string {
  return canonicalJson(ports.map((port) => canonicalJson(port)).sort());
}

/** Puts endpoints with the same ports together. */
export function groupByPorts(entries: readonly { ports: EndpointPort[]; endpoint: Endpoint }[]): PortGroup[] {
  const groups = new Map<string, PortGroup>();
  for (const { ports, endpoint } of entries) {
    const key = portsKey(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    group.endpoints.push(endpoint);
    groups.set(key, group);
  }
  return [...groups.values()];
}
