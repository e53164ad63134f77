import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../client/index.ts";
import { missingPrerequisites } from "../node-agent/runtime/cri/daemon/prerequisites.ts";
import {
  closeMachineNetwork,
  nodesOfNetwork,
  openMachineNetwork,
  podRange,
} from "../node-agent/runtime/cri/network/machine-network.ts";
import { removeCriNode } from "../node-agent/runtime/cri/remove-node.ts";
import { nodesFolder } from "./data-dir.ts";
import { built } from "./run-built.ts";

/** Ending containers takes longer than ending threads, in ms. */
export const REAL_STOP_LIMIT = 25_000;

/** @throws Error that says what this machine lacks for real containers, and how to get it */
export function requireRealNodes(): void {
  const { platform, getuid, env } = process;
  const missing = missingPrerequisites({ platform, uid: getuid?.(), path: env.PATH ?? "" });
  if (missing) throw new Error(missing);
}

export interface RealNodes {
  /** The machine's address in the network of its nodes. */
  readonly gateway: string;
  /** Program and arguments that run a command of `inkube` in a node's network. */
  commandOf(node: string, args: readonly string[]): readonly string[];
  /** Ends all Pods and removes what was made for the nodes. */
  remove(): Promise<void>;
}

/** Where Pods of a data folder have their addresses, when nothing else is said. */
export const realPodRange = (dataDir: string): string => podRange(nodesFolder(dataDir));

/** Gives each node a network of its own. Nodes that an earlier run was killed over are taken as they are. */
export async function openRealNodes(dataDir: string, names: readonly string[], pods: string): Promise<RealNodes> {
  requireRealNodes();
  const folder = nodesFolder(dataDir);
  // Which ones there were is not this run's to keep.
  const others = nodesOfNetwork(folder)?.some((name) => !names.includes(name));
  if (others || pods !== podRange(folder)) await removeRealNodes(dataDir);
  const { gateway, nodes } = openMachineNetwork(folder, names, pods);
  return {
    gateway,
    commandOf(name, args) {
      const node = nodes.find((each) => each.name === name);
      if (!node) throw new Error(`there is no node ${name}`);
      const where = ["--name", name, "--node-ip", node.address, "--pod-cidr", node.podCidr, "--data-dir", dataDir];
      const program = [process.execPath, "--disable-warning=ExperimentalWarning", built];
      return ["nsenter", `--net=${node.namespace}`, ...program, ...args, ...where];
    },
    remove: async () => void (await removeRealNodes(dataDir)),
  };
}

/** Whatever runs from a data folder, and however its starter ended. @returns whether there was anything */
export async function removeRealNodes(dataDir: string): Promise<boolean> {
  const folder = nodesFolder(dataDir);
  if (!existsSync(folder)) return false;
  // Waiting for containerd to end does not keep a process alive by itself.
  const alive = setInterval(() => {}, 1000);
  try {
    return await removeNodes(folder);
  } finally {
    clearInterval(alive);
  }
}

async function removeNodes(folder: string): Promise<boolean> {
  let found = nodesOfNetwork(folder) !== undefined;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory() && (await removeCriNode(join(folder, entry.name), systemClock))) found = true;
  }
  closeMachineNetwork(folder);
  return found;
}
