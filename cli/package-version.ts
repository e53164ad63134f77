import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The version in package.json, for example "0.1.0". */
export function version(): string {
  const text = readFileSync(join(import.meta.dirname, "..", "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
