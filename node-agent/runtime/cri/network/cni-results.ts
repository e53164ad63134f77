import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Where the library of CNI remembers what its plugins said; containerd lets nobody choose another place. */
const RESULTS = "/var/lib/cni/results";

interface CachedResult {
  readonly containerId?: string;
  /** Of the network, in base64. */
  readonly config?: string;
}

function read(path: string): CachedResult {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as CachedResult;
  } catch {
    return {}; // gone meanwhile, or somebody else's
  }
}

/** Ids of sandboxes whose addresses were given out of this folder and that nobody has taken leave of. */
export function cachedSandboxes(stateFolder: string, results = RESULTS): string[] {
  if (!existsSync(results)) return [];
  return readdirSync(results)
    .map((name) => read(join(results, name)))
    .filter(({ config = "" }) => Buffer.from(config, "base64").toString("utf8").includes(JSON.stringify(stateFolder)))
    .flatMap(({ containerId }) => containerId ?? []);
}

/** Takes away what is remembered of Pods that were ended without the plugins, of all their interfaces. Idempotent. */
export function forgetCniResults(stateFolder: string, results = RESULTS): void {
  const ids = cachedSandboxes(stateFolder, results);
  if (ids.length === 0) return;
  for (const name of readdirSync(results)) {
    if (ids.some((id) => name.includes(`-${id}-`))) rmSync(join(results, name), { force: true });
  }
}
