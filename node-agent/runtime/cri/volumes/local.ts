import { execFileSync } from "node:child_process";
import { mkdirSync, statSync } from "node:fs";
import type { LocalVolume } from "../../../volumes/volume.ts";
import { mount } from "./mount.ts";

/** Exit code of blkid for a device with nothing on it. */
const NOTHING_FOUND = 2;

export const isBlockDevice = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isBlockDevice() ?? false;

/** What is at the path of a local volume. (pkg/volume/local/local.go getGlobalLocalPath) @throws Error */
export function localKind(path: string): "directory" | "device" {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new Error(`path ${JSON.stringify(path)} does not exist`);
  if (found.isDirectory()) return "directory";
  if (found.isBlockDevice()) return "device";
  throw new Error("only directory and block device are supported");
}

/** Whether there is nothing on a device: no file system, no partitions. @throws Error */
function isBlank(device: string): boolean {
  try {
    execFileSync("blkid", ["-p", "-s", "TYPE", "-s", "PTTYPE", "-o", "export", device], { stdio: "pipe" });
    return false;
  } catch (error) {
    if ((error as { status?: number }).status === NOTHING_FOUND) return true;
    throw error;
  }
}

/** Mounts a device; one with nothing on it gets a file system. (k8s.io/mount-utils FormatAndMount) @throws Error */
export function mountDevice({ path, fsType, mountOptions, readOnly }: LocalVolume, target: string): void {
  const options = ["defaults", ...(readOnly ? ["ro"] : []), ...mountOptions];
  if (isBlank(path)) {
    if (readOnly) throw new Error(`cannot mount unformatted disk ${path} as we are in read-only mode`);
    // -m0: nothing set aside for root; -F: also a whole disk.
    const args = fsType === "ext3" || fsType === "ext4" ? ["-F", "-m0", path] : [path];
    execFileSync(`mkfs.${fsType}`, args, { stdio: "pipe" });
  }
  mkdirSync(target, { recursive: true, mode: 0o750 });
  mount("-t", fsType, "-o", options.join(","), path, target);
}
