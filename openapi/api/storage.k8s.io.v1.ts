// Made by openapi/generate-api.ts from openapi/facts/types. Do not edit.
import type { Quantity } from "./apimachinery.ts";
import type { PersistentVolumeSpec, TopologySelectorTerm } from "./core.v1.ts";
import type { LabelSelector, ListMeta, ObjectMeta, Time } from "./meta.k8s.io.v1.ts";

/** io.k8s.api.storage.v1.CSIDriver */
export interface CSIDriver {
  kind?: string;
  apiVersion?: string;
  metadata: ObjectMeta;
  spec: CSIDriverSpec;
}

/** io.k8s.api.storage.v1.CSIDriverList */
export interface CSIDriverList {
  kind?: string;
  apiVersion?: string;
  metadata: ListMeta;
  items?: CSIDriver[];
}

/** io.k8s.api.storage.v1.CSIDriverSpec */
export interface CSIDriverSpec {
  attachRequired?: boolean;
  podInfoOnMount?: boolean;
  volumeLifecycleModes?: string[];
  storageCapacity?: boolean;
  fsGroupPolicy?: string;
  tokenRequests?: TokenRequest[];
  requiresRepublish?: boolean;
  seLinuxMount?: boolean;
  nodeAllocatableUpdatePeriodSeconds?: number;
  serviceAccountTokenInSecrets?: boolean;
  preventPodSchedulingIfMissing?: boolean;
}

/** io.k8s.api.storage.v1.CSINode */
export interface CSINode {
  kind?: string;
  apiVersion?: string;
  metadata: ObjectMeta;
  spec: CSINodeSpec;
}

/** io.k8s.api.storage.v1.CSINodeDriver */
export interface CSINodeDriver {
  name: string;
  nodeID: string;
  topologyKeys?: string[];
  allocatable?: VolumeNodeResources;
}

/** io.k8s.api.storage.v1.CSINodeList */
export interface CSINodeList {
  kind?: string;
  apiVersion?: string;
  metadata: ListMeta;
  items?: CSINode[];
}

/** io.k8s.api.storage.v1.CSINodeSpec */
export interface CSINodeSpec {
  drivers?: CSINodeDriver[];
}

/** io.k8s.api.storage.v1.CSIStorageCapacity */
export interface CSIStorageCapacity {
  kind?: string;
  apiVersion?: string;
  metadata: ObjectMeta;
  nodeTopology?: LabelSelector;
  storageClassName: string;
  capacity?: Quantity;
  maximumVolumeSize?: Quantity;
}

/** io.k8s.api.storage.v1.CSIStorageCapacityList */
export interface CSIStorageCapacityList {
  kind?: string;
  apiVersion?: string;
  metadata: ListMeta;
  items?: CSIStorageCapacity[];
}

/** io.k8s.api.storage.v1.StorageClass */
export interface StorageClass {
  kind?: string;
  apiVersion?: string;
  metadata: ObjectMeta;
  provisioner: string;
  parameters?: Record<string, string>;
  reclaimPolicy?: string;
  mountOptions?: string[];
  allowVolumeExpansion?: boolean;
  volumeBindingMode?: string;
  allowedTopologies?: TopologySelectorTerm[];
}

/** io.k8s.api.storage.v1.StorageClassList */
export interface StorageClassList {
  kind?: string;
  apiVersion?: string;
  metadata: ListMeta;
  items?: StorageClass[];
}

/** io.k8s.api.storage.v1.TokenRequest */
export interface TokenRequest {
  audience: string;
  expirationSeconds?: number;
}

/** io.k8s.api.storage.v1.VolumeAttachment */
export interface VolumeAttachment {
  kind?: string;
  apiVersion?: string;
  metadata: ObjectMeta;
  spec: VolumeAttachmentSpec;
  status: VolumeAttachmentStatus;
}

/** io.k8s.api.storage.v1.VolumeAttachmentList */
export interface VolumeAttachmentList {
  kind?: string;
  apiVersion?: string;
  metadata: ListMeta;
  items?: VolumeAttachment[];
}

/** io.k8s.api.storage.v1.VolumeAttachmentSource */
export interface VolumeAttachmentSource {
  persistentVolumeName?: string;
  inlineVolumeSpec?: PersistentVolumeSpec;
}

/** io.k8s.api.storage.v1.VolumeAttachmentSpec */
export interface VolumeAttachmentSpec {
  attacher: string;
  source: VolumeAttachmentSource;
  nodeName: string;
}

/** io.k8s.api.storage.v1.VolumeAttachmentStatus */
export interface VolumeAttachmentStatus {
  attached: boolean;
  attachmentMetadata?: Record<string, string>;
  attachError?: VolumeError;
  detachError?: VolumeError;
}

/** io.k8s.api.storage.v1.VolumeAttributesClass */
export interface VolumeAttributesClass {
  kind?: string;
  apiVersion?: string;
  metadata: ObjectMeta;
  driverName: string;
  parameters?: Record<string, string>;
}

/** io.k8s.api.storage.v1.VolumeAttributesClassList */
export interface VolumeAttributesClassList {
  kind?: string;
  apiVersion?: string;
  metadata: ListMeta;
  items?: VolumeAttributesClass[];
}

/** io.k8s.api.storage.v1.VolumeError */
export interface VolumeError {
  time?: Time;
  message?: string;
  errorCode?: number;
}

/** io.k8s.api.storage.v1.VolumeNodeResources */
export interface VolumeNodeResources {
  count?: number;
}
