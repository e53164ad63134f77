import { type Action, defineController, type Key, keyOf, type Lister, mapping, quantity } from "../../client/index.ts";
import type { PersistentVolume, PersistentVolumeClaim } from "../../openapi/api/core.v1.ts";
import { CLAIMS, type Claim, VOLUMES } from "./claims.ts";

interface Listers {
  claims: Lister<PersistentVolumeClaim>;
  volumes: Lister<PersistentVolume>;
}

const requested = ({ spec }: Claim): number => quantity(spec.resources?.requests?.storage ?? "0");
const given = ({ status }: Claim): number => quantity(status.capacity?.storage ?? "0");

/** Says who has to enlarge a volume: none of the plugins that are left in tree can. Follows pkg/controller/volume/expand. */
export function reconcile(key: Key, { claims, volumes }: Listers): Action[] {
  const claim = claims.get(key);
  if (!claim) return [];
  const name = claim.spec.volumeName ?? "";
  const volume = volumes.get(name);
  const fail = (text: string): Action[] => [{ do: "fail", error: new Error(text) }];
  if (!volume) return fail(`failed to get PV "${name}": persistentvolumes "${name}" not found`);
  if (volume.spec.claimRef?.uid !== claim.metadata.uid)
    return fail(`persistent Volume is not bound to PVC being updated : ${key}`);
  if (requested(claim) <= given(claim)) return [];
  const type = volume.spec.csi || volume.spec.flexVolume ? "Normal" : "Warning";
  const message = "waiting for an external controller to expand this PVC";
  return [{ do: "event", about: claim, type, reason: "ExternalExpanding", message }];
}

export const volumeExpanderController = defineController<Listers>({
  name: "persistentvolume-expander-controller",
  eventSource: "volume_expand",
  watches: {
    maps: [
      mapping(CLAIMS, (claim, _listers, old) => {
        if (claim.status.phase !== "Bound") return [];
        const grows = !old || requested(claim) > requested(old) || given(claim) > given(old);
        return grows ? [keyOf(claim)] : [];
      }),
    ],
  },
  listers: (get) => ({ claims: get(CLAIMS), volumes: get(VOLUMES) }),
  reconcile,
});
