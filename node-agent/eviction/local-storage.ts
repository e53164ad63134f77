import { quantity } from "../../client/index.ts";
import type { Container, Pod } from "../../openapi/api/core.v1.ts";
import { binary } from "./message.ts";

/** What a Pod has on its node's disk, in bytes. */
export interface LocalStorage {
  /** Of its emptyDirs, by name. */
  readonly volumes: ReadonlyMap<string, number>;
  /** Logs and what was written into the image's files, by container. */
  readonly containers: ReadonlyMap<string, number>;
}

const RESOURCE = "ephemeral-storage";
const limitOf = ({ resources }: Container) => resources?.limits?.[RESOURCE];
const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, number) => total + number, 0);

/** Whether something says how much a Pod may have there. */
export function hasStorageLimit({ spec }: Pod): boolean {
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const isLimited = (limit: string | undefined) => limit !== undefined && quantity(limit) > 0;
  return (
    containers.some((container) => limitOf(container) !== undefined) ||
    (spec.volumes ?? []).some(({ emptyDir }) => isLimited(emptyDir?.sizeLimit))
  );
}

/** What all containers together may have; undefined when none says. (component-helpers/resource PodLimits) */
function podLimit({ spec }: Pod): { bytes: number; text: string } | undefined {
  const initial = spec.initContainers ?? [];
  const lasting = [...(spec.containers ?? []), ...initial.filter(({ restartPolicy }) => restartPolicy === "Always")];
  const texts = [...lasting, ...initial].flatMap((container) => limitOf(container) ?? []);
  if (texts.length === 0) return undefined;
  const together = sum(lasting.map((container) => quantity(limitOf(container) ?? "0")));
  const bytes = Math.max(together, ...initial.map((container) => quantity(limitOf(container) ?? "0")));
  return { bytes, text: texts.find((text) => quantity(text) === bytes) ?? binary(bytes) };
}

/**
 * Why a Pod has to go: it has more on the disk than it may; undefined when it may stay.
 * (pkg/kubelet/eviction/eviction_manager.go localStorageEviction)
 */
export function storageExceeded(pod: Pod, { volumes, containers }: LocalStorage): string | undefined {
  for (const { name, emptyDir } of pod.spec.volumes ?? []) {
    const limit = emptyDir?.sizeLimit;
    if (limit && quantity(limit) > 0 && (volumes.get(name) ?? 0) > quantity(limit)) {
      return `Usage of EmptyDir volume ${JSON.stringify(name)} exceeds the limit ${JSON.stringify(limit)}. `;
    }
  }
  const limit = podLimit(pod);
  // What is in memory is not on the disk.
  const onDisk = [...volumes].filter(([name]) => {
    return pod.spec.volumes?.find((volume) => volume.name === name)?.emptyDir?.medium !== "Memory";
  });
  const used = sum(containers.values()) + sum(onDisk.map(([, bytes]) => bytes));
  if (limit && used > limit.bytes) {
    return `Pod ephemeral local storage usage exceeds the total limit of containers ${limit.text}. `;
  }
  for (const container of pod.spec.containers ?? []) {
    const own = limitOf(container);
    if (own && quantity(own) > 0 && (containers.get(container.name) ?? 0) > quantity(own)) {
      return `Container ${container.name} exceeded its local ephemeral storage limit ${JSON.stringify(own)}. `;
    }
  }
  return undefined;
}
