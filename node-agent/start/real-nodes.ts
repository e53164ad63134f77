/** What the command line needs of real nodes besides running them: nothing here loads the agent. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock } from "../../client/index.ts";
import { missingPrerequisites } from "../runtime/cri/daemon/prerequisites.ts";
import { busyboxArchive } from "../runtime/cri/images/busybox.ts";
import { importImages } from "../runtime/cri/images/import.ts";
import {
  closeMachineNetwork,
  type MachineNetwork,
  nodesOfNetwork,
  openMachineNetwork,
  podRange,
} from "../runtime/cri/network/machine-network.ts";
import { removeCriNode } from "../runtime/cri/remove-node.ts";

/** How long nodes may take to start, and how often to look. */
const START_MILLISECONDS = 60_000;
const LOOK_MILLISECONDS = 100;

/** @throws Error that says what this machine lacks for real containers, and how to get it */
export function requireRealNodes(): void {
  const { platform, getuid, env } = process;
  const missing = missingPrerequisites({ platform, uid: getuid?.(), path: env.PATH ?? "" });
  if (missing) throw new Error(missing);
}

/** Where Pods of the nodes of a folder have their addresses, when nothing else is said. */
export const realPodRange = (folder: string): string => podRange(folder);

/**
 * Gives each node a network of its own. Nodes that an earlier run was killed over are taken as they are.
 *
 * @param folder of all nodes
 * @param ranges of all Pods' addresses, and of all Services'
 */
export async function openRealNodes(
  folder: string,
  names: readonly string[],
  ranges: { readonly pods: string; readonly services: string },
): Promise<MachineNetwork> {
  requireRealNodes();
  // Which ones there were is not this run's to keep.
  const others = nodesOfNetwork(folder)?.some((name) => !names.includes(name));
  if (others || ranges.pods !== podRange(folder)) await removeRealNodes(folder);
  return openMachineNetwork(folder, names, ranges);
}

/** Whatever runs from a folder, and however its starter ended. @returns whether there was anything */
export async function removeRealNodes(folder: string): Promise<boolean> {
  if (!existsSync(folder)) return false;
  // Waiting for containerd to end does not keep a process alive by itself.
  const alive = setInterval(() => {}, 1000);
  try {
    return await removeNodes(folder, systemClock);
  } finally {
    clearInterval(alive);
  }
}

/** Skips nothing because something before it failed: what stays behind here is found by nobody. @throws Error */
async function removeNodes(folder: string, clock: Clock): Promise<boolean> {
  let found = nodesOfNetwork(folder) !== undefined;
  const failures: unknown[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    try {
      if (await removeCriNode(join(folder, entry.name), clock)) found = true;
    } catch (error) {
      failures.push(error);
    }
  }
  try {
    closeMachineNetwork(folder);
  } catch (error) {
    failures.push(error);
  }
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, failures.map(String).join("; "));
  return found;
}

/**
 * Names of the nodes of a folder that can be given images. Those that `up` makes are waited for, for a while: it is
 * done before they are.
 */
export async function runningNodes(folder: string): Promise<string[]> {
  const end = performance.now() + START_MILLISECONDS;
  for (;;) {
    const all = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
    const running = all
      .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, "containerd.sock")))
      .map(({ name }) => name);
    const expected = nodesOfNetwork(folder) ?? [];
    if (expected.every((name) => running.includes(name)) || performance.now() > end) return running;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS));
  }
}

/** Gives images to nodes. @param archive undefined: this machine's busybox @returns names of images by node */
export async function loadImages(
  folder: string,
  nodes: readonly string[],
  archive: string | undefined,
): Promise<Map<string, string[]>> {
  const aside = mkdtempSync(join(tmpdir(), "inkube-load-"));
  try {
    const file = archive ?? join(aside, "busybox.tar");
    if (archive === undefined) writeFileSync(file, busyboxArchive());
    const loaded = new Map<string, string[]>();
    for (const name of nodes) loaded.set(name, await importImages(join(folder, name), file));
    return loaded;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}
