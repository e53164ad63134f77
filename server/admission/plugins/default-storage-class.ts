import type { PersistentVolumeClaim } from "../../../openapi/api/core.v1.ts";
import type { StorageClass } from "../../../openapi/api/storage.k8s.io.v1.ts";
import type { AdmissionPlugin } from "../plugin.ts";
import { newestDefault } from "./default-class.ts";

const CLASSES = { group: "storage.k8s.io", resource: "storageclasses" };
const DEFAULT = ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];
const OLD_CLASS = "volume.beta.kubernetes.io/storage-class";

/** A claim that names no class gets the default one; "" means none. (plugin/pkg/admission/storage/storageclass/setdefault) */
export const defaultStorageClass: AdmissionPlugin<PersistentVolumeClaim> = {
  name: "DefaultStorageClass",
  resources: ["persistentvolumeclaims"],
  operations: ["CREATE"],
  admit({ object: claim, subresource }, { reader }) {
    if (subresource || !claim || hasClass(claim)) return;
    const found = newestDefault(reader.list<StorageClass>(CLASSES, ""), DEFAULT);
    if (found) claim.spec.storageClassName = found.metadata.name;
  },
};

function hasClass({ metadata, spec }: PersistentVolumeClaim): boolean {
  return metadata.annotations?.[OLD_CLASS] !== undefined || spec.storageClassName !== undefined;
}

/** The class of a claim, "" for none. (component-helpers/storage/volume GetPersistentVolumeClaimClass) */
export function storageClassOf({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata.annotations?.[OLD_CLASS] ?? spec.storageClassName ?? "";
}
