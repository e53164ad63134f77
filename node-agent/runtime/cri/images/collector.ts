import { statfs } from "node:fs/promises";
import type { Clock, Logger } from "../../../../client/index.ts";
import type { CriClient } from "../api/client.ts";
import { bytesToFree, type Disk, ImageGarbage, type ImageLimits, type KnownImage, usedPercent } from "./garbage.ts";
import type { ImageStore } from "./image-store.ts";
import { PAUSE_IMAGE } from "./pause.ts";

/** How often it is looked for images to be removed, in ms. (ImageGCPeriod) */
const COLLECT = 300_000;
/** How often it is looked which images there are, in ms: others load some too. (image_gc_manager.go Start) */
const LIST = 30_000;

export interface CollectorOptions {
  readonly client: Pick<CriClient, "listContainers" | "removeImage">;
  readonly images: Pick<ImageStore, "refresh" | "forgetPulls">;
  /** Folder on the disk of images. */
  readonly folder: string;
  readonly imageLimits: ImageLimits;
  /** Names of images that Pods have as volumes. */
  mounted(): ReadonlySet<string>;
  /** Warns in an event of the node. */
  warn(reason: string, message: string): void;
  readonly clock: Clock;
  readonly logger: Logger;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

function sizeText(bytes: number): string {
  let [size, unit] = [bytes, 0];
  for (; size >= 1024 && unit < UNITS.length - 1; unit++) size /= 1024;
  return unit === 0 ? `${bytes} B` : `${size.toFixed(1)} ${UNITS[unit]}`;
}

/** Removes images that nothing uses when their disk gets full. (pkg/kubelet/images/image_gc_manager.go) */
export class ImageCollector {
  readonly #options: CollectorOptions;
  readonly #garbage: ImageGarbage;
  #timer: NodeJS.Timeout | undefined;
  #lister: NodeJS.Timeout | undefined;
  #failedBefore = false;

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#garbage = new ImageGarbage(options.imageLimits.minimumAgeMs);
  }

  /** Looks now, and then now and again. */
  start(): void {
    const { imageLimits, logger, warn, images } = this.#options;
    const list = () =>
      images.refresh().catch((error: unknown) => logger.debug({ err: error }, "looking for images failed"));
    this.#lister = setInterval(list, LIST).unref();
    if (imageLimits.highThresholdPercent === 100) return;
    const look = () =>
      this.collect().then(
        () => {
          this.#failedBefore = false;
        },
        (error: unknown) => {
          logger.warn({ err: error }, "removing unused images failed");
          // Once may be chance.
          if (this.#failedBefore) warn("ImageGCFailed", error instanceof Error ? error.message : String(error));
          this.#failedBefore = true;
        },
      );
    this.#timer = setInterval(look, COLLECT).unref();
    void look();
  }

  stop(): void {
    clearInterval(this.#timer);
    clearInterval(this.#lister);
  }

  /** Removes as many as the limits want. @throws Error when that is not enough */
  async collect(): Promise<void> {
    const { imageLimits, warn, folder } = this.#options;
    const candidates = await this.#candidates();
    const { blocks, bavail, bsize } = await statfs(folder);
    const disk: Disk = { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
    if (disk.totalBytes === 0) {
      const message = "invalid capacity 0 on image filesystem";
      warn("InvalidDiskCapacity", message);
      throw new Error(message);
    }
    const wanted = bytesToFree(disk, imageLimits);
    if (wanted === undefined) return;
    const freed = await this.#free(candidates, wanted);
    if (freed >= wanted) return;
    const message = `Insufficient free disk space on the node's image filesystem (${usedPercent(disk)}% of ${sizeText(disk.totalBytes)} used). Failed to free sufficient space by deleting unused images (freed ${freed} bytes). Investigate disk usage, as it could be used by active images, logs, volumes, or other data.`;
    warn("FreeDiskSpaceFailed", message);
    throw new Error(message);
  }

  /** Removes all that nothing uses and that are old enough. @throws Error */
  async removeUnused(): Promise<void> {
    await this.#free(await this.#candidates(), Number.POSITIVE_INFINITY);
  }

  async #candidates(): Promise<KnownImage[]> {
    const { client, images, mounted, clock } = this.#options;
    const items = await images.refresh();
    images.forgetPulls(new Set(items.map(({ id }) => id)));
    const inUse = new Set((await client.listContainers()).map(({ imageRef }) => imageRef));
    const volumes = mounted();
    for (const { id, repoTags, repoDigests } of items) {
      if ([...repoTags, ...repoDigests].some((name) => volumes.has(name))) inUse.add(id);
    }
    const known = items.map(({ id, size, pinned, repoTags }) => ({
      id,
      sizeBytes: size,
      // Not all runtimes know of it that no Pod starts without this one.
      pinned: pinned || repoTags.includes(PAUSE_IMAGE),
    }));
    return this.#garbage.candidates(known, inUse, clock.now());
  }

  /** @returns bytes of the images that went @throws Error when some could not */
  async #free(candidates: readonly KnownImage[], wanted: number): Promise<number> {
    const { client, logger, images } = this.#options;
    const failures: string[] = [];
    let freed = 0;
    for (const { id, sizeBytes } of candidates) {
      logger.info({ image: id, sizeBytes }, "removing an image to free its bytes");
      try {
        await client.removeImage(id);
        freed += sizeBytes;
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
      }
      if (freed >= wanted) break;
    }
    if (candidates.length > 0) await images.refresh();
    if (failures.length === 0) return freed;
    const limit = wanted === Number.POSITIVE_INFINITY ? "9223372036854775807" : wanted;
    const all = failures.length === 1 ? failures[0] : `[${failures.join(", ")}]`;
    throw new Error(
      `wanted to free ${limit} bytes, but freed ${freed} bytes space with errors in image deletion: ${all}`,
    );
  }
}
