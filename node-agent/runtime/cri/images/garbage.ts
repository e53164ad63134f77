export interface KnownImage {
  readonly id: string;
  readonly sizeBytes: number;
  readonly pinned: boolean;
}

/** Bytes. */
export interface Disk {
  readonly totalBytes: number;
  readonly freeBytes: number;
}

/** When images go; the names of kubelet's flags and settings. */
export interface ImageLimits {
  /** Part of the disk in use, in percent, from which on images go. (imageGCHighThresholdPercent) */
  readonly highThresholdPercent: number;
  /** Down to which they do. (imageGCLowThresholdPercent) */
  readonly lowThresholdPercent: number;
  /** Nothing younger goes, in ms: it may be for a container that is about to start. (imageMinimumGCAge) */
  readonly minimumAgeMs: number;
}

/** kubelet's own. (pkg/kubelet/apis/config/v1beta1/defaults.go) */
export const IMAGE_LIMITS: ImageLimits = {
  highThresholdPercent: 85,
  lowThresholdPercent: 80,
  minimumAgeMs: 120_000,
};

/** @throws Error */
export function checkImageLimits({ highThresholdPercent: high, lowThresholdPercent: low }: ImageLimits): void {
  for (const [name, percent] of [
    ["HighThresholdPercent", high],
    ["LowThresholdPercent", low],
  ] as const) {
    if (percent < 0 || percent > 100) throw new Error(`invalid ${name} ${percent}, must be in range [0-100]`);
  }
  if (low > high) throw new Error(`LowThresholdPercent ${low} can not be higher than HighThresholdPercent ${high}`);
}

/** How much of a disk is in use, in percent, rounded up as upstream does. */
export const usedPercent = ({ totalBytes, freeBytes }: Disk): number =>
  100 - Math.floor((freeBytes * 100) / totalBytes);

/** Bytes that images have to give back; undefined while there is room. */
export function bytesToFree(disk: Disk, limits: ImageLimits): number | undefined {
  if (usedPercent(disk) < limits.highThresholdPercent) return undefined;
  return Math.floor((disk.totalBytes * (100 - limits.lowThresholdPercent)) / 100) - disk.freeBytes;
}

/** Remembers when images were last used, and says in which order they may go. (pkg/kubelet/images/image_gc_manager.go) */
export class ImageGarbage {
  readonly #seen = new Map<string, { first: number; used: number }>();
  readonly #minimumAgeMs: number;

  constructor(minimumAgeMs: number) {
    this.#minimumAgeMs = minimumAgeMs;
  }

  /** @param inUse ids of images that have containers, or are mounted @returns what may go, first what is longest unused */
  candidates(images: readonly KnownImage[], inUse: ReadonlySet<string>, now: Date): KnownImage[] {
    const at = now.getTime();
    for (const { id } of images) {
      const known = this.#seen.get(id) ?? { first: at, used: 0 };
      if (inUse.has(id)) known.used = at;
      this.#seen.set(id, known);
    }
    const present = new Set(images.map(({ id }) => id));
    for (const id of this.#seen.keys()) if (!present.has(id)) this.#seen.delete(id);
    const when = (id: string) => this.#seen.get(id) ?? { first: at, used: at };
    return images
      .filter(({ id, pinned }) => !pinned && !inUse.has(id) && at - when(id).first >= this.#minimumAgeMs)
      .sort((a, b) => when(a.id).used - when(b.id).used || when(a.id).first - when(b.id).first);
  }
}
