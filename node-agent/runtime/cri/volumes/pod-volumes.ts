import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Clock, type Logger, quantity } from "../../../../client/index.ts";
import type { Pod } from "../../../../openapi/api/core.v1.ts";
import type { ContainerMount, FilesVolume, Volume } from "../../../volumes/volume.ts";
import type { FileSystemUsage } from "../../node-usage.ts";
import { mountImage, unmountImage } from "../images/mount.ts";
import { isHugePageMedium, pageSizeOption } from "../pod/huge-pages.ts";
import type { NodePaths } from "../pod/paths.ts";
import { writeAtomically } from "./atomic-writer.ts";
import { diskUsage, fileSystemUsage } from "./disk-usage.ts";
import { checkHostPath } from "./host-path.ts";
import { isBlockDevice, localKind, mountDevice } from "./local.ts";
import { mount, mountsBelow, unmountBelow } from "./mount.ts";
import { giveToGroup } from "./ownership.ts";
import { bindSubPath, makeSubPath, readBelow, subPathError } from "./sub-path.ts";

/** How often volumes that show objects are brought up to date, in ms. */
const REFRESH = 5_000;

/** Plugins' names, which folders have. */
const PLUGIN = {
  emptyDir: "kubernetes.io~empty-dir",
  files: "kubernetes.io~projected",
  image: "kubernetes.io~image",
  local: "kubernetes.io~local-volume",
} as const;

/** What of providing a volume fails, as kubelet's events call it. (pkg/volume/util/operationexecutor) */
function stepOf(volume: Volume): string {
  if (volume.type === "block") return "MapVolume.MapPodDevice";
  return volume.type === "durable" && volume.persistentVolume ? "MountVolume.MountDevice" : "MountVolume.SetUp";
}

export interface DiskVolumesOptions {
  readonly paths: NodePaths;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Volumes of a node's Pods as folders below the node's folder, and as mounts there. */
export class DiskVolumes {
  readonly #options: DiskVolumesOptions;
  readonly #files = new Map<string, FilesVolume[]>();
  /** Names of images that are volumes, by Pod. */
  readonly #images = new Map<string, readonly string[]>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: DiskVolumesOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#refresh(), REFRESH).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Idempotent: what is mounted already stays as it is. @throws Error for a FailedMount event */
  async mount(pod: Pod, volumes: readonly Volume[]): Promise<void> {
    const uid = pod.metadata.uid ?? "";
    for (const volume of volumes) {
      try {
        await this.#mountOne(pod, volume);
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        throw new Error(`${stepOf(volume)} failed for volume "${volume.persistentVolume ?? volume.name}" : ${text}`);
      }
    }
    const images = volumes.filter((volume) => volume.type === "image");
    if (images.length > 0)
      this.#images.set(
        uid,
        images.flatMap(({ image }) => image.names),
      );
    const files = volumes.filter((volume) => volume.type === "files");
    if (files.length > 0) this.#files.set(uid, files);
  }

  async unmount(uid: string): Promise<void> {
    this.#files.delete(uid);
    this.#images.delete(uid);
    const folder = this.#options.paths.pod(uid);
    if (!existsSync(folder)) return;
    const images = join(folder, "volumes", PLUGIN.image);
    for (const name of existsSync(images) ? readdirSync(images) : []) {
      // What containerd does not know of any more goes with the mounts below.
      await unmountImage(this.#options.paths.folder, join(images, name)).catch(() => {});
    }
    unmountBelow(folder);
    rmSync(folder, { recursive: true, force: true });
  }

  /** Names of the images that are volumes of Pods. */
  mountedImages(): Set<string> {
    return new Set([...this.#images.values()].flat());
  }

  /** What a Pod's emptyDirs take, in bytes by name. */
  async usage({ metadata, spec }: Pod): Promise<Map<string, number>> {
    const names = (spec.volumes ?? []).filter(({ emptyDir }) => emptyDir !== undefined).map(({ name }) => name);
    const folder = (name: string) => this.#options.paths.volume(metadata.uid ?? "", PLUGIN.emptyDir, name);
    const usage = names.map(async (name) => [name, (await diskUsage(folder(name))).bytes] as const);
    return new Map(await Promise.all(usage));
  }

  /** What a Pod's volumes take, by name, and where: those that the node made, but for images. */
  async fileSystems({ metadata }: Pod): Promise<Map<string, FileSystemUsage>> {
    const uid = metadata.uid ?? "";
    const found = new Map<string, FileSystemUsage>();
    for (const plugin of [PLUGIN.emptyDir, PLUGIN.files]) {
      const folder = join(this.#options.paths.pod(uid), "volumes", plugin);
      for (const name of existsSync(folder) ? readdirSync(folder) : []) {
        const path = join(folder, name);
        const usage = await diskUsage(path)
          .then((used) => fileSystemUsage(path, used))
          .catch(() => undefined);
        if (usage) found.set(name, usage); // it may have gone meanwhile
      }
    }
    return found;
  }

  /** Path of the node that a container's mount shows. @param index of the mount, among the container's @throws Error */
  hostPath(pod: Pod, container: string, { volume, subPath }: ContainerMount, index: number): string {
    const { paths } = this.#options;
    const uid = pod.metadata.uid ?? "";
    const root = this.#folder(uid, volume);
    if (!subPath) return root;
    const target = join(paths.pod(uid), "volume-subpaths", volume.name, container, String(index));
    const attempt = (step: "create" | "prepare", action: () => void) => {
      try {
        action();
      } catch (error) {
        this.#options.logger.error({ err: error, pod: pod.metadata.name, container, subPath }, "a subPath failed");
        throw subPathError(step, volume.name, container, error);
      }
    };
    attempt("create", () => makeSubPath(root, subPath));
    attempt("prepare", () => bindSubPath(root, subPath, target));
    return target;
  }

  /** A file of a Pod's volume, and where it is. @throws Error */
  read(pod: Pod, volume: Volume, path: string): { path: string; text: string } {
    const root = this.#folder(pod.metadata.uid ?? "", volume);
    return { path: join(root, path), text: readBelow(root, path) };
  }

  #folder(uid: string, volume: Volume): string {
    const { paths } = this.#options;
    if (volume.type === "hostPath" || volume.type === "block") return paths.disk(volume.path);
    if (volume.type === "local" && !isBlockDevice(volume.path)) return volume.path;
    if (volume.type !== "durable") return paths.volume(uid, PLUGIN[volume.type], volume.name);
    if (!volume.csiDriver) throw new Error(`no driver for ${volume.id} runs on this node`);
    const step = volume.persistentVolume
      ? "attacher.MountDevice failed to create newCsiDriverClient"
      : "mounter.SetUpAt failed to get CSI client";
    throw new Error(
      `kubernetes.io/csi: ${step}: driver name ${volume.csiDriver} not found in the list of registered CSI drivers`,
    );
  }

  async #mountOne(pod: Pod, volume: Volume): Promise<void> {
    const folder = this.#folder(pod.metadata.uid ?? "", volume);
    if (volume.type === "hostPath") return checkHostPath(folder, volume.pathType);
    if (volume.type === "block") {
      if (localKind(folder) !== "device") throw new Error(`${folder} is no block device`);
      return;
    }
    if (volume.type === "local") {
      if (localKind(volume.path) === "device" && !mountsBelow(folder).includes(folder)) mountDevice(volume, folder);
      if (volume.fsGroup !== undefined && !volume.readOnly) {
        giveToGroup(folder, volume.fsGroup, volume.fsGroupChangePolicy ?? "Always");
      }
      return;
    }
    if (volume.type === "files") {
      writeAtomically(folder, await volume.content(), volume.fsGroup);
      return;
    }
    if (volume.type === "image") {
      if (mountsBelow(folder).includes(folder)) return;
      mkdirSync(folder, { recursive: true });
      return mountImage(this.#options.paths.folder, volume.image, folder);
    }
    if (volume.type !== "emptyDir") return;
    const pages = isHugePageMedium(volume.medium) ? pageSizeOption(volume.medium, pod) : undefined;
    const isMounted = volume.medium === "Memory" || pages !== undefined;
    // A folder alone may be what is left of an attempt that failed.
    if (existsSync(folder) && (!isMounted || mountsBelow(folder).includes(folder))) return;
    mkdirSync(folder, { recursive: true });
    // Before anything is mounted there: what is has its own mode, such as tmpfs' sticky bit.
    chmodSync(folder, 0o777);
    if (pages) mount("-t", "hugetlbfs", "-o", pages, "nodev", folder);
    else if (isMounted) {
      const limit = (pod.spec.volumes ?? []).find(({ name }) => name === volume.name)?.emptyDir?.sizeLimit;
      const size = limit && quantity(limit) > 0 ? ["-o", `size=${quantity(limit)}`] : [];
      mount("-t", "tmpfs", ...size, "tmpfs", folder);
    }
    if (volume.fsGroup !== undefined) giveToGroup(folder, volume.fsGroup, "Always");
  }

  async #refresh(): Promise<void> {
    for (const [uid, volumes] of this.#files) {
      for (const volume of volumes) {
        try {
          const content = await volume.content();
          // The Pod may have ended meanwhile.
          if (this.#files.has(uid)) writeAtomically(this.#folder(uid, volume), content, volume.fsGroup);
        } catch (error) {
          this.#options.logger.debug({ err: error, uid, volume: volume.name }, "bringing a volume up to date failed");
        }
      }
    }
  }
}
