import type { PersistentVolumeClaim } from "../../../openapi/api/core.v1.ts";
import type { StorageClass } from "../../../openapi/api/storage.k8s.io.v1.ts";
import { compareQuantities, parseQuantity } from "../../meta/quantity.ts";
import { forbidden } from "../forbidden.ts";
import type { AdmissionPlugin, ObjectReader } from "../plugin.ts";
import { storageClassOf } from "./default-storage-class.ts";

const CLASSES = { group: "storage.k8s.io", resource: "storageclasses" };

/** Claims grow only where their class can make volumes grow. (plugin/pkg/admission/storage/persistentvolume/resize) */
export const persistentVolumeClaimResize: AdmissionPlugin<PersistentVolumeClaim> = {
  name: "PersistentVolumeClaimResize",
  resources: ["persistentvolumeclaims"],
  operations: ["UPDATE"],
  validate(attributes, { reader }) {
    const { object: claim, oldObject: old, subresource } = attributes;
    if (subresource || !claim || !old || compareQuantities(sizeOf(claim), sizeOf(old)) <= 0) return;
    if (old.status?.phase !== "Bound") {
      throw forbidden(attributes, "Only bound persistent volume claims can be expanded");
    }
    if (canGrow(claim, old, reader)) return;
    const text = "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc";
    throw forbidden(attributes, `${text} must support resize`);
  },
};

function sizeOf({ spec }: PersistentVolumeClaim) {
  return parseQuantity(spec.resources?.requests?.storage ?? "0");
}

function canGrow(claim: PersistentVolumeClaim, old: PersistentVolumeClaim, reader: ObjectReader): boolean {
  const name = storageClassOf(claim);
  if (!name || name !== storageClassOf(old)) return false;
  return reader.get<StorageClass>(CLASSES, "", name)?.allowVolumeExpansion ?? false;
}
