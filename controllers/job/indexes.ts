import type { Job } from "../../openapi/api/batch.v1.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";

export const INDEX_ANNOTATION = "batch.kubernetes.io/job-completion-index";

/** Reads `1,3-5` as status.completedIndexes has it. @param completions indexes from here on are left out */
export function parseIndexes(text: string | undefined, completions = Number.POSITIVE_INFINITY): Set<number> {
  const indexes = new Set<number>();
  for (const part of (text ?? "").split(",").filter(Boolean)) {
    const [first = 0, last = first] = part.split("-").map(Number);
    for (let i = first; i <= last && i < completions; i++) indexes.add(i);
  }
  return indexes;
}

/** Writes indexes as `1,3-5`; two neighbours are written as `1,2`. (orderedIntervals.String) */
export function formatIndexes(indexes: ReadonlySet<number>): string {
  const parts: string[] = [];
  const sorted = [...indexes].sort((a, b) => a - b);
  for (let i = 0; i < sorted.length; ) {
    let j = i;
    while (sorted[j + 1] === (sorted[j] ?? 0) + 1) j++;
    const [first, last] = [sorted[i], sorted[j]];
    parts.push(i === j ? `${first}` : j === i + 1 ? `${first},${last}` : `${first}-${last}`);
    i = j + 1;
  }
  return parts.join(",");
}

/** The index a Pod works on; undefined when it has none. */
export function indexOf({ metadata }: Readonly<Pod>): number | undefined {
  const text = metadata.annotations?.[INDEX_ANNOTATION];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** The index, when it is one of the Job's present indexes: an elastic Job may have become smaller. */
export function validIndexOf(pod: Readonly<Pod>, { spec }: Readonly<Job>): number | undefined {
  const index = indexOf(pod);
  return index !== undefined && index < (spec.completions ?? 0) ? index : undefined;
}

/** Indexes of these Pods. */
export function indexesOf(pods: readonly Readonly<Pod>[]): Set<number> {
  return new Set(pods.map(indexOf).filter((index) => index !== undefined));
}

/** The lowest indexes below `completions` that are in none of the sets. @param count how many at most */
export function firstFree(count: number, completions: number, taken: readonly ReadonlySet<number>[]): number[] {
  const free: number[] = [];
  for (let i = 0; i < completions && free.length < count; i++) if (!taken.some((set) => set.has(i))) free.push(i);
  return free;
}
