import { MAX_SCORE, type Plugin } from "../framework.ts";
import type { NodeInfo } from "../node-info.ts";
import type { Amounts } from "../resources.ts";

const NAME = "NodeResourcesBalancedAllocation";

/** How far apart the used shares of CPU and memory are, 0…1: the standard deviation, which for two is half the gap. */
function imbalance(node: NodeInfo, more: Amounts): number {
  const shares: number[] = [];
  for (const name of ["cpu", "memory"]) {
    const capacity = node.allocatable[name] ?? 0;
    if (capacity > 0) shares.push(Math.min(1, ((node.requested[name] ?? 0) + (more[name] ?? 0)) / capacity));
  }
  return shares.length === 2 ? Math.abs((shares[0] ?? 0) - (shares[1] ?? 0)) / 2 : 0;
}

/** Likes nodes whose CPU and memory are used alike. (framework/plugins/noderesources/balanced_allocation.go) */
export const nodeResourcesBalancedAllocation: Plugin = {
  name: NAME,
  weight: 1,
  // A Pod that asks for nothing would balance nothing, and must not be drawn to one node by it.
  preScore: ({ info }) => (info.requests.cpu || info.requests.memory ? undefined : "skip"),
  score({ info }, node) {
    const balance = (more: Amounts) => Math.floor((1 - imbalance(node, more)) * MAX_SCORE);
    // From the middle of the upper half: towards 100 where this Pod balances the node, towards 50 where it tilts it.
    const half = MAX_SCORE / 2;
    return half + Math.floor((half + balance(info.requests) - balance({})) / 2);
  },
};
