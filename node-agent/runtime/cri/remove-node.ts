import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../../client/index.ts";
import { cleanUp } from "./daemon/clean-up.ts";
import { stopContainerd } from "./daemon/containerd.ts";
import { nodePaths } from "./pod/paths.ts";
import { unmountBelow } from "./volumes/mount.ts";

/** Names of what a node makes outside its folder, by which it is found again. */
export function nodeNames(folder: string): { cgroup: string } {
  const hash = createHash("sha256").update(folder).digest("hex");
  return { cgroup: `inkube-${hash.slice(0, 12)}` };
}

/** Where an agent says which process it is. */
export const agentFile = (folder: string) => join(folder, "agent.pid");

/** The process of the node's agent, when it runs. */
function runningAgent(folder: string): number | undefined {
  const file = agentFile(folder);
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, "utf8"));
  try {
    // Numbers of processes are used again: the command line says what it is.
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("\0--runtime\0cri\0") ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Ends all of a node's Pods, its agent and its containerd, and removes what they made; images and disks stay.
 * Idempotent. @returns whether there was anything
 */
export async function removeCriNode(folder: string, clock: Clock): Promise<boolean> {
  const { pods, cni, containerd, socket } = nodePaths(folder);
  const left = existsSync(pods) || existsSync(socket);
  const agent = runningAgent(folder);
  // It would start containerd again.
  if (agent !== undefined && agent !== process.pid) process.kill(agent, "SIGKILL");
  await stopContainerd(containerd, clock);
  cleanUp({ folder: containerd, socket, ...nodeNames(folder) });
  unmountBelow(pods);
  for (const path of [pods, cni, agentFile(folder), join(folder, "addresses")]) {
    rmSync(path, { recursive: true, force: true });
  }
  return left;
}
