import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const folders = new Map<string, string | undefined>();

/** Where a package with typings lies; undefined when it is not installed beside us. */
export function packageFolder(packageName: string): string | undefined {
  if (!folders.has(packageName)) {
    try {
      folders.set(packageName, dirname(fileURLToPath(import.meta.resolve(packageName))));
    } catch {
      folders.set(packageName, undefined);
    }
  }
  return folders.get(packageName);
}

/** The lines of a comment without what marks them as one. */
export function commentText(comment: string): string {
  return comment
    .split("\n")
    .map((line) => line.replace(/^ *\* ?/, ""))
    .join("\n")
    .trim();
}
