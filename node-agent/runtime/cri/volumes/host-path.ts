import { mkdirSync, type Stats, statSync, writeFileSync } from "node:fs";

type Check = (found: Stats) => boolean;
const CHECKS: Readonly<Record<string, [Check, string]>> = {
  Directory: [(found) => found.isDirectory(), "a directory"],
  DirectoryOrCreate: [(found) => found.isDirectory(), "a directory"],
  File: [(found) => found.isFile(), "a file"],
  FileOrCreate: [(found) => found.isFile(), "a file"],
  Socket: [(found) => found.isSocket(), "a socket file"],
  CharDevice: [(found) => found.isCharacterDevice(), "a character device"],
  BlockDevice: [(found) => found.isBlockDevice(), "a block device"],
};

/** Makes a path of the node be what a Pod says of it. (pkg/volume/hostpath checkType) @throws Error */
export function checkHostPath(path: string, type: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found && type === "DirectoryOrCreate") return void mkdirSync(path, { recursive: true, mode: 0o755 });
  if (!found && type === "FileOrCreate") return writeFileSync(path, "", { mode: 0o644 });
  const [check, what] = CHECKS[type] ?? [];
  if (!check || (found && check(found))) return;
  throw new Error(`hostPath type check failed: ${path} is not ${what}`);
}
