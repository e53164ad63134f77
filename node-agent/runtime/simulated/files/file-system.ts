import { type Attributes, type DirectoryNode, FileError, type LinkNode, type Node } from "./node.ts";

/** Who a process is. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
}

export interface Mount {
  readonly node: Node;
  readonly readOnly: boolean;
}

export interface FileSystemOptions {
  /** Made when somebody looks: most containers never do. */
  root(): DirectoryNode;
  readonly readOnlyRoot: boolean;
  /** By absolute path, without a slash at the end. */
  mounts(): ReadonlyMap<string, Mount>;
  readonly identity: Identity;
  readonly now: () => Date;
}

interface Found {
  readonly node: Node;
  readonly path: string;
  readonly readOnly: boolean;
  /** Type of the file system that it is on. */
  readonly fileSystem: string;
}

const READ = 4;
const WRITE = 2;
const SEARCH = 1;
const MAX_LINKS = 40;

/** Absolute, without `.`, `..` and double slashes. */
export function normalize(path: string, cwd = "/"): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${cwd}/${path}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

const parentOf = (path: string) => path.slice(0, path.lastIndexOf("/")) || "/";
const nameOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/** One container's files: its image, and on top of it its Pod's volumes. All paths are absolute. All throw FileError. */
export class FileSystem {
  readonly #options: FileSystemOptions;

  constructor(options: FileSystemOptions) {
    this.#options = options;
  }

  get identity(): Identity {
    return this.#options.identity;
  }

  get mounts(): ReadonlyMap<string, Mount> {
    return this.#options.mounts();
  }

  /** @param follow whether a link at the end is followed */
  async stat(path: string, follow = true): Promise<Node> {
    return (await this.#find(path, follow)).node;
  }

  async exists(path: string): Promise<boolean> {
    return this.#find(path, true).then(
      () => true,
      () => false,
    );
  }

  /** Type of the file system, for example `tmpfs`. */
  async fileSystemOf(path: string): Promise<string> {
    return (await this.#find(path, true)).fileSystem;
  }

  async read(path: string): Promise<Buffer> {
    const { node } = await this.#find(path, true);
    this.#check(node, READ);
    if (node.type !== "file") throw new FileError("EISDIR");
    return node.content;
  }

  /** Names, sorted. */
  async list(path: string): Promise<string[]> {
    const { node, path: at } = await this.#find(path, true);
    if (node.type !== "directory") throw new FileError("ENOTDIR");
    this.#check(node, READ);
    const own = [...node.entries.keys()];
    const prefix = at === "/" ? "/" : `${at}/`;
    const mounted = [...this.mounts.keys()].filter((mount) => mount !== "/" && mount.startsWith(prefix));
    return [...new Set([...own, ...mounted.map((mount) => mount.slice(prefix.length).split("/")[0] ?? "")])].sort();
  }

  /** Creates or replaces. @param mode of a new file */
  async write(path: string, content: Buffer, { append = false, mode = 0o644 } = {}): Promise<void> {
    if (path === "/dev/null") return;
    const target = await this.#target(path);
    const known = await this.#find(target, true).catch((error: unknown) => {
      if (error instanceof FileError && error.code === "ENOENT") return undefined;
      throw error;
    });
    if (!known) {
      const { identity, now } = this.#options;
      const entries = await this.#entriesToChange(target);
      const owner = { uid: identity.uid, gid: this.#groupFor(entries) };
      entries.entries.set(nameOf(target), { type: "file", content, mode, modified: now(), ...owner });
      return;
    }
    const { node, readOnly } = known;
    if (node.type !== "file") throw new FileError("EISDIR");
    if (readOnly) throw new FileError("EROFS");
    this.#check(node, WRITE);
    node.content = append ? Buffer.concat([node.content, content]) : content;
    node.modified = this.#options.now();
  }

  async makeDirectory(path: string, { parents = false, mode = 0o755 } = {}): Promise<void> {
    const at = normalize(path);
    if (await this.exists(at)) {
      if (parents && (await this.stat(at)).type === "directory") return;
      throw new FileError("EEXIST");
    }
    if (parents && at !== "/") await this.makeDirectory(parentOf(at), { parents });
    const parent = await this.#entriesToChange(at);
    const { identity, now } = this.#options;
    const gid = this.#groupFor(parent);
    const entries = new Map<string, Node>();
    parent.entries.set(nameOf(at), { type: "directory", entries, mode, modified: now(), uid: identity.uid, gid });
  }

  async link(target: string, path: string): Promise<void> {
    const at = normalize(path);
    if (await this.#find(at, false).catch(() => undefined)) throw new FileError("EEXIST");
    const { uid, gid } = this.#options.identity;
    const node: LinkNode = { type: "link", target, mode: 0o777, uid, gid, modified: this.#options.now() };
    (await this.#entriesToChange(at)).entries.set(nameOf(at), node);
  }

  async remove(path: string, { recursive = false } = {}): Promise<void> {
    const at = normalize(path);
    const { node } = await this.#find(at, false);
    if (this.mounts.has(at)) throw new FileError("EBUSY");
    if (node.type === "directory" && !recursive) {
      throw new FileError(node.entries.size > 0 ? "ENOTEMPTY" : "EISDIR");
    }
    (await this.#entriesToChange(at)).entries.delete(nameOf(at));
  }

  async removeDirectory(path: string): Promise<void> {
    const { node } = await this.#find(path, false);
    if (node.type !== "directory") throw new FileError("ENOTDIR");
    if (node.entries.size > 0) throw new FileError("ENOTEMPTY");
    await this.remove(path, { recursive: true });
  }

  /** Moves, also between volumes. An existing file is replaced. */
  async rename(from: string, to: string): Promise<void> {
    const { node } = await this.#find(from, false);
    if (this.mounts.has(normalize(from))) throw new FileError("EBUSY");
    const source = await this.#entriesToChange(normalize(from));
    const target = await this.#entriesToChange(normalize(to));
    source.entries.delete(nameOf(normalize(from)));
    target.entries.set(nameOf(normalize(to)), node);
  }

  /** @throws FileError EACCES for who is neither owner nor root */
  async change(path: string, change: Partial<Attributes>): Promise<void> {
    const { node, readOnly } = await this.#find(path, true);
    if (readOnly) throw new FileError("EROFS");
    const { uid } = this.#options.identity;
    if (uid !== 0 && uid !== node.uid) throw new FileError("EACCES");
    Object.assign(node, change);
  }

  /** Whether this process may read (4), write (2) or execute (1). */
  async allows(path: string, bit: number): Promise<boolean> {
    const { node, readOnly } = await this.#find(path, true);
    if (bit === WRITE && readOnly) return false;
    if (bit === SEARCH && node.type === "file" && this.#options.identity.uid === 0) return (node.mode & 0o111) !== 0;
    return this.#may(node, bit);
  }

  /** The path without links, whose last element need not exist. @throws FileError */
  async realPath(path: string): Promise<string> {
    const at = normalize(path);
    const found = await this.#find(at, true).catch(() => undefined);
    return found?.path ?? normalize(nameOf(at), (await this.#find(parentOf(at), true)).path);
  }

  /** The path behind links, whose last element need not exist. */
  async #target(path: string): Promise<string> {
    const at = normalize(path);
    const last = await this.#find(at, false).catch(() => undefined);
    if (last?.node.type !== "link") return at;
    return normalize(last.node.target, parentOf(last.path));
  }

  async #entriesToChange(path: string): Promise<DirectoryNode> {
    const { node, readOnly } = await this.#find(parentOf(path), true);
    if (node.type !== "directory") throw new FileError("ENOTDIR");
    if (readOnly) throw new FileError("EROFS");
    this.#check(node, WRITE);
    node.modified = this.#options.now();
    return node;
  }

  /** A directory with the set-group bit hands its group down. */
  #groupFor({ mode, gid }: DirectoryNode): number {
    return mode & 0o2000 ? gid : this.#options.identity.gid;
  }

  async #find(path: string, follow: boolean): Promise<Found> {
    const { readOnlyRoot } = this.#options;
    const { mounts } = this;
    let rest = normalize(path).split("/").filter(Boolean);
    const start: Found = { node: this.#options.root(), path: "/", readOnly: readOnlyRoot, fileSystem: "overlay" };
    let at = start;
    let links = 0;
    while (rest.length > 0) {
      const [name = "", ...after] = rest;
      rest = after;
      if (at.node.type !== "directory") throw new FileError("ENOTDIR");
      this.#check(at.node, SEARCH);
      const next = at.path === "/" ? `/${name}` : `${at.path}/${name}`;
      const mount = mounts.get(next);
      const node = mount?.node ?? at.node.entries.get(name);
      if (!node) {
        // Mounts may be below directories that the image does not have.
        if (![...mounts.keys()].some((each) => each.startsWith(`${next}/`))) throw new FileError("ENOENT");
        const { modified } = at.node;
        const empty = { type: "directory", entries: new Map(), mode: 0o755, uid: 0, gid: 0, modified } as const;
        at = { ...at, node: empty, path: next };
        continue;
      }
      if (node.type === "link" && (follow || rest.length > 0)) {
        if (++links > MAX_LINKS) throw new FileError("ELOOP");
        rest = [...normalize(node.target, at.path).split("/").filter(Boolean), ...rest];
        at = start;
        continue;
      }
      if (node.type === "directory") await node.refresh?.();
      const kind = (node.type === "directory" && node.fileSystem) || undefined;
      const fileSystem = kind ?? (mount ? "ext4" : at.fileSystem);
      at = { node, path: next, readOnly: mount ? mount.readOnly : at.readOnly, fileSystem };
    }
    return at;
  }

  #check(node: Node, bit: number): void {
    if (!this.#may(node, bit)) throw new FileError("EACCES");
  }

  #may({ mode, uid, gid }: Node, bit: number): boolean {
    const { identity } = this.#options;
    if (identity.uid === 0) return true;
    if (identity.uid === uid) return ((mode >> 6) & bit) !== 0;
    const shift = identity.gid === gid || identity.groups.includes(gid) ? 3 : 0;
    return ((mode >> shift) & bit) !== 0;
  }
}
