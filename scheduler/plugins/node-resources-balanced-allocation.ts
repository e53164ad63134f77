import type { PluginArgs } from "../config/types.ts";
import { MAX_SCORE, type Plugin } from "../framework.ts";
import type { NodeInfo } from "../node-info.ts";
import type { Amounts } from "../resources.ts";

const NAME = "NodeResourcesBalancedAllocation";

/** How far apart the used shares of the resources are, 0…1: their standard deviation. */
function imbalance(names: readonly string[], node: NodeInfo, more: Amounts): number {
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (const name of names) {
    const capacity = node.allocatable[name] ?? 0;
    if (capacity === 0) continue;
    const share = Math.min(1, ((node.requested[name] ?? 0) + (more[name] ?? 0)) / capacity);
    count++;
    sum += share;
    squares += share * share;
  }
  if (count < 2) return 0;
  const mean = sum / count;
  // Rounding may take it below zero.
  return Math.sqrt(Math.max(0, squares / count - mean * mean));
}

const NOTHING: Amounts = {};

/** Likes nodes whose resources are used alike. (framework/plugins/noderesources/balanced_allocation.go) */
export function nodeResourcesBalancedAllocation({ resources }: PluginArgs["NodeResourcesBalancedAllocation"]): Plugin {
  const all = resources.map(({ name }) => name);
  return {
    name: NAME,
    // A Pod that asks for nothing would balance nothing, and must not be drawn to one node by it.
    preScore: ({ info }) => (all.some((name) => info.requests[name]) ? undefined : "skip"),
    score({ info }, node) {
      const names = all.filter((name) => !name.includes("/") || info.requests[name]);
      const balance = (more: Amounts) => Math.floor((1 - imbalance(names, node, more)) * MAX_SCORE);
      // From the middle of the upper half: towards 100 where this Pod balances the node, towards 50 where it tilts it.
      const half = MAX_SCORE / 2;
      return half + Math.trunc((half + balance(info.requests) - balance(NOTHING)) / 2);
    },
  };
}
