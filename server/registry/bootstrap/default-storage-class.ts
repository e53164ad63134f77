import type { StorageClass } from "../../../openapi/api/storage.k8s.io.v1.ts";
import type { Seeds } from "./seed.ts";

/** The class of claims that name none. What addon managers of real clusters bring along. */
export function defaultStorageClass(provisioner: string): Seeds {
  const object: StorageClass = {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: "standard", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
    provisioner,
    reclaimPolicy: "Delete",
    allowVolumeExpansion: true,
    volumeBindingMode: "WaitForFirstConsumer",
  };
  return {
    group: "storage.k8s.io",
    resource: "storageclasses",
    fieldManager: "inkube",
    seeds: [{ object, mode: "create" }],
  };
}
