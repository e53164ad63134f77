import type { Clock } from "../../../client/index.ts";
import type { Pod } from "../../../openapi/api/core.v1.ts";
import type { ContainerMount, FilesVolume, HostPathVolume, Volume, VolumeFile } from "../../volumes/volume.ts";
import { type DirectoryNode, directory, file, type LinkNode, type Node } from "./files/node.ts";
import type { ImageCatalog } from "./image-catalog.ts";
import { imageFiles, place } from "./image-files.ts";

/** Folders of volumes by what they are of: outlive Pods, and nodes that share them. */
export type Disks = Map<string, DirectoryNode>;

export interface TreeVolumesOptions {
  readonly clock: Clock;
  readonly images: ImageCatalog;
  /** As the node's own files have it. */
  readonly nodeName: string;
  /** Shared by all nodes of a process. */
  readonly disks: Disks;
}

const GROUP_READ = 0o440;
const SETGID = 0o2000;
const DATA = "..data";
/** A look at a volume's content is good for so long, in ms. */
const LOOK = 1_000;
/** What hostPath types say in errors, and what is made when there is nothing. (pkg/volume/hostpath) */
const HOST_TYPES: Readonly<Record<string, { type?: Node["type"]; make?: Node["type"]; name: string }>> = {
  "": { make: "directory", name: "" },
  DirectoryOrCreate: { type: "directory", make: "directory", name: "a directory" },
  Directory: { type: "directory", name: "a directory" },
  FileOrCreate: { type: "file", make: "file", name: "a file" },
  File: { type: "file", name: "a file" },
  Socket: { name: "a socket file" },
  CharDevice: { name: "a character device" },
  BlockDevice: { name: "a block device" },
};

/** Volumes of a node's Pods as trees in memory. */
export class TreeVolumes {
  readonly #options: TreeVolumesOptions;
  readonly #pods = new Map<string, Map<string, Node>>();
  /** The node's own disk, for hostPath. */
  readonly #host: DirectoryNode;

  constructor(options: TreeVolumesOptions) {
    this.#options = options;
    this.#host = directory(options.clock.now());
    for (const path of ["/dev", "/etc", "/opt", "/tmp", "/usr", "/var/lib", "/var/log"]) {
      place(this.#host, path, directory(options.clock.now(), path === "/tmp" ? 0o1777 : 0o755));
    }
    const own = { "/etc/hosts": "127.0.0.1\tlocalhost\n", "/etc/hostname": `${options.nodeName}\n` };
    for (const [path, text] of Object.entries(own)) place(this.#host, path, file(text, options.clock.now()));
  }

  /** Idempotent. @throws Error for a FailedMount event */
  async mount(pod: Pod, volumes: readonly Volume[]): Promise<void> {
    const uid = pod.metadata.uid ?? "";
    const known = this.#pods.get(uid) ?? new Map<string, Node>();
    this.#pods.set(uid, known);
    for (const volume of volumes) {
      if (known.has(volume.name)) continue;
      try {
        known.set(volume.name, await this.#make(volume));
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        throw new Error(`MountVolume.SetUp failed for volume "${volume.name}" : ${text}`);
      }
    }
  }

  unmount(podUid: string): void {
    this.#pods.delete(podUid);
  }

  /** What a container sees at a mount's path. @throws Error */
  async nodeFor(podUid: string, { volume, subPath }: ContainerMount): Promise<Node> {
    const root = this.#pods.get(podUid)?.get(volume.name);
    if (!root) throw new Error(`volume "${volume.name}" is not mounted`);
    if (!subPath) return root;
    return this.#below(root, subPath);
  }

  /** A file of a volume, and what it is called. @throws Error */
  async read(podUid: string, volume: Volume, path: string): Promise<{ path: string; text: string }> {
    const root = this.#pods.get(podUid)?.get(volume.name);
    if (!root) throw new Error(`volume "${volume.name}" is not mounted`);
    let at: Node | undefined = root;
    for (const part of path.split("/").filter((part) => part && part !== ".")) {
      if (at?.type === "directory") await at.refresh?.();
      at = at?.type === "directory" ? at.entries.get(part) : undefined;
    }
    if (at?.type !== "file") throw new Error(`${path} is no file`);
    return { path: `/${volume.name}/${path}`, text: at.content.toString("utf8") };
  }

  async #make(volume: Volume): Promise<Node> {
    const { clock, disks, images } = this.#options;
    const now = clock.now();
    switch (volume.type) {
      case "files":
        return filesTree(volume, clock);
      case "hostPath":
        return this.#hostPath(volume);
      case "local":
        return this.#hostPath({
          type: "hostPath",
          name: volume.name,
          path: volume.path,
          pathType: "DirectoryOrCreate",
        });
      case "block":
        return file("", now);
      case "image":
        return imageFiles(images.definitionOf(volume.image.names[0] ?? ""), [], now);
      case "durable": {
        const disk = disks.get(volume.id) ?? directory(now, 0o777);
        disks.set(volume.id, disk);
        if (volume.fsGroup !== undefined) giveToGroup(disk, volume.fsGroup);
        return disk;
      }
      case "emptyDir": {
        const type = volume.medium === "Memory" ? "tmpfs" : volume.medium === "" ? "ext4" : "hugetlbfs";
        const folder: DirectoryNode = { ...directory(now, 0o777), fileSystem: type };
        if (volume.fsGroup !== undefined) giveToGroup(folder, volume.fsGroup);
        return folder;
      }
    }
  }

  #hostPath({ path, pathType }: HostPathVolume): Node {
    const { type, make, name } = HOST_TYPES[pathType] ?? { name: pathType };
    const now = this.#options.clock.now();
    let found: Node | undefined = this.#host;
    for (const part of path.split("/").filter(Boolean)) {
      found = found?.type === "directory" ? found.entries.get(part) : undefined;
    }
    if (!found && make) {
      found = make === "file" ? file("", now) : directory(now);
      place(this.#host, path, found);
    }
    if (!found || (type && found.type !== type) || (!type && !make)) {
      throw new Error(`hostPath type check failed: ${path} is not ${name}`);
    }
    return found;
  }

  /** The way is walked within the volume, and what is missing is made. (pkg/volume/util/subpath) */
  async #below(root: Node, subPath: string): Promise<Node> {
    const parts = subPath.split("/").filter((part) => part && part !== ".");
    let at = root;
    for (let links = 0; parts.length > 0; ) {
      const part = parts.shift() ?? "";
      if (at.type !== "directory") throw new Error(`${subPath}: not a directory`);
      await at.refresh?.();
      let next = at.entries.get(part);
      if (!next) {
        const { uid, gid, mode } = at;
        next = { ...directory(this.#options.clock.now(), mode), uid, gid };
        at.entries.set(part, next);
      }
      if (next.type === "link") {
        if (next.target.startsWith("/") || ++links > 10) throw new Error(`subPath ${subPath} leads out of its volume`);
        parts.unshift(...next.target.split("/"));
        continue;
      }
      at = next;
    }
    return at;
  }
}

/**
 * Files through `..data`, as its writer lays them out: all of them change at once. Tokens are asked for when somebody
 * looks for the first time. (pkg/volume/util/atomic_writer.go)
 */
async function filesTree(volume: FilesVolume, clock: Clock): Promise<DirectoryNode> {
  let last = volume.hasToken ? [] : await volume.content();
  let looked = volume.hasToken ? Number.NEGATIVE_INFINITY : clock.now().getTime();
  let pending: Promise<void> | undefined;
  const root: DirectoryNode = {
    ...directory(clock.now(), 0o777),
    fileSystem: "tmpfs",
    async refresh() {
      if (clock.now().getTime() - looked < LOOK) return pending;
      looked = clock.now().getTime();
      pending = volume.content().then(
        (content) => {
          if (isSame(last, content)) return;
          last = content;
          fill(root, content, volume.fsGroup, clock.now());
        },
        // What cannot be read now stays as it was, as with kubelet.
        () => {},
      );
      await pending;
    },
  };
  if (!volume.hasToken) fill(root, last, volume.fsGroup, clock.now());
  return root;
}

function fill(root: DirectoryNode, content: readonly VolumeFile[], fsGroup: number | undefined, now: Date): void {
  const gid = fsGroup ?? 0;
  const version = { ...directory(now), gid, ...(fsGroup !== undefined && { mode: 0o755 | SETGID }) };
  for (const { path, data, mode, uid = 0 } of content) {
    const bits = fsGroup === undefined ? mode : mode | GROUP_READ;
    place(version, path, { ...file(data, now, bits), uid, gid });
  }
  const stamp = now.toISOString().replaceAll(/[-:]/g, "_").replace("T", "_").replace("Z", "");
  const link = (target: string): LinkNode => ({ type: "link", target, mode: 0o777, uid: 0, gid, modified: now });
  root.entries.clear();
  root.entries.set(`..${stamp}`, version);
  root.entries.set(DATA, link(`..${stamp}`));
  for (const name of version.entries.keys()) root.entries.set(name, link(`${DATA}/${name}`));
  root.modified = now;
}

const isSame = (one: readonly VolumeFile[], other: readonly VolumeFile[]) =>
  one.length === other.length &&
  one.every(({ path, data, mode }, at) => {
    const { path: otherPath, data: otherData, mode: otherMode } = other[at] ?? {};
    return path === otherPath && mode === otherMode && otherData !== undefined && data.equals(otherData);
  });

/** (pkg/volume/volume_linux.go changeFilePermission) */
function giveToGroup(node: Node, group: number): void {
  if (node.type === "link") return;
  node.gid = group;
  node.mode |= node.type === "directory" ? 0o770 | SETGID : 0o660;
  if (node.type === "directory") for (const entry of node.entries.values()) giveToGroup(entry, group);
}
