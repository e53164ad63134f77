import { nodeSelectorTermMatches, quantity } from "../client/index.ts";
import type { Node, PersistentVolumeClaim } from "../openapi/api/core.v1.ts";
import type { CSIStorageCapacity, StorageClass } from "../openapi/api/storage.k8s.io.v1.ts";
import type { Listers } from "./framework.ts";
import { classOf, sizeOfClaim } from "./matching-volume.ts";
import { selectorMatches } from "./selectors.ts";

const NO_PROVISIONER = "kubernetes.io/no-provisioner";

/** Whether a volume could be made for a claim so that a node reaches it, or what is in the way. */
export type Provisioning = "possible" | "impossible" | "no space";

/** (checkVolumeProvisions) */
export function provisioningOn(node: Node, claim: PersistentVolumeClaim, listers: Listers): Provisioning {
  const storageClass = listers.storageClass(classOf(claim));
  if (!storageClass?.provisioner || storageClass.provisioner === NO_PROVISIONER) return "impossible";
  if (!isAllowed(storageClass, node)) return "impossible";
  return hasRoom(storageClass, claim, node, listers) ? "possible" : "no space";
}

function isAllowed({ allowedTopologies = [] }: StorageClass, node: Node): boolean {
  if (!allowedTopologies.length) return true;
  return allowedTopologies.some(({ matchLabelExpressions = [] }) =>
    nodeSelectorTermMatches(
      { matchExpressions: matchLabelExpressions.map(({ key, values }) => ({ key, operator: "In", values })) },
      node,
    ),
  );
}

/** Where a driver says how much room there is, some of what it says must be enough and of this node. (hasEnoughCapacity) */
function hasRoom({ metadata, provisioner }: StorageClass, claim: PersistentVolumeClaim, node: Node, listers: Listers) {
  if (claim.spec.resources?.requests?.storage === undefined) return true;
  if (!listers.csiDriver(provisioner)?.spec.storageCapacity) return true;
  return listers.csiStorageCapacities().some((capacity) => {
    const limit = volumeLimit(capacity);
    return (
      capacity.storageClassName === metadata.name &&
      limit !== undefined &&
      limit >= sizeOfClaim(claim) &&
      selectorMatches(capacity.nodeTopology, node.metadata.labels)
    );
  });
}

/** Bytes that one volume can have at most. */
export function volumeLimit({ maximumVolumeSize, capacity }: CSIStorageCapacity): number | undefined {
  const limit = maximumVolumeSize ?? capacity;
  return limit === undefined ? undefined : quantity(limit);
}
