import { referenceTo } from "../client/index.ts";
import type { PersistentVolume, PersistentVolumeClaim, Pod } from "../openapi/api/core.v1.ts";
import type { ClusterAccess } from "./framework.ts";

/** Put on a claim: the node that its volume shall be made for. */
export const SELECTED_NODE = "volume.kubernetes.io/selected-node";

/** A claim that is bound together with its Pod, and the existing volume it gets; without one it is made for the node. */
export interface PendingClaim {
  readonly claim: PersistentVolumeClaim;
  readonly volume: PersistentVolume | undefined;
}

/**
 * Gives waiting claims their volumes, or tells them their node, and waits until all are bound. (BindPodVolumes)
 * @param timeout ms
 */
export async function bindVolumes(
  pod: Pod,
  node: string,
  waiting: readonly PendingClaim[],
  { client, informers, clock }: ClusterAccess,
  timeout: number,
): Promise<void> {
  if (!waiting.length) return;
  const claims = informers.get("v1/persistentvolumeclaims");
  const pods = informers.get("v1/pods");
  for (const { claim, volume } of waiting) {
    const { metadata } = claim;
    if (volume) {
      await client.update("v1/persistentvolumes", boundTo(volume, claim));
      continue;
    }
    if (metadata.annotations?.[SELECTED_NODE] === node) continue;
    await client.patch(
      "v1/persistentvolumeclaims",
      { name: metadata.name ?? "", namespace: metadata.namespace },
      { metadata: { annotations: { [SELECTED_NODE]: node } } },
      { type: "merge" },
    );
  }
  /** Claims that were seen with the node that they were told. */
  const told = new Set<string>();
  /** @throws Error when they never will be */
  const allBound = () => {
    const { namespace, name } = pod.metadata;
    if (!pods.lister.get(`${namespace}/${name}`))
      throw new Error(`binding volumes: pod does not exist any more: pod "${name}" not found`);
    return waiting.every(({ claim: { metadata }, volume }) => {
      const key = `${metadata.namespace}/${metadata.name}`;
      const now = claims.lister.get(key);
      if (now?.spec.volumeName && now.metadata.annotations?.["pv.kubernetes.io/bind-completed"] !== undefined)
        return true;
      if (volume || !now) return false;
      if (now.metadata.annotations?.[SELECTED_NODE] === node) told.add(key);
      // Whoever makes volumes has given up on this node: another one has to be found.
      else if (told.has(key)) throw new Error(`binding volumes: provisioning failed for PVC "${metadata.name}"`);
      return false;
    });
  };
  await new Promise<void>((resolve, reject) => {
    const look = () => {
      try {
        if (allBound()) end(resolve);
      } catch (error) {
        end(() => reject(error));
      }
    };
    const timer = clock.setTimeout(
      () => end(() => reject(new Error("binding volumes: context deadline exceeded"))),
      timeout,
    );
    const subscriptions = [claims.onProgress(look), pods.onProgress(look)];
    const end = (then: () => void) => {
      timer.cancel();
      for (const unsubscribe of subscriptions) unsubscribe();
      then();
    };
    look();
  });
}

/** Whether a volume is meant for this claim. */
export const refersTo = ({ spec }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean =>
  spec.claimRef?.name === metadata.name &&
  spec.claimRef?.namespace === metadata.namespace &&
  (!spec.claimRef?.uid || spec.claimRef.uid === metadata.uid);

/** The volume with a reference to its claim, as the binder would write it. (GetBindVolumeToClaim) */
function boundTo(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  const annotations = { ...volume.metadata.annotations, "pv.kubernetes.io/bound-by-controller": "yes" };
  const metadata = refersTo(volume, claim) ? volume.metadata : { ...volume.metadata, annotations };
  return { ...volume, metadata, spec: { ...volume.spec, claimRef: referenceTo(claim) } };
}
