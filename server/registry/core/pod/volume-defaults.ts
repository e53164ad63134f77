import type { PersistentVolumeClaimSpec, Volume } from "../../../../openapi/api/core.v1.ts";
import { defaultPullPolicy } from "./image-reference.ts";
import { roundRequirements } from "./resource-lists.ts";

const MODE = 0o644;

/** (SetDefaults_Volume and what zz_generated.defaults calls for its sources) */
export function defaultVolume(volume: Volume): void {
  const { name: _name, ...source } = volume;
  if (Object.keys(source).length === 0) volume.emptyDir = {};
  if (volume.image) volume.image.pullPolicy ||= defaultPullPolicy(volume.image.reference);
  if (volume.hostPath) volume.hostPath.type ??= "";
  if (volume.secret) volume.secret.defaultMode ??= MODE;
  if (volume.configMap) volume.configMap.defaultMode ??= MODE;
  if (volume.iscsi) volume.iscsi.iscsiInterface ||= "default";
  if (volume.rbd) {
    volume.rbd.pool ||= "rbd";
    volume.rbd.user ||= "admin";
    volume.rbd.keyring ||= "/etc/ceph/keyring";
  }
  if (volume.downwardAPI) {
    volume.downwardAPI.defaultMode ??= MODE;
    for (const { fieldRef } of volume.downwardAPI.items ?? []) if (fieldRef) fieldRef.apiVersion ||= "v1";
  }
  if (volume.azureDisk) {
    volume.azureDisk.cachingMode ??= "ReadWrite";
    volume.azureDisk.fsType ??= "ext4";
    volume.azureDisk.readOnly ??= false;
    volume.azureDisk.kind ??= "Shared";
  }
  if (volume.projected) {
    volume.projected.defaultMode ??= MODE;
    for (const { downwardAPI, serviceAccountToken } of volume.projected.sources ?? []) {
      for (const { fieldRef } of downwardAPI?.items ?? []) if (fieldRef) fieldRef.apiVersion ||= "v1";
      if (serviceAccountToken) serviceAccountToken.expirationSeconds ??= 3600;
    }
  }
  if (volume.scaleIO) {
    volume.scaleIO.storageMode ||= "ThinProvisioned";
    volume.scaleIO.fsType ||= "xfs";
  }
  if (volume.ephemeral?.volumeClaimTemplate) defaultClaimSpec(volume.ephemeral.volumeClaimTemplate.spec);
}

/** Of claims in templates; claims of their own have the same. (SetDefaults_PersistentVolumeClaimSpec) */
export function defaultClaimSpec(spec: PersistentVolumeClaimSpec): void {
  spec.volumeMode ??= "Filesystem";
  roundRequirements(spec.resources);
}
