import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** What a running cluster writes into its data folder, for `down`, `status`, `exec` and `kubectl`. */
export interface RunningCluster {
  readonly pid: number;
  /** `https://127.0.0.1:6443` */
  readonly server: string;
  /** Absolute path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** RFC 3339. */
  readonly startedAt: string;
  /** Whether every component has started; until then only the API server answers for sure. */
  readonly ready: boolean;
}

const file = (dataDir: string) => join(resolve(dataDir), "inkube.json");

/** Makes the folder, readable by its owner only: it holds private keys. @throws Error that names it */
export function openDataDir(dataDir: string): string {
  if (!dataDir) throw new Error("the data folder has no name: it would be the current one");
  const path = resolve(dataDir);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    // On a disk that may not be written to, Node says only that there is no such folder.
    throw new Error(`the data folder ${path} cannot be made: ${error instanceof Error ? error.message : error}`);
  }
  return path;
}

/** Where nodes with real containers keep everything: one folder each. */
export function nodesFolder(dataDir: string): string {
  return join(resolve(dataDir), "nodes");
}

export function writeRunning(dataDir: string, cluster: RunningCluster): void {
  // Whole or not at all: somebody may be looking for it just now.
  const aside = `${file(dataDir)}.new`;
  writeFileSync(aside, `${JSON.stringify(cluster)}\n`, { mode: 0o600 });
  renameSync(aside, file(dataDir));
}

export function clearRunning(dataDir: string): void {
  rmSync(file(dataDir), { force: true });
}

/** True while a process runs, also when it belongs to somebody else. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return !isZombie(pid);
}

/** One that has ended and whose parent has not asked how: in containers the first process may take its time. */
function isZombie(pid: number): boolean {
  try {
    // Its name is in brackets and may hold anything; the state is the letter behind it. (proc(5))
    return /\) Z [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false; // no such file on other systems
  }
}

/** @returns undefined when no cluster runs from this folder, also when one was killed and left its file behind. */
export function readRunning(dataDir: string): RunningCluster | undefined {
  if (!existsSync(file(dataDir))) return undefined;
  const cluster = JSON.parse(readFileSync(file(dataDir), "utf8")) as RunningCluster;
  return isAlive(cluster.pid) ? cluster : undefined;
}

/** @throws Error that says how to start one. */
export function requireRunning(dataDir: string): RunningCluster {
  const cluster = readRunning(dataDir);
  if (!cluster) throw new Error(`no cluster is running from ${resolve(dataDir)}; start one with: inkube up -d`);
  return cluster;
}
