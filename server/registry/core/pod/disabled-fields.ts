import type { ContainerStatus, PodSpec, PodStatus, PodTemplateSpec } from "../../../../openapi/api/core.v1.ts";
import { allContainers } from "./resource-lists.ts";

/**
 * Fields whose feature gates are off by default in 1.36: dropped, unless the stored object has them already.
 * (dropDisabledFields of pkg/api/pod)
 */
export function dropDisabledSpec(spec: PodSpec, old: PodSpec | undefined): void {
  const sources = projections(spec);
  if (!projections(old).some(({ clusterTrustBundle }) => clusterTrustBundle)) {
    for (const source of sources) delete source.clusterTrustBundle;
  }
  if (!projections(old).some(({ podCertificate }) => podCertificate)) {
    for (const source of sources) delete source.podCertificate;
  }
  if (!old?.schedulingGroup) delete spec.schedulingGroup;
  if (!allContainers(old).some(({ lifecycle }) => lifecycle?.stopSignal)) {
    for (const container of allContainers(spec)) {
      if (container.lifecycle?.stopSignal === undefined) continue;
      delete container.lifecycle.stopSignal;
      if (Object.keys(container.lifecycle).length === 0) delete container.lifecycle;
    }
  }
}

export function dropDisabledTemplate(template: PodTemplateSpec | undefined, old: PodTemplateSpec | undefined): void {
  if (template?.spec) dropDisabledSpec(template.spec, old?.spec);
}

function projections(spec: PodSpec | undefined) {
  return (spec?.volumes ?? []).flatMap(({ projected }) => projected?.sources ?? []);
}

/** (dropDisabledPodStatusFields of pkg/api/pod) */
export function dropDisabledStatus(status: PodStatus, old: PodStatus): void {
  const hasDigest = (list: readonly ContainerStatus[]) =>
    list.some(({ volumeMounts }) => volumeMounts?.some(({ volumeStatus }) => volumeStatus?.image));
  if (!hasDigest(containerStatuses(old))) {
    for (const mount of containerStatuses(status).flatMap(({ volumeMounts }) => volumeMounts ?? [])) {
      delete mount.volumeStatus;
    }
  }
  if (!old.nodeAllocatableResourceClaimStatuses) delete status.nodeAllocatableResourceClaimStatuses;
}

export function containerStatuses(status: PodStatus): ContainerStatus[] {
  const { containerStatuses: main = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = status;
  return [...main, ...initContainerStatuses, ...ephemeralContainerStatuses];
}
