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

/** Mounts at or below a folder, innermost first. */
export function mountsBelow(folder: string): string[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .map((path) => path.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))))
    .filter((path) => path === folder || path.startsWith(folder + sep))
    .reverse();
}

export function unmountBelow(folder: string): void {
  for (const path of mountsBelow(folder)) execFileSync("umount", ["--lazy", path], { stdio: "ignore" });
}
