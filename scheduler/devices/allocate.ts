import type { Node } from "../../openapi/api/core.v1.ts";
import type {
  AllocationResult,
  Device,
  DeviceClass,
  ResourceClaim,
  ResourceSlice,
} from "../../openapi/api/resource.k8s.io.v1.ts";
import { CapacityInUse, consumedCapacity, hasCapacity } from "./capacity.ts";
import { type Constraint, createConstraint } from "./constraints.ts";
import { createCounters } from "./counters.ts";
import { type PooledDevice, poolsFor } from "./pools.ts";
import { type Alternative, alternativesOf, isTainted, nameOf } from "./requests.ts";
import { type Chosen, resultOf } from "./result.ts";

/** Whether a device is one that an expression asks for. @throws Error when the evaluation fails */
export type DeviceMatcher = (driver: string, device: Device) => boolean;
/** @throws Error when the expression cannot be compiled */
export type CompileSelector = (expression: string) => DeviceMatcher;

/** A claim may have so many devices at most. (AllocationResultsMaxSize) */
const MAX_DEVICES = 32;

/** What other claims have. */
export interface DevicesInUse {
  /** Ids of devices that nobody shares. */
  readonly taken: ReadonlySet<string>;
  /** What is taken of shared ones. */
  readonly capacity: CapacityInUse;
}

export interface AllocateOptions {
  readonly claims: readonly ResourceClaim[];
  readonly slices: readonly ResourceSlice[];
  readonly inUse: DevicesInUse;
  deviceClass(name: string): DeviceClass | undefined;
  readonly compileSelector: CompileSelector;
  /** A new UUID, for a share of a device. */
  readonly newShareId: () => string;
  /** Asked often: whether the search has taken too long. */
  readonly isLate: () => boolean;
}

/** There are too many ways to try. */
export class TimedOutError extends Error {}

/** Nothing for this Pod on this node; other nodes may do. (ErrFailedAllocationOnNode) */
export class FailedOnNodeError extends Error {}

/**
 * Chooses devices for claims on a node: tries what comes first, and goes back when it leads nowhere.
 * Devices of node allocatable resources, an alpha feature, are like any other.
 * Follows structured/internal/incubating/allocator_incubating.go.
 * @returns one result a claim, or undefined when the node has not what they ask for
 * @throws FailedOnNodeError when that may be because what is known of its devices contradicts itself
 * @throws TimedOutError when it is late
 * @throws Error when a selector, or the request itself, is wrong
 */
export function allocate(node: Node, options: AllocateOptions): AllocationResult[] | undefined {
  const { claims, slices, inUse } = options;
  const pools = poolsFor(node, slices);
  const requests = claims.map((claim) => alternativesOf(claim, pools, options));
  for (const [i, ofClaim] of requests.entries()) {
    const least = ofClaim.reduce((sum, ways) => sum + Math.min(...ways.map(({ count }) => count)), 0);
    if (least > MAX_DEVICES)
      throw new Error(
        `claim ${nameOf(claims[i] as ResourceClaim)}: number of requested devices ${least} exceeds the claim limit of ${MAX_DEVICES}`,
      );
  }
  const constraints: Constraint[][] = claims.map(({ spec }) => (spec.devices.constraints ?? []).map(createConstraint));
  const chosen: Chosen[][] = claims.map(() => []);
  const users = new Map<string, Set<number>>();
  const shares = new CapacityInUse();
  const counters = createCounters((id) => inUse.taken.has(id) || inUse.capacity.has(id));

  function take(claim: number, picked: Alternative, pooled: PooledDevice): boolean {
    const { id, device } = pooled;
    const isShared = device.allowMultipleAllocations === true;
    const ofDevice = users.get(id);
    // An administrator looks at what others use, but not twice.
    if (picked.isAdmin ? !isShared && ofDevice?.has(claim) : inUse.taken.has(id) || ofDevice?.size) return false;
    if (isTainted(device, picked.tolerations)) return false;
    const used = (name: string) => inUse.capacity.amount(id, name) + shares.amount(id, name);
    if (!hasCapacity(picked.wanted, device.capacity ?? {}, used)) return false;
    // Who shares a device uses what its first user took.
    const isFirst = !isShared || !(inUse.capacity.has(id) || shares.has(id));
    if (isFirst && !counters.add(pooled)) return false;
    const joined: Constraint[] = [];
    for (const constraint of constraints[claim] ?? []) {
      if (constraint.add(picked.request, pooled)) {
        joined.push(constraint);
        continue;
      }
      if (picked.wantsAll)
        throw new Error(
          `claim ${nameOf(claims[claim] as ResourceClaim)}, request ${picked.request.split("/").at(-1)}: cannot add device ${id} because a claim constraint would not be satisfied`,
        );
      for (const other of joined) other.remove(picked.request, pooled);
      if (isFirst) counters.remove(pooled);
      return false;
    }
    const one: Chosen = { alternative: picked, device: pooled };
    if (isShared) {
      const consumed = consumedCapacity(picked.wanted, device.capacity ?? {});
      shares.add(id, consumed);
      chosen[claim]?.push({ ...one, share: { id: options.newShareId(), consumed } });
    } else {
      users.set(id, new Set(ofDevice).add(claim));
      chosen[claim]?.push(one);
    }
    return true;
  }

  function giveBack(claim: number): void {
    const last = chosen[claim]?.pop();
    if (!last) return;
    const { alternative, device, share } = last;
    for (const constraint of constraints[claim] ?? []) constraint.remove(alternative.request, device);
    if (share) shares.remove(device.id, share.consumed);
    else users.get(device.id)?.delete(claim);
    if (!share || !(inUse.capacity.has(device.id) || shares.has(device.id))) counters.remove(device);
  }

  function fulfil(claim: number, request: number): boolean {
    const ofClaim = requests[claim];
    if (!ofClaim) return true;
    const alternatives = ofClaim[request];
    if (!alternatives) return fulfil(claim + 1, 0);
    return alternatives.some((picked) => {
      const room = MAX_DEVICES - (chosen[claim]?.length ?? 0);
      if (picked.count > room || (picked.wantsAll && !picked.count)) return false;
      return fill(claim, request, picked, 0, 0);
    });
  }

  /** @param from where in the candidates to go on: the order of equal devices makes no difference */
  function fill(claim: number, request: number, picked: Alternative, have: number, from: number): boolean {
    if (options.isLate()) throw new TimedOutError();
    if (have === picked.count) return fulfil(claim, request + 1);
    const end = picked.wantsAll ? from + 1 : picked.candidates.length;
    for (let i = from; i < end; i++) {
      const device = picked.candidates[i];
      if (!device || !take(claim, picked, device)) continue;
      if (fill(claim, request, picked, have + 1, i + 1)) return true;
      giveBack(claim);
    }
    return false;
  }

  if (!fulfil(0, 0)) {
    if (pools.some(({ isInvalid }) => isInvalid))
      throw new FailedOnNodeError("invalid resource pools were encountered");
    return undefined;
  }
  return claims.map((claim, i) => resultOf(node, claim, chosen[i] ?? []));
}
