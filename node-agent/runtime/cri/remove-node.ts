import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Clock } from "../../../client/index.ts";
import { cleanUp } from "./daemon/clean-up.ts";
import { stopContainerd } from "./daemon/containerd.ts";
import { kill, processesWith, wordAfter } from "./daemon/processes.ts";
import { forgetCniResults } from "./network/cni-results.ts";
import { nodePaths } from "./pod/paths.ts";
import { unmountBelow } from "./volumes/mount.ts";

/** Names of what a node makes outside its folder, by which it is found again. */
export function nodeNames(folder: string): { cgroup: string } {
  const hash = createHash("sha256").update(folder).digest("hex");
  return { cgroup: `inkube-${hash.slice(0, 12)}` };
}

/** Where an agent says which process it is. */
export const agentFile = (folder: string) => join(folder, "agent.pid");

/** The node's agents: usually one, or one that is only starting, and has not written anything yet. */
function agentsOf(folder: string): number[] {
  const file = agentFile(folder);
  // Numbers of processes are used again: the command line says what it is.
  const known = existsSync(file) ? Number(readFileSync(file, "utf8")) : undefined;
  const dataDir = dirname(dirname(folder));
  return processesWith((words, pid) => {
    const isNamed = wordAfter(words, "--name") === basename(folder) && wordAfter(words, "--data-dir") === dataDir;
    return wordAfter(words, "--runtime") === "cri" && (pid === known || isNamed) && pid !== process.pid;
  });
}

/** Ends all of a node's Pods, its agent and its containerd, and removes what they made; images and disks stay.
 * Idempotent. @returns whether there was anything
 */
export async function removeCriNode(folder: string, clock: Clock): Promise<boolean> {
  const { pods, cni, containerd, socket } = nodePaths(folder);
  const left = existsSync(pods) || existsSync(socket);
  // They would start containerd again.
  for (const agent of agentsOf(folder)) kill(agent, "SIGKILL");
  await stopContainerd(containerd, clock);
  cleanUp({ folder: containerd, socket, ...nodeNames(folder) });
  unmountBelow(pods);
  const addresses = join(folder, "addresses");
  forgetCniResults(addresses);
  for (const path of [pods, cni, agentFile(folder), addresses]) {
    rmSync(path, { recursive: true, force: true });
  }
  return left;
}
