import {
  type Action,
  type ApiObject,
  type Clock,
  itemExponentialFailure,
  maxOf,
  type RateLimiter,
  tokenBucket,
} from "../../client/index.ts";
import type { EndpointSlice } from "../../openapi/api/discovery.k8s.io.v1.ts";
import { deepEqual } from "../equality.ts";
import { controllerRef } from "../owner.ts";
import { type PortGroup, planSlices, type SlicePlan } from "./plan-slices.ts";

export const SERVICE_LABEL = "kubernetes.io/service-name";
export const MANAGED_BY_LABEL = "endpointslice.kubernetes.io/managed-by";
const RESOURCE = "discovery.k8s.io/v1/endpointslices";

/** Services whose slices could not be written wait longer than other things. (defaultSyncBackOff, maxSyncBackOff) */
export const sliceRetry = (clock: Clock): RateLimiter =>
  maxOf(itemExponentialFailure(1000, 100_000), tokenBucket(10, 100, clock));

export interface SliceWish {
  owner: ApiObject;
  addressType: string;
  labels: Record<string, string>;
  /** Annotations that the slice must have, and no others. Absent: they are left alone. */
  annotations?: Record<string, string>;
  /** Annotations of a slice that is written anyway. */
  annotate?: (annotations: Record<string, string> | undefined) => Record<string, string> | undefined;
  groups: readonly PortGroup[];
  /** Slices that exist for the owner's name and this address type. */
  existing: readonly Readonly<EndpointSlice>[];
  maxPerSlice: number;
  /** Keeps one slice without endpoints, so that watchers of the service see that there are none. */
  placeholder: boolean;
  /** A slice that is written keeps nothing but its name. */
  isAnew?: boolean;
  /** Gives endpoints of a plan their hints, or takes them away. Absent: they are left alone. */
  hint?: (plan: SlicePlan) => void;
}

/** The writes that bring slices to a wish. (k8s.io/endpointslice reconcileByAddressType, finalize) */
export function reconcileSlices(wish: SliceWish): Action[] {
  const { owner, existing } = wish;
  // Those of an owner of that name that is gone are the garbage collector's soon: they are not written anew.
  const own = existing.filter((slice) => isOwnedBy(slice, owner));
  const strange = existing.filter((slice) => !isOwnedBy(slice, owner));
  const plan = planSlices({ ...wish, existing: own, hasMetadata: (slice) => hasMetadata(slice, wish) });
  wish.hint?.(plan);
  const { created, updated, deleted } = plan;
  // Better one that exists, written anew, than a delete and a create: nobody sees both, or neither.
  while (created.length) {
    const old = deleted.shift();
    const group = old && created.pop();
    if (!old || !group) break;
    updated.push({ old, group });
  }
  // The garbage collector deletes slices of an owner on its way out: new ones would race with it.
  const isGoing = owner.metadata.deletionTimestamp !== undefined;
  return [
    ...(isGoing ? [] : created.map((group) => write(wish, group))),
    ...updated.map(({ old, group }) => write(wish, group, old)),
    ...[...deleted, ...strange].map((object): Action => ({ do: "delete", resource: RESOURCE, object })),
  ];
}

function write(wish: SliceWish, { ports, endpoints }: PortGroup, old?: Readonly<EndpointSlice>): Action {
  const { owner, addressType, labels, annotations, annotate = (same) => same, isAnew } = wish;
  const { name, namespace } = owner.metadata;
  const own = { namespace, ownerReferences: [controllerRef(owner)] };
  const kept = isAnew && old ? { ...own, name: old.metadata.name } : old?.metadata;
  const base = kept ?? { ...own, generateName: `${name}-` };
  const object: EndpointSlice = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { ...base, labels, annotations: annotate(annotations ?? base.annotations) },
    addressType,
    endpoints,
    ...(ports.length && { ports }),
  };
  return { do: old ? "update" : "create", resource: RESOURCE, object };
}

const isOwnedBy = ({ metadata }: Readonly<EndpointSlice>, owner: ApiObject): boolean =>
  !!metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid);

function hasMetadata({ metadata }: Readonly<EndpointSlice>, { labels, annotations }: SliceWish): boolean {
  return (
    deepEqual(metadata.labels ?? {}, labels) && (!annotations || deepEqual(metadata.annotations ?? {}, annotations))
  );
}
