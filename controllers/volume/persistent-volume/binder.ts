import { type Action, defineController, type Key, keyOf, mapping } from "../../../client/index.ts";
import { CLAIMS, CLASSES, claimKeysOf, PODS_BY_CLAIM, VOLUMES } from "../claims.ts";
import { type Listers, syncClaim } from "./claim.ts";
import { CLAIMS_BY_VOLUME, claimIndexes, VOLUMES_BY_CLAIM, volumeIndexes } from "./match.ts";
import { RECYCLER_NAMESPACE, RECYCLER_PREFIX } from "./reclaim.ts";
import { syncVolume } from "./volume.ts";

/** As upstream's PVClaimBinderSyncPeriod: what waits for something that is not watched is looked at again. */
const RESYNC_MS = 15_000;
const CLAIM = "claim:";
const VOLUME = "volume:";

/** Brings claims and volumes together. Follows pkg/controller/volume/persistentvolume. */
export function reconcile(key: Key, listers: Listers): readonly Action[] {
  const { claims, volumes } = listers;
  if (key.startsWith(CLAIM)) {
    const name = key.slice(CLAIM.length);
    const claim = claims.get(name);
    if (claim) return syncClaim(claim, listers);
    return volumes.by(VOLUMES_BY_CLAIM, name).flatMap((volume) => syncVolume(volume, listers));
  }
  const name = key.slice(VOLUME.length);
  const volume = volumes.get(name);
  if (volume) return syncVolume(volume, listers);
  return claims.by(CLAIMS_BY_VOLUME, name).flatMap((claim) => syncClaim(claim, listers));
}

export const persistentVolumeBinderController = defineController<Listers>({
  name: "persistentvolume-binder-controller",
  eventSource: "persistentvolume-controller",
  watches: {
    maps: [
      mapping(
        CLAIMS,
        (claim, { claims, handedOver }: Listers, old) => {
          const { uid = "", resourceVersion } = claim.metadata;
          if (old && handedOver.get(uid) === resourceVersion) return [];
          if (!claims.get(keyOf(claim))) handedOver.delete(uid);
          return [CLAIM + keyOf(claim)];
        },
        { resync: true },
      ),
      mapping(VOLUMES, (volume) => [VOLUME + keyOf(volume)], { resync: true }),
      mapping("v1/pods", ({ metadata: { name = "", namespace } }) =>
        namespace === RECYCLER_NAMESPACE && name.startsWith(RECYCLER_PREFIX)
          ? [VOLUME + name.slice(RECYCLER_PREFIX.length)]
          : [],
      ),
    ],
  },
  listers: (get) => ({
    claims: get(CLAIMS, claimIndexes),
    volumes: get(VOLUMES, volumeIndexes),
    classes: get(CLASSES),
    pods: get("v1/pods", { [PODS_BY_CLAIM]: claimKeysOf }),
    handedOver: new Map(),
  }),
  reconcile,
  resyncMs: RESYNC_MS,
});
