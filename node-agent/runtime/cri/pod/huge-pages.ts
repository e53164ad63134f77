import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { quantity } from "../../../../client/index.ts";
import type { Container, Pod } from "../../../../openapi/api/core.v1.ts";
import { binary } from "../../../eviction/message.ts";
import { requestOf } from "../../../predicates.ts";
import type { HugepageLimit } from "../api/types.ts";

const FOLDER = "/sys/kernel/mm/hugepages";
const PREFIX = "hugepages-";
const MEDIUM = "HugePages";
const UNITS = ["KB", "MB", "GB"];

/** Sizes of pages that the kernel knows, in bytes, with how many of each there are. */
function knownSizes(folder: string): [bytes: number, pages: number][] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name): [number, number][] => {
    const [, kibibytes] = /^hugepages-(\d+)kB$/.exec(name) ?? [];
    if (!kibibytes) return [];
    return [[Number(kibibytes) * 1024, Number(readFileSync(join(folder, name, "nr_hugepages"), "utf8"))]];
  });
}

/** What a node has of huge pages, by resource. */
export function hugePageCapacity(folder = FOLDER): Record<string, string> {
  const sizes = knownSizes(folder).sort(([a], [b]) => b - a);
  return Object.fromEntries(sizes.map(([bytes, pages]) => [PREFIX + binary(bytes), binary(bytes * pages)]));
}

/** As the kernel's cgroups name a size: 2MB. */
function cgroupName(bytes: number): string {
  let amount = bytes / 1024;
  let unit = 0;
  while (amount % 1024 === 0 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit++;
  }
  return `${amount}${UNITS[unit]}`;
}

/**
 * What a container may have of each size; of those that nobody gives it, none.
 * (kuberuntime_container_linux.go GetHugepageLimitsFromResources)
 */
export function hugePageLimits({ spec }: Pod, { resources }: Container, folder = FOLDER): HugepageLimit[] {
  const limits: Readonly<Record<string, string>> = { ...spec.resources?.limits, ...resources?.limits };
  return knownSizes(folder).map(([bytes]) => ({
    pageSize: cgroupName(bytes),
    limit: quantity(limits[PREFIX + binary(bytes)] ?? "0"),
  }));
}

/** What all of a Pod may have. (pkg/kubelet/cm/helpers_linux.go HugePageLimits) */
export function podHugePageLimits(pod: Pod, folder = FOLDER): HugepageLimit[] {
  return knownSizes(folder).map(([bytes]) => ({
    pageSize: cgroupName(bytes),
    limit: requestOf(pod, PREFIX + binary(bytes)),
  }));
}

/** Whether an emptyDir's medium is huge pages. */
export const isHugePageMedium = (medium: string): boolean => medium === MEDIUM || medium.startsWith(`${MEDIUM}-`);

/** How such an emptyDir is mounted. (pkg/volume/emptydir getPageSizeMountOption) @throws Error */
export function pageSizeOption(medium: string, { spec }: Pod): string {
  const all = [
    spec.resources?.requests,
    ...[...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ resources }) => resources?.requests),
  ];
  const names = all.flatMap((requests) => Object.keys(requests ?? {}));
  const sizes = new Set(names.filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length)));
  const wanted = medium === MEDIUM ? undefined : quantity(medium.slice(MEDIUM.length + 1));
  const found = [...sizes].filter((size) => wanted === undefined || quantity(size) === wanted);
  if (found.length > 1) {
    throw new Error(`medium: ${medium} can't be used if container requests multiple huge page sizes`);
  }
  if (found.length === 0) {
    throw new Error(`medium ${medium}: hugePages storage requested, but there is no resource request for huge pages`);
  }
  return `pagesize=${found[0]}`;
}
