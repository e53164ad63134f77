import { chmodSync, chownSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

const SETGID = 0o2000;
/** What the group may do with what is in the volume, and with folders. */
const FILES = 0o660;
const FOLDERS = 0o110 | FILES | SETGID;

/**
 * Gives a volume with all that is in it to a group. (pkg/volume/volume_linux.go)
 * @param policy OnRootMismatch: not when its topmost folder is that group's already
 */
export function giveToGroup(root: string, group: number, policy: "Always" | "OnRootMismatch"): void {
  if (policy === "OnRootMismatch") {
    const { gid, mode } = lstatSync(root);
    if (gid === group && (mode & FOLDERS) === FOLDERS) return;
  }
  giveAll(root, group);
}

function giveAll(path: string, group: number): void {
  const found = lstatSync(path);
  // The owner of a link is nobody's business.
  if (found.isSymbolicLink()) return;
  chownSync(path, found.uid, group);
  const bits = found.isDirectory() ? FOLDERS : FILES;
  chmodSync(path, (found.mode & 0o7777) | bits);
  if (found.isDirectory()) for (const name of readdirSync(path)) giveAll(join(path, name), group);
}
