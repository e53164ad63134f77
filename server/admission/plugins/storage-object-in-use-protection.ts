import type { AdmissionPlugin } from "../plugin.ts";

const FINALIZER: Readonly<Record<string, string>> = {
  persistentvolumes: "kubernetes.io/pv-protection",
  persistentvolumeclaims: "kubernetes.io/pvc-protection",
  volumeattributesclasses: "kubernetes.io/vac-protection",
};

/** What is in use is not deleted: a controller takes the finalizer away. (plugin/pkg/admission/storage/storageobjectinuseprotection) */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: "StorageObjectInUseProtection",
  resources: ["persistentvolumes", "persistentvolumeclaims", "volumeattributesclasses.storage.k8s.io"],
  operations: ["CREATE"],
  admit({ object, resource, subresource }) {
    const finalizer = FINALIZER[resource];
    if (subresource || !object || !finalizer) return;
    const { finalizers = [] } = object.metadata;
    if (!finalizers.includes(finalizer)) object.metadata.finalizers = [...finalizers, finalizer];
  },
};
