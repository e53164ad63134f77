/** Part of the disk in use at which images go, and down to which. (imageGCHighThresholdPercent, imageGCLowThresholdPercent) */
const HIGH = 0.85;
const LOW = 0.8;
/** Nothing younger goes, in ms: it may be for a container that is about to start. (imageMinimumGCAge) */
const MINIMUM_AGE = 120_000;

export interface KnownImage {
  readonly id: string;
  readonly sizeBytes: number;
  readonly pinned: boolean;
}

export interface Disk {
  readonly totalBytes: number;
  readonly freeBytes: number;
}

/** Remembers when images were last used, and says which may go when the disk gets full. (pkg/kubelet/images/image_gc_manager.go) */
export class ImageGarbage {
  readonly #seen = new Map<string, { first: number; used: number }>();

  /** @param inUse ids of images that have containers @returns ids to be removed, in this order */
  judge(images: readonly KnownImage[], inUse: ReadonlySet<string>, disk: Disk, now: Date): string[] {
    const at = now.getTime();
    for (const { id } of images) {
      const known = this.#seen.get(id) ?? { first: at, used: 0 };
      if (inUse.has(id)) known.used = at;
      this.#seen.set(id, known);
    }
    const present = new Set(images.map(({ id }) => id));
    for (const id of this.#seen.keys()) if (!present.has(id)) this.#seen.delete(id);
    const used = disk.totalBytes - disk.freeBytes;
    if (used < HIGH * disk.totalBytes) return [];
    let wanted = used - LOW * disk.totalBytes;
    const when = (id: string) => this.#seen.get(id) ?? { first: at, used: at };
    const candidates = images
      .filter(({ id, pinned }) => !pinned && !inUse.has(id) && at - when(id).first >= MINIMUM_AGE)
      .sort((a, b) => when(a.id).used - when(b.id).used || when(a.id).first - when(b.id).first);
    const chosen: string[] = [];
    for (const { id, sizeBytes } of candidates) {
      if (wanted <= 0) break;
      chosen.push(id);
      wanted -= sizeBytes;
    }
    return chosen;
  }
}
