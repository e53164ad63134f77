import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { sep } from "node:path";

/** Calls mount(8). @throws Error with what it said */
export function mount(...args: readonly string[]): void {
  try {
    execFileSync("mount", args, { stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
  } catch (error) {
    throw new Error(`mount failed: ${(error as { stderr?: string }).stderr?.trim() || String(error)}`);
  }
}

interface MountPoint {
  readonly path: string;
  /** Mounts below it are seen wherever it is mounted, too. */
  readonly isShared: boolean;
}

/** What is mounted, in the order in which it was. (proc(5): mount point in field 5, optional fields from 7 to a `-`) */
function mountPoints(): MountPoint[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .map((fields) => ({
      path: (fields[4] ?? "").replaceAll(/\\(\d{3})/g, (_, octal: string) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      ),
      isShared: fields.slice(6, fields.indexOf("-")).some((field) => field.startsWith("shared:")),
    }));
}

const isAtOrBelow = (path: string, folder: string) =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);

/** Mounts at or below a folder, innermost first. */
export function mountsBelow(folder: string): string[] {
  return mountPoints()
    .map(({ path }) => path)
    .filter((path) => isAtOrBelow(path, folder))
    .reverse();
}

/**
 * Lets containers share mounts below a folder: what one mounts there with `Bidirectional` the others see. A machine
 * whose root is not shared gets a mount of the folder on itself. Idempotent. (pkg/volume/util/hostutil DoMakeRShared)
 */
export function makeShared(folder: string): void {
  const innermost = mountPoints().findLast(({ path }) => path !== "" && isAtOrBelow(folder, path));
  if (innermost?.isShared) return;
  mount("--bind", folder, folder);
  mount("--make-rshared", folder);
}

export function unmountBelow(folder: string): void {
  for (const path of mountsBelow(folder)) execFileSync("umount", ["--lazy", path], { stdio: "ignore" });
}
