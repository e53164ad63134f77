import { isConflict, timestamp } from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import type { AllocatedDeviceStatus, AllocationResult, ResourceClaim } from "../../openapi/api/resource.k8s.io.v1.ts";
import type { ClusterAccess } from "../framework.ts";
import { type Claims, isReservedFor } from "./claims.ts";

const RESOURCE = "resource.k8s.io/v1/resourceclaims";
/** Keeps a claim while it has devices. */
export const FINALIZER = "resource.kubernetes.io/delete-protection";
const ATTEMPTS = 5;

/**
 * Writes who uses a claim, and which devices it gets when that was chosen just now. (bindClaim)
 * @returns the claim as it is then
 */
export async function bindClaim(
  claim: ResourceClaim,
  allocation: AllocationResult | undefined,
  pod: Pod,
  { client, clock }: ClusterAccess,
  claims: Claims,
): Promise<ResourceClaim> {
  const { name = "", namespace = "", uid = "" } = claim.metadata;
  let current = claim;
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        current = await write();
        claims.written(current);
        return current;
      } catch (error) {
        if (!isConflict(error) || attempt === ATTEMPTS) throw error;
        current = await client.get(RESOURCE, { name, namespace });
      }
    }
  } finally {
    claims.endPending(uid);
  }

  async function write(): Promise<ResourceClaim> {
    const { metadata, status } = current;
    if (metadata.deletionTimestamp) throw new Error(`claim ${namespace}/${name} got deleted in the meantime`);
    if (allocation && status?.allocation)
      throw new Error(`claim ${namespace}/${name} got allocated elsewhere in the meantime`);
    if (!allocation && !status?.allocation)
      throw new Error(`claim ${namespace}/${name} got deallocated elsewhere in the meantime`);
    if (!allocation && isReservedFor(current, pod)) return current;
    if (allocation && !metadata.finalizers?.includes(FINALIZER)) {
      const finalizers = [...(metadata.finalizers ?? []), FINALIZER];
      current = await client.update(RESOURCE, { ...current, metadata: { ...metadata, finalizers } });
    }
    const user = { resource: "pods", name: pod.metadata.name ?? "", uid: pod.metadata.uid ?? "" };
    const chosen = allocation ?? current.status?.allocation;
    return client.updateStatus(RESOURCE, {
      ...current,
      status: {
        ...current.status,
        ...(chosen && {
          allocation: { ...chosen, allocationTimestamp: chosen.allocationTimestamp ?? timestamp(clock.now()) },
        }),
        reservedFor: [...(current.status?.reservedFor ?? []), user],
      },
    });
  }
}

/** Takes back that a Pod uses a claim, whatever else has changed about it. (Unreserve) */
export async function releaseClaim({ metadata }: ResourceClaim, pod: Pod, { client }: ClusterAccess): Promise<void> {
  const { name = "", namespace, uid } = metadata;
  const reservedFor = [{ $patch: "delete", uid: pod.metadata.uid }];
  const patch = { metadata: { uid }, status: { reservedFor } };
  await client.patch(RESOURCE, { name, namespace, subresource: "status" }, patch, { type: "strategic" });
}

/** Whether any device of a claim must be made ready before its Pod is bound. */
export const mustGetReady = ({ status }: ResourceClaim): boolean =>
  status?.allocation?.devices.results?.some(({ bindingConditions }) => bindingConditions?.length) ?? false;

/** Whether devices that must be made ready first are so. @throws Error when one says that it never will */
export function isReady({ metadata, status }: ResourceClaim): boolean {
  return (status?.allocation?.devices.results ?? []).every((result) => {
    if (!result.bindingConditions?.length) return true;
    const device = status?.devices?.find(
      ({ driver, pool, device: name }) => driver === result.driver && pool === result.pool && name === result.device,
    );
    const failed = result.bindingFailureConditions?.find((type) => isTrue(device, type));
    if (failed) {
      const condition = device?.conditions?.find(({ type }) => type === failed);
      throw new Error(
        `device binding failed: claim=${metadata.name}, reason=${condition?.reason}, message="${condition?.message}"`,
      );
    }
    return result.bindingConditions.every((type) => isTrue(device, type));
  });
}

const isTrue = (device: AllocatedDeviceStatus | undefined, type: string): boolean =>
  device?.conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;

/** @param timeout ms */
export async function untilReady(
  wanted: readonly ResourceClaim[],
  { informers, clock }: ClusterAccess,
  claims: Claims,
  timeout: number,
): Promise<void> {
  const current = () => wanted.map(({ metadata }) => claims.get(metadata.namespace ?? "", metadata.name ?? ""));
  const allReady = () => current().every((claim) => claim && isReady(claim));
  if (allReady()) return;
  await new Promise<void>((resolve, reject) => {
    const end = (error?: unknown) => {
      timer.cancel();
      unsubscribe();
      if (error) reject(error);
      else resolve();
    };
    const timer = clock.setTimeout(() => end(new Error("device binding timeout")), timeout);
    const unsubscribe = informers.get(RESOURCE).onProgress(() => {
      try {
        if (allReady()) end();
      } catch (error) {
        end(error);
      }
    });
  });
}
