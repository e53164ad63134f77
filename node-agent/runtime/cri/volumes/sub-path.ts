import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { ConfigError } from "../../../config-error.ts";
import { mount, unmountBelow } from "./mount.ts";

/** A handle on a path that opens nothing, whatever it is. Node does not name this flag of Linux. */
const O_PATH = 0o10000000;
const isInside = (path: string, root: string) => path === root || path.startsWith(root + sep);

/** What a container's mount asks for cannot be made there, or not be bound. (kubelet_pods.go makeMounts) */
export function subPathError(
  step: "create" | "prepare",
  volume: string,
  container: string,
  cause: unknown,
): ConfigError {
  const what = step === "create" ? "create subPath directory" : "prepare subPath";
  return new ConfigError(`failed to ${what} for volumeMount "${volume}" of container "${container}"`, { cause });
}

/** Makes what is missing on the way to a folder of a volume. @throws Error where that leads out of it */
export function makeSubPath(volume: string, subPath: string): void {
  const root = realpathSync(volume);
  const wanted = join(root, subPath);
  if (!isInside(wanted, root)) throw new Error(`subPath ${subPath} leads out of its volume`);
  makeFolders(root, wanted);
}

/** What a file of a volume says, as long as no link on the way leads out of it. @throws Error */
export function readBelow(volume: string, path: string): string {
  const handle = handleBelow(volume, path);
  try {
    // Opening a pipe would wait for its other end.
    if (!fstatSync(handle).isFile()) throw new Error(`${path} is no file`);
    return readFileSync(`/proc/self/fd/${handle}`, "utf8");
  } finally {
    closeSync(handle);
  }
}

/**
 * Binds what is at `subPath` of a volume to `target`. A Pod that swaps a folder for a link meanwhile gains nothing: the
 * way is walked by handles, none of which may be a link. (pkg/volume/util/subpath/subpath_linux.go) @throws Error
 */
export function bindSubPath(volume: string, subPath: string, target: string): void {
  const handle = handleBelow(volume, subPath);
  try {
    const source = `/proc/${process.pid}/fd/${handle}`;
    unmountBelow(target);
    mkdirSync(dirname(target), { recursive: true });
    if (statSync(source).isDirectory()) mkdirSync(target, { recursive: true });
    else writeFileSync(target, "");
    mount("--no-canonicalize", "--bind", source, target);
  } finally {
    closeSync(handle);
  }
}

/** A handle on what is at a path of a volume. */
function handleBelow(volume: string, path: string): number {
  const root = realpathSync(volume);
  const real = realpathSync(join(root, path));
  if (!isInside(real, root)) throw new Error(`${path} leads out of its volume`);
  let handle = openSync(root, O_PATH);
  try {
    for (const part of relative(root, real).split(sep).filter(Boolean)) {
      const next = openSync(`/proc/self/fd/${handle}/${part}`, O_PATH | constants.O_NOFOLLOW);
      closeSync(handle);
      handle = next;
    }
    return handle;
  } catch (error) {
    closeSync(handle);
    throw error;
  }
}

/**
 * What is missing on the way is made, but never through a link out of the volume: like `bindSubPath` it goes by handles,
 * as a Pod may swap what is there or was just made for a link. (subpath_linux.go SafeMakeDir)
 */
function makeFolders(root: string, wanted: string): void {
  if (existsSync(wanted)) return;
  let parent = wanted;
  while (!existsSync(parent)) parent = dirname(parent);
  // They are as open as their volume is; its group is theirs by the set-group-id bit.
  const mode = statSync(root).mode & 0o7777;
  let handle = handleBelow(root, relative(root, parent));
  try {
    for (const part of relative(parent, wanted).split(sep)) {
      const path = `/proc/self/fd/${handle}/${part}`;
      const isMade = made(path);
      const next = openSync(path, O_PATH | constants.O_NOFOLLOW | constants.O_DIRECTORY);
      closeSync(handle);
      handle = next;
      if (isMade) chmodSync(`/proc/self/fd/${handle}`, mode);
    }
  } finally {
    closeSync(handle);
  }
}

/** @returns false when it is there already: somebody else was quicker. @throws Error */
function made(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}
