import type { Container, PersistentVolume, Pod, Volume } from "../../../openapi/api/core.v1.ts";

/** What a Pod lets its node read, by kind. */
export interface PodReferences {
  readonly secrets: readonly string[];
  readonly configMaps: readonly string[];
  readonly claims: readonly string[];
  readonly resourceClaims: readonly string[];
  readonly serviceAccount: string;
}

const MIRROR = "kubernetes.io/config.mirror";

/** (pkg/api/v1/pod VisitPodSecretNames, VisitPodConfigmapNames; plugin/pkg/auth/authorizer/node AddPod) */
export function podReferences({ metadata, spec, status }: Readonly<Pod>): PodReferences {
  // A node makes its mirror Pods itself: they must not give it access to anything.
  if (metadata.annotations && MIRROR in metadata.annotations) {
    return { secrets: [], configMaps: [], claims: [], resourceClaims: [], serviceAccount: "" };
  }
  const { containers = [], initContainers = [], ephemeralContainers = [], volumes = [] } = spec;
  // Ephemeral containers have all the fields that are looked at here.
  const all: readonly Pick<Container, "env" | "envFrom">[] = [...initContainers, ...containers, ...ephemeralContainers];
  const env = all.flatMap((container) => container.env ?? []);
  const envFrom = all.flatMap((container) => container.envFrom ?? []);
  const statuses = status?.resourceClaimStatuses ?? [];
  return {
    secrets: names([
      ...(spec.imagePullSecrets ?? []).map((reference) => reference.name),
      ...envFrom.map((source) => source.secretRef?.name),
      ...env.map((variable) => variable.valueFrom?.secretKeyRef?.name),
      ...volumes.flatMap(volumeSecrets),
    ]),
    configMaps: names([
      ...envFrom.map((source) => source.configMapRef?.name),
      ...env.map((variable) => variable.valueFrom?.configMapKeyRef?.name),
      ...volumes.map((volume) => volume.configMap?.name),
      ...volumes.flatMap((volume) => (volume.projected?.sources ?? []).map((source) => source.configMap?.name)),
    ]),
    claims: names(
      volumes.map((volume) =>
        volume.ephemeral ? `${metadata.name}-${volume.name}` : volume.persistentVolumeClaim?.claimName,
      ),
    ),
    resourceClaims: names([
      ...(spec.resourceClaims ?? []).map(
        (claim) =>
          claim.resourceClaimName ?? statuses.find((status_) => status_.name === claim.name)?.resourceClaimName,
      ),
      status?.extendedResourceClaimStatus?.resourceClaimName,
    ]),
    serviceAccount: spec.serviceAccountName ?? "",
  };
}

const names = (list: readonly (string | undefined)[]): string[] => [
  ...new Set(list.filter((name): name is string => !!name)),
];

/** A volume has one source, so at most one of these is there, but for projected ones. */
function volumeSecrets(volume: Volume): (string | undefined)[] {
  return [
    volume.azureFile?.secretName,
    volume.cephfs?.secretRef?.name,
    volume.cinder?.secretRef?.name,
    volume.flexVolume?.secretRef?.name,
    ...(volume.projected?.sources ?? []).map((source) => source.secret?.name),
    volume.rbd?.secretRef?.name,
    volume.secret?.secretName,
    volume.scaleIO?.secretRef?.name,
    volume.iscsi?.secretRef?.name,
    volume.storageos?.secretRef?.name,
    volume.csi?.nodePublishSecretRef?.name,
  ];
}

/** Secrets, as namespace/name, that a node needs to mount a bound volume. (pkg/api/v1/persistentvolume VisitPVSecretNames) */
export function volumeSecretKeys({ spec }: Readonly<PersistentVolume>): string[] {
  const claimNamespace = spec.claimRef?.namespace ?? "";
  const { azureFile, csi } = spec;
  // Volumes stored long ago have references without a namespace, and meant that of their claim.
  const fallsBack = [spec.cephfs, spec.flexVolume, spec.rbd, spec.scaleIO, spec.iscsi].map(
    (source) => source?.secretRef,
  );
  const keys = [
    azureFile && key(azureFile.secretNamespace || claimNamespace, azureFile.secretName),
    ...fallsBack.map((reference) => reference && key(reference.namespace || claimNamespace, reference.name)),
    ...[
      spec.cinder?.secretRef,
      spec.storageos?.secretRef,
      csi?.nodePublishSecretRef,
      csi?.nodeStageSecretRef,
      csi?.nodeExpandSecretRef,
    ].map((reference) => reference && key(reference.namespace, reference.name)),
  ];
  return names(keys);
}

const key = (namespace: string | undefined, name: string | undefined): string | undefined =>
  name ? `${namespace ?? ""}/${name}` : undefined;
