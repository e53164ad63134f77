import type { Change, ClusterEvent } from "./framework.ts";

/** Resources that are not of the core group are told with their group. */
const RESOURCES: Readonly<Record<string, string>> = {
  node: "Node",
  persistentvolume: "PersistentVolume",
  persistentvolumeclaim: "PersistentVolumeClaim",
  storageclass: "storage.k8s.io/StorageClass",
  csinode: "storage.k8s.io/CSINode",
  csidriver: "storage.k8s.io/CSIDriver",
  csistoragecapacity: "storage.k8s.io/CSIStorageCapacity",
  resourceclaim: "resource.k8s.io/ResourceClaim",
  resourceslice: "resource.k8s.io/ResourceSlice",
  deviceclass: "resource.k8s.io/DeviceClass",
};
const ACTIONS: Readonly<Record<string, string>> = {
  add: "Add",
  delete: "Delete",
  update: "Update",
  "node/allocatable": "UpdateNodeAllocatable",
  "node/declaredFeatures": "UpdateNodeDeclaredFeature",
  "node/labels": "UpdateNodeLabel",
  "node/taints": "UpdateNodeTaint",
  "pod/labels": "UpdatePodLabel",
  "pod/scale-down": "UpdatePodScaleDown",
  "pod/tolerations": "UpdatePodToleration",
  "pod/gates": "UpdatePodSchedulingGatesEliminated",
  "pod/claims": "UpdatePodGeneratedResourceClaim",
};

/**
 * What upstream calls an event in metrics. (kube-scheduler/framework/types.go ClusterEvent.Label)
 *
 * @param isOwn it is about the waiting Pod itself, not about one that has a node
 */
export function eventLabel(event: ClusterEvent, { old }: Change<unknown>, isOwn = false): string {
  const [resource = "", action = ""] = event.split("/");
  const about = resource === "pod" ? (isOwn ? "UnschedulablePod" : "AssignedPod") : RESOURCES[resource];
  const what = action === "change" ? (old === undefined ? "Add" : "Update") : (ACTIONS[event] ?? ACTIONS[action]);
  return `${about}${what}`;
}
