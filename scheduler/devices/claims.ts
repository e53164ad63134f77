import type { Lister } from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import type { AllocationResult, ResourceClaim } from "../../openapi/api/resource.k8s.io.v1.ts";
import type { DevicesInUse } from "./allocate.ts";
import { CapacityInUse } from "./capacity.ts";
import { deviceId } from "./pools.ts";

const versionOf = ({ metadata }: ResourceClaim) => BigInt(metadata.resourceVersion || 0);

/**
 * All claims as they are, or will be as soon as the watch shows what the scheduler has written or is about to write:
 * no device is given away twice. (dynamicresources/dra_manager.go)
 */
export class Claims {
  readonly #lister: Lister<ResourceClaim>;
  /** Written by us, newer than what the watch has shown, by key. */
  readonly #written = new Map<string, ResourceClaim>();
  /** Chosen, but not written yet, by uid. */
  readonly #pending = new Map<string, AllocationResult>();

  constructor(lister: Lister<ResourceClaim>) {
    this.#lister = lister;
  }

  get(namespace: string, name: string): ResourceClaim | undefined {
    const key = `${namespace}/${name}`;
    const seen = this.#lister.get(key);
    const written = this.#written.get(key);
    if (!written) return seen;
    if (seen && seen.metadata.uid === written.metadata.uid && versionOf(seen) < versionOf(written)) return written;
    this.#written.delete(key);
    return seen;
  }

  inNamespace(namespace: string): ResourceClaim[] {
    return this.#lister
      .byNamespace(namespace)
      .flatMap(({ metadata }) => this.get(namespace, metadata.name ?? "") ?? []);
  }

  written(claim: ResourceClaim): void {
    this.#written.set(`${claim.metadata.namespace}/${claim.metadata.name}`, claim);
  }

  isPending(uid: string): boolean {
    return this.#pending.has(uid);
  }

  setPending(uid: string, allocation: AllocationResult): void {
    this.#pending.set(uid, allocation);
  }

  endPending(uid: string): void {
    this.#pending.delete(uid);
  }

  /** What claims have; administrators' claims take nothing away. (allocateddevices.go) @param isAsked else nothing */
  inUse(isAsked: boolean): DevicesInUse {
    const taken = new Set<string>();
    const capacity = new CapacityInUse();
    if (!isAsked) return { taken, capacity };
    const count = (allocation: AllocationResult | undefined) => {
      for (const { driver, pool, device, adminAccess, shareID, consumedCapacity } of allocation?.devices.results ??
        []) {
        if (adminAccess) continue;
        const id = deviceId(driver, pool, device);
        if (shareID === undefined) taken.add(id);
        else capacity.add(id, consumedCapacity ?? {});
      }
    };
    for (const { metadata } of this.#lister.list())
      count(this.get(metadata.namespace ?? "", metadata.name ?? "")?.status?.allocation);
    for (const allocation of this.#pending.values()) count(allocation);
    return { taken, capacity };
  }
}

/** The claims of a Pod, made for it or named by it; or why they are not there. (foreachPodResourceClaim) */
export function claimsOf(pod: Pod, claims: Claims): ResourceClaim[] | string {
  const { namespace = "", name: podName, uid } = pod.metadata;
  const found: ResourceClaim[] = [];
  for (const { name, resourceClaimName, resourceClaimTemplateName } of pod.spec.resourceClaims ?? []) {
    const made = pod.status?.resourceClaimStatuses?.find((status) => status.name === name);
    if (resourceClaimTemplateName && !made) return `pod "${namespace}/${podName}": ResourceClaim not created yet`;
    const claimName = resourceClaimName ?? made?.resourceClaimName;
    // Decided to be made without one.
    if (!claimName) continue;
    const claim = claims.get(namespace, claimName);
    if (!claim) return `resourceclaim.resource.k8s.io "${claimName}" not found`;
    if (claim.metadata.deletionTimestamp) return `resourceclaim "${claimName}" is being deleted`;
    if (resourceClaimTemplateName && !claim.metadata.ownerReferences?.some((owner) => owner.uid === uid))
      return `ResourceClaim ${namespace}/${claimName} was not created for pod ${namespace}/${podName} (pod is not owner)`;
    found.push(claim);
  }
  return found;
}

/** So many users may a claim have. (ResourceClaimReservedForMaxSize) */
const MAX_USERS = 256;

export const isReservedFor = ({ status }: ResourceClaim, pod: Pod): boolean =>
  status?.reservedFor?.some(({ uid }) => uid === pod.metadata.uid) ?? false;

export const canBeReserved = ({ status }: ResourceClaim): boolean => (status?.reservedFor?.length ?? 0) < MAX_USERS;
