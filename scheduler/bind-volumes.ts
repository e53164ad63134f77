import { referenceTo } from "../client/index.ts";
import type { PersistentVolume, PersistentVolumeClaim } from "../openapi/api/core.v1.ts";
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
  node: string,
  waiting: readonly PendingClaim[],
  { client, informers, clock }: ClusterAccess,
  timeout: number,
): Promise<void> {
  if (!waiting.length) return;
  const claims = informers.get("v1/persistentvolumeclaims");
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
  const allBound = () =>
    waiting.every(
      ({ claim: { metadata } }) =>
        claims.lister.get(`${metadata.namespace}/${metadata.name}`)?.status?.phase === "Bound",
    );
  await new Promise<void>((resolve, reject) => {
    const look = () => {
      if (!allBound()) return;
      end();
      resolve();
    };
    const timer = clock.setTimeout(() => {
      end();
      reject(new Error("binding volumes: context deadline exceeded"));
    }, timeout);
    const unsubscribe = claims.onProgress(look);
    const end = () => {
      timer.cancel();
      unsubscribe();
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
