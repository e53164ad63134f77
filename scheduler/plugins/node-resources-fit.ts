import { MAX_SCORE, type Plugin, refuse } from "../framework.ts";

const NAME = "NodeResourcesFit";

/** Requests must fit what the node has left; the emptier node is liked better. (framework/plugins/noderesources/fit.go) */
export const nodeResourcesFit: Plugin = {
  name: NAME,
  weight: 1,
  retryOn: ["node/add", "node/allocatable", "pod/delete"],
  filter({ info }, node) {
    const reasons: string[] = [];
    let unresolvable = false;
    if (node.pods.size + 1 > (node.allocatable.pods ?? 0)) reasons.push("Too many pods");
    for (const name in info.requests) {
      const wanted = info.requests[name] ?? 0;
      const capacity = node.allocatable[name] ?? 0;
      if (wanted === 0 || wanted <= capacity - (node.requested[name] ?? 0)) continue;
      reasons.push(`Insufficient ${name}`);
      unresolvable ||= wanted > capacity;
    }
    return reasons.length ? refuse(NAME, reasons, unresolvable) : undefined;
  },
  score({ info }, node) {
    let sum = 0;
    let counted = 0;
    for (const name of ["cpu", "memory"]) {
      const capacity = node.allocatable[name] ?? 0;
      if (capacity === 0) continue;
      const used = (node.nonZeroRequested[name] ?? 0) + (info.nonZeroRequests[name] ?? 0);
      sum += used > capacity ? 0 : Math.floor(((capacity - used) * MAX_SCORE) / capacity);
      counted++;
    }
    return counted ? Math.floor(sum / counted) : 0;
  },
};
