import type { Pod, Volume, VolumeProjection } from "../../../../openapi/api/core.v1.ts";
import { goQuote } from "../../../meta/go-quote.ts";
import { configMapNames, secretNames } from "../pod-secrets.ts";

interface Reference {
  /** What the Pod needs of the API, as upstream words it. */
  readonly resource?: string;
  readonly error?: string;
}

const HARMLESS = [
  "awsElasticBlockStore",
  "azureDisk",
  "cephfs",
  "cinder",
  "downwardAPI",
  "emptyDir",
  "fc",
  "flexVolume",
  "flocker",
  "gcePersistentDisk",
  "gitRepo",
  "hostPath",
  "image",
  "iscsi",
  "nfs",
  "photonPersistentDisk",
  "portworxVolume",
  "quobyte",
  "rbd",
  "scaleIO",
  "storageos",
  "vsphereVolume",
] as const;
const VOLUMES = [
  ["configMap", "configmaps (via configmap volumes)"],
  ["secret", "secrets (via secret volumes)"],
  ["csi", "csidrivers (via CSI volumes)"],
  ["glusterfs", "endpoints (via glusterFS volumes)"],
  ["persistentVolumeClaim", "persistentvolumeclaims"],
  ["ephemeral", "persistentvolumeclaims (via ephemeral volumes)"],
  ["azureFile", "secrets (via azureFile volumes)"],
] as const;
const PROJECTIONS = [
  ["configMap", "configmaps (via projected volumes)"],
  ["secret", "secrets (via projected volumes)"],
  ["serviceAccountToken", "serviceaccounts (via projected volumes)"],
  ["clusterTrustBundle", "clustertrustbundles"],
  ["podCertificate", "podcertificates"],
] as const;

/** The first other object of the API that a Pod leans on. (pkg/api/pod HasAPIObjectReference) */
export function apiReferenceOf(pod: Pod): Reference {
  const { spec } = pod;
  if (spec.serviceAccountName) return { resource: "serviceaccounts" };
  if (secretNames(pod).length > 0) return { resource: "secrets" };
  if (configMapNames(pod).length > 0) return { resource: "configmaps" };
  if (spec.resourceClaims?.length) return { resource: "resourceclaims" };
  for (const volume of spec.volumes ?? []) {
    const reference = volumeReference(volume);
    if (reference) return reference;
  }
  return {};
}

function volumeReference(volume: Volume): Reference | undefined {
  if (HARMLESS.some((type) => volume[type])) return undefined;
  const found = VOLUMES.find(([type]) => volume[type]);
  if (found) return { resource: found[1] };
  // Two blanks: as upstream.
  if (!volume.projected) return { error: `unknown volume type for volume  ${goQuote(volume.name)}` };
  for (const source of volume.projected.sources ?? []) {
    const reference = projectionReference(source, volume.name);
    if (reference) return reference;
  }
  return undefined;
}

function projectionReference(source: VolumeProjection, volume: string): Reference | undefined {
  const found = PROJECTIONS.find(([type]) => source[type]);
  if (found) return { resource: found[1] };
  return source.downwardAPI ? undefined : { error: `unknown source for projected volume ${goQuote(volume)}` };
}
