import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  realpathSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { mount, unmountBelow } from "./mount.ts";

/** A handle on a path that opens nothing, whatever it is. Node does not name this flag of Linux. */
const O_PATH = 0o10000000;
const isInside = (path: string, root: string) => path === root || path.startsWith(root + sep);

/**
 * Binds what is at `subPath` of a volume to `target`. A Pod that swaps a folder for a link meanwhile gains nothing: the
 * way is walked by handles, none of which may be a link. (pkg/volume/util/subpath/subpath_linux.go) @throws Error
 */
export function bindSubPath(volume: string, subPath: string, target: string): void {
  const root = realpathSync(volume);
  const wanted = join(root, subPath);
  if (!isInside(wanted, root)) throw new Error(`subPath ${subPath} leads out of its volume`);
  makeFolders(root, wanted);
  const real = realpathSync(wanted);
  if (!isInside(real, root)) throw new Error(`subPath ${subPath} leads out of its volume`);
  let handle = openSync(root, O_PATH);
  try {
    for (const part of relative(root, real).split(sep).filter(Boolean)) {
      const next = openSync(`/proc/self/fd/${handle}/${part}`, O_PATH | constants.O_NOFOLLOW);
      closeSync(handle);
      handle = next;
    }
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

/** What is missing on the way is made, but never through a link out of the volume. */
function makeFolders(root: string, wanted: string): void {
  if (existsSync(wanted)) return;
  let parent = wanted;
  while (!existsSync(parent)) parent = dirname(parent);
  if (!isInside(realpathSync(parent), root)) throw new Error(`${wanted} leads out of its volume`);
  // They are as open as their volume is; its group is theirs by the set-group-id bit.
  const mode = statSync(root).mode & 0o7777;
  for (const part of relative(parent, wanted).split(sep)) {
    parent = join(parent, part);
    mkdirSync(parent);
    chmodSync(parent, mode);
  }
}
