import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { VolumeFile } from "../../../volumes/volume.ts";

const DATA = "..data";
const NEW_DATA = "..data_tmp";
/** What an owner may, the group of the Pod may too, as far as it is reading. */
const GROUP_READ = 0o440;

/**
 * Makes a folder hold these files, all of them at once for whoever reads: they are written to a new folder, and one
 * rename of the link `..data` swaps the old for it. (pkg/volume/util/atomic_writer.go)
 * @returns whether anything changed
 */
export function writeAtomically(folder: string, files: readonly VolumeFile[], fsGroup: number | undefined): boolean {
  mkdirSync(folder, { recursive: true });
  const link = join(folder, DATA);
  const old = existsSync(link) ? readlinkSync(link) : undefined;
  const wanted = files.map((file) => ({ ...file, mode: fsGroup === undefined ? file.mode : file.mode | GROUP_READ }));
  if (old !== undefined && isSame(join(folder, old), wanted)) return false;
  const made = mkdtempSync(join(folder, "..version_"));
  own(made, 0o755, undefined, fsGroup);
  for (const { path, data, mode, uid } of wanted) {
    const target = join(made, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, data);
    own(target, mode, uid, fsGroup);
  }
  const name = made.slice(folder.length + 1);
  rmSync(join(folder, NEW_DATA), { force: true });
  symlinkSync(name, join(folder, NEW_DATA));
  renameSync(join(folder, NEW_DATA), link);
  const tops = new Set(files.map(({ path }) => path.split("/")[0] ?? ""));
  for (const top of tops) {
    // Whoever has an old link goes on to the new content through it.
    if (!lstatSync(join(folder, top), { throwIfNoEntry: false })) symlinkSync(join(DATA, top), join(folder, top));
  }
  for (const entry of readdirSync(folder)) {
    if (!entry.startsWith("..") && !tops.has(entry)) rmSync(join(folder, entry), { force: true });
  }
  if (old !== undefined) rmSync(join(folder, old), { recursive: true, force: true });
  return true;
}

function own(path: string, mode: number, uid: number | undefined, gid: number | undefined): void {
  // The process's umask has taken bits away.
  chmodSync(path, mode);
  if (uid !== undefined || gid !== undefined) chownSync(path, uid ?? 0, gid ?? 0);
}

function isSame(folder: string, files: readonly VolumeFile[]): boolean {
  const present = filesBelow(folder);
  return (
    present.length === files.length &&
    files.every(({ path, data, mode }) => {
      const file = join(folder, path);
      const found = statSync(file, { throwIfNoEntry: false });
      return found?.isFile() && (found.mode & 0o7777) === mode && readFileSync(file).equals(data);
    })
  );
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
