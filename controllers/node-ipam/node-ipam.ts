import { type Action, type Controller, defineController, type Key, type Lister } from "../../client/index.ts";
import type { Node } from "../../openapi/api/core.v1.ts";
import { parseCidr } from "./cidr.ts";
import { CidrSet } from "./cidr-set.ts";

const NODES = "v1/nodes";

export interface NodeIpamOptions {
  /** One, or one of each family. */
  readonly clusterCidrs: readonly string[];
  /** Of the nodes' ranges, in the order of the above. */
  readonly maskSizes: readonly number[];
  /** Ranges of Services, which nodes are not given. */
  readonly serviceCidrs: readonly string[];
}

/** What is given out, and to whom. Lost with the process: the Nodes have it too. */
export interface Ranges {
  readonly sets: readonly CidrSet[];
  /** By name of the node: ranges that are its own, also while nobody knows whether the write of them arrived. */
  readonly ofNode: Map<string, { readonly uid: string; readonly cidrs: readonly string[] }>;
  /** Whether the nodes of before this process are counted. */
  isFilled: boolean;
}

/** @throws Error for settings that contradict each other */
export function createRanges({ clusterCidrs, maskSizes, serviceCidrs }: NodeIpamOptions): Ranges {
  const sets = clusterCidrs.map((text, index) => {
    const cidr = parseCidr(text);
    const size = maskSizes[index] ?? 0;
    if (cidr.size > size || size > cidr.bits) {
      throw new Error(
        "Controller: Invalid --cluster-cidr, mask size of cluster CIDR must be less than or equal to " +
          "--node-cidr-mask-size configured for CIDR family",
      );
    }
    return new CidrSet(cidr, size);
  });
  for (const set of sets) for (const range of serviceCidrs) if (set.overlaps(range)) set.occupy(range);
  return { sets, ofNode: new Map(), isFilled: false };
}

interface Listers {
  nodes: Lister<Node>;
  ranges: Ranges;
}

/** Gives each node its ranges of Pod addresses. Follows pkg/controller/nodeipam/ipam/range_allocator.go. */
export function reconcile(key: Key, { nodes, ranges }: Listers): Action[] {
  if (!ranges.isFilled) {
    ranges.isFilled = true;
    for (const node of nodes.list()) {
      try {
        occupy(node, ranges);
      } catch {
        // Told when it is this node's turn; meanwhile others may have theirs.
      }
    }
  }
  const node = nodes.get(key);
  const known = ranges.ofNode.get(key);
  if (known && known.uid !== node?.metadata.uid) release(key, ranges);
  if (!node || node.metadata.deletionTimestamp) return [];
  try {
    if (node.spec?.podCIDRs?.length) {
      occupy(node, ranges);
      return [];
    }
    const podCIDRs = allocate(node, ranges);
    const patch = { spec: { podCIDR: podCIDRs[0], podCIDRs } };
    return [
      {
        do: "batch",
        actions: [{ do: "patch", resource: NODES, object: node, type: "strategic", patch }],
        // The ranges stay the node's: the write may have arrived, and will be tried again.
        after: ([result]) =>
          result?.ok ? [] : [told(node, "CIDRAssignmentFailed"), { do: "fail", error: result?.error }],
      },
    ];
  } catch (error) {
    return [...(error instanceof NoneLeft ? [told(node, "CIDRNotAvailable")] : []), { do: "fail", error }];
  }
}

class NoneLeft extends Error {}

function allocate(node: Readonly<Node>, { sets, ofNode }: Ranges): readonly string[] {
  const { name = "", uid = "" } = node.metadata;
  const known = ofNode.get(name);
  if (known) return known.cidrs;
  const cidrs: string[] = [];
  for (const [index, set] of sets.entries()) {
    try {
      cidrs.push(set.allocate());
    } catch (error) {
      for (const [at, cidr] of cidrs.entries()) sets[at]?.release(cidr);
      const why = error instanceof Error ? error.message : error;
      throw new NoneLeft(`failed to allocate cidr from cluster cidr at idx:${index}: ${why}`);
    }
  }
  ofNode.set(name, { uid, cidrs });
  return cidrs;
}

function release(name: string, { sets, ofNode }: Ranges): void {
  for (const [index, cidr] of (ofNode.get(name)?.cidrs ?? []).entries()) sets[index]?.release(cidr);
  ofNode.delete(name);
}

/** Takes over what a node has. @throws Error for a range that is none of this cluster's */
function occupy({ metadata, spec }: Readonly<Node>, ranges: Ranges): void {
  const { name = "", uid = "" } = metadata;
  const cidrs = spec?.podCIDRs ?? [];
  if (!cidrs.length || ranges.ofNode.get(name)?.cidrs.join() === cidrs.join()) return;
  release(name, ranges);
  for (const [index, cidr] of cidrs.entries()) {
    const set = ranges.sets[index];
    if (!set) {
      throw new Error(
        `node:${name} has an allocated cidr: ${cidr} at index:${index} that does not exist in cluster cidrs configuration`,
      );
    }
    try {
      set.occupy(cidr);
    } catch (error) {
      const why = error instanceof Error ? error.message : error;
      throw new Error(`failed to mark cidr[${cidr}] at idx [${index}] as occupied for node: ${name}: ${why}`);
    }
  }
  ranges.ofNode.set(name, { uid, cidrs });
}

const told = (node: Readonly<Node>, reason: string): Action => ({
  do: "event",
  about: node,
  type: "Normal",
  reason,
  message: `Node ${node.metadata.name} status is now: ${reason}`,
});

/** @throws Error for settings that contradict each other */
export function nodeIpamController(options: NodeIpamOptions): Controller {
  createRanges(options); // before anything runs
  return defineController<Listers>({
    name: "node-ipam-controller",
    watches: { for: NODES },
    // Anew for each lead: what another did meanwhile is in the Nodes.
    listers: (get) => ({ nodes: get(NODES), ranges: createRanges(options) }),
    reconcile,
    eventSource: "cidrAllocator",
  });
}
