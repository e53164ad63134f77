import {
  openRealNodes,
  realPodRange as podRangeOf,
  removeRealNodes,
  requireRealNodes,
} from "../node-agent/start/real-nodes.ts";
import { nodesFolder } from "./data-dir.ts";
import { built } from "./run-built.ts";

/** What this machine lacks for real containers, and how to get it; undefined when nothing. */
export function lackingForRealNodes(): string | undefined {
  try {
    requireRealNodes();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Where Pods of a data folder have their addresses, when nothing else is said. @throws Error as lackingForRealNodes */
export async function realPodRange(dataDir: string): Promise<string> {
  requireRealNodes();
  return podRangeOf(nodesFolder(dataDir));
}

/**
 * What a program is run with for which the machine has a name of its own: Pods in a node's network have that of its
 * containerd. Where the kernel's settings may not be written to, it is the machine's.
 */
const named = (name: string): readonly string[] => {
  const script = 'echo "$0" > /proc/sys/kernel/hostname; exec "$@"';
  return ["unshare", "--uts", "sh", "-c", script, name];
};

export interface RealNodes {
  /** Of all of them. */
  readonly folder: string;
  /** The machine's address in the network of its nodes. */
  readonly gateway: string;
  /** Name of the table for the rules of Services in the machine's own network; undefined where it has no way to them. */
  readonly proxyTable: string | undefined;
  /** Program and arguments that run a command of `inkube` in a node's network. */
  commandOf(node: string, args: readonly string[]): readonly string[];
  /** Ends all Pods and removes what was made for the nodes. */
  remove(): Promise<void>;
}

/**
 * Nodes of a data folder that run containers of this machine.
 *
 * @param ranges of all Pods' addresses, and of all Services'
 */
export async function realNodes(
  dataDir: string,
  names: readonly string[],
  ranges: { readonly pods: string; readonly services: string },
): Promise<RealNodes> {
  const folder = nodesFolder(dataDir);
  const { gateway, proxyTable, nodes } = await openRealNodes(folder, names, ranges);
  return {
    folder,
    gateway,
    proxyTable,
    commandOf(name, args) {
      const node = nodes.find((each) => each.name === name);
      if (!node) throw new Error(`there is no node ${name}`);
      const where = ["--name", name, "--node-ip", node.address, "--pod-cidr", node.podCidr, "--data-dir", dataDir];
      const program = [process.execPath, "--disable-warning=ExperimentalWarning", built];
      return ["nsenter", `--net=${node.namespace}`, ...named(name), ...program, ...args, ...where];
    },
    remove: async () => void (await removeRealNodes(folder)),
  };
}
