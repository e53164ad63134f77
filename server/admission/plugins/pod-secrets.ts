import type { Container, EphemeralContainer, Pod, Volume } from "../../../openapi/api/core.v1.ts";
import { allContainers } from "../pod-containers.ts";

/** Names of the Secrets that a Pod uses. (pkg/api/pod VisitPodSecretNames) */
export function secretNames({ spec }: Pod): string[] {
  const names = [
    ...(spec.imagePullSecrets ?? []).map(({ name }) => name),
    ...allContainers(spec).flatMap(containerSecretNames),
    ...(spec.volumes ?? []).flatMap(volumeSecretNames),
  ];
  return names.filter((name): name is string => !!name);
}

function containerSecretNames({ envFrom, env }: Container | EphemeralContainer) {
  return [
    ...(envFrom ?? []).map(({ secretRef }) => secretRef?.name),
    ...(env ?? []).map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
  ];
}

function volumeSecretNames(volume: Volume) {
  return [
    volume.azureFile?.secretName,
    volume.cephfs?.secretRef?.name,
    volume.cinder?.secretRef?.name,
    volume.flexVolume?.secretRef?.name,
    ...(volume.projected?.sources ?? []).map(({ secret }) => secret?.name),
    volume.rbd?.secretRef?.name,
    volume.secret?.secretName,
    volume.scaleIO?.secretRef?.name,
    volume.iscsi?.secretRef?.name,
    volume.storageos?.secretRef?.name,
    volume.csi?.nodePublishSecretRef?.name,
  ];
}

/** Names of the ConfigMaps that a Pod uses. (pkg/api/pod VisitPodConfigmapNames) */
export function configMapNames({ spec }: Pod): string[] {
  const names = [
    ...allContainers(spec).flatMap(({ envFrom, env }) => [
      ...(envFrom ?? []).map(({ configMapRef }) => configMapRef?.name),
      ...(env ?? []).map(({ valueFrom }) => valueFrom?.configMapKeyRef?.name),
    ]),
    ...(spec.volumes ?? []).flatMap((volume) => [
      volume.configMap?.name,
      ...(volume.projected?.sources ?? []).map(({ configMap }) => configMap?.name),
    ]),
  ];
  return names.filter((name): name is string => !!name);
}
