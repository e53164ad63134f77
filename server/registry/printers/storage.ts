import type { PersistentVolume, PersistentVolumeClaim } from "../../../openapi/api/core.v1.ts";
import type {
  CSIDriver,
  CSINode,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from "../../../openapi/api/storage.k8s.io.v1.ts";
import type { Printers } from "./cells.ts";

const CLASS = "volume.beta.kubernetes.io/storage-class";
const DEFAULT_CLASS = [
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
];
const SHORT_MODES: readonly [string, string][] = [
  ["ReadWriteOnce", "RWO"],
  ["ReadOnlyMany", "ROX"],
  ["ReadWriteMany", "RWX"],
  ["ReadWriteOncePod", "RWOP"],
];

export const storagePrinters: Printers = {
  "/persistentvolumes": {
    Capacity: ({ spec }: PersistentVolume) => spec?.capacity?.storage ?? "0",
    "Access Modes": ({ spec }: PersistentVolume) => accessModes(spec?.accessModes),
    "Reclaim Policy": ({ spec }: PersistentVolume) => spec?.persistentVolumeReclaimPolicy ?? "",
    Status: ({ metadata, status }: PersistentVolume) =>
      metadata?.deletionTimestamp ? "Terminating" : (status?.phase ?? ""),
    Claim: ({ spec }: PersistentVolume) =>
      spec?.claimRef ? `${spec.claimRef.namespace ?? ""}/${spec.claimRef.name ?? ""}` : "",
    StorageClass: ({ metadata, spec }: PersistentVolume) =>
      metadata?.annotations?.[CLASS] ?? spec?.storageClassName ?? "",
    VolumeAttributesClass: ({ spec }: PersistentVolume) => spec?.volumeAttributesClassName ?? "<unset>",
    Reason: ({ status }: PersistentVolume) => status?.reason ?? "",
    VolumeMode: ({ spec }: PersistentVolume) => spec?.volumeMode ?? "<unset>",
  },
  "/persistentvolumeclaims": {
    Status: ({ metadata, status }: PersistentVolumeClaim) =>
      metadata?.deletionTimestamp ? "Terminating" : (status?.phase ?? ""),
    Volume: ({ spec }: PersistentVolumeClaim) => spec?.volumeName ?? "",
    Capacity: ({ spec, status }: PersistentVolumeClaim) => (spec?.volumeName ? (status?.capacity?.storage ?? "0") : ""),
    "Access Modes": ({ spec, status }: PersistentVolumeClaim) =>
      spec?.volumeName ? accessModes(status?.accessModes) : "",
    StorageClass: ({ metadata, spec }: PersistentVolumeClaim) =>
      metadata?.annotations?.[CLASS] ?? spec?.storageClassName ?? "",
    VolumeAttributesClass: ({ spec }: PersistentVolumeClaim) => spec?.volumeAttributesClassName ?? "<unset>",
    VolumeMode: ({ spec }: PersistentVolumeClaim) => spec?.volumeMode ?? "<unset>",
  },
  "storage.k8s.io/csidrivers": {
    AttachRequired: ({ spec }: CSIDriver) => spec.attachRequired ?? true,
    PodInfoOnMount: ({ spec }: CSIDriver) => spec.podInfoOnMount ?? false,
    StorageCapacity: ({ spec }: CSIDriver) => spec.storageCapacity ?? false,
    TokenRequests: ({ spec }: CSIDriver) =>
      spec.tokenRequests ? spec.tokenRequests.map(({ audience }) => audience).join(",") : "<unset>",
    RequiresRepublish: ({ spec }: CSIDriver) => spec.requiresRepublish ?? false,
    Modes: ({ spec }: CSIDriver) => (spec.volumeLifecycleModes ?? []).join(",") || "<none>",
  },
  "storage.k8s.io/csinodes": { Drivers: ({ spec }: CSINode) => spec.drivers?.length ?? 0 },
  "storage.k8s.io/storageclasses": {
    Name: ({ metadata }: StorageClass) =>
      `${metadata?.name}${DEFAULT_CLASS.some((key) => metadata?.annotations?.[key] === "true") ? " (default)" : ""}`,
    Provisioner: ({ provisioner }: StorageClass) => provisioner,
    ReclaimPolicy: ({ reclaimPolicy }: StorageClass) => reclaimPolicy ?? "Delete",
    VolumeBindingMode: ({ volumeBindingMode }: StorageClass) => volumeBindingMode ?? "Immediate",
    AllowVolumeExpansion: ({ allowVolumeExpansion }: StorageClass) => allowVolumeExpansion ?? false,
  },
  "storage.k8s.io/volumeattachments": {
    Attacher: ({ spec }: VolumeAttachment) => spec.attacher,
    PV: ({ spec }: VolumeAttachment) => spec.source.persistentVolumeName ?? "",
    Node: ({ spec }: VolumeAttachment) => spec.nodeName,
    Attached: ({ status }: VolumeAttachment) => status?.attached ?? false,
  },
  "storage.k8s.io/volumeattributesclasses": { DriverName: ({ driverName }: VolumeAttributesClass) => driverName },
};

function accessModes(modes: readonly string[] | undefined): string {
  return SHORT_MODES.filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(",");
}
