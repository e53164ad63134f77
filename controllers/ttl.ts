import { type Action, defineController, type Key, type Lister } from "../client/index.ts";
import type { Node } from "../openapi/api/core.v1.ts";

const ANNOTATION = "node.alpha.kubernetes.io/ttl";

/** Nodes and the seconds that a kubelet may then cache Secrets and ConfigMaps. Steps overlap, so that none flutters. */
const STEPS = [
  { min: 0, max: 100, seconds: 0 },
  { min: 90, max: 500, seconds: 15 },
  { min: 450, max: 1000, seconds: 30 },
  { min: 900, max: 2000, seconds: 60 },
  { min: 1800, max: Number.POSITIVE_INFINITY, seconds: 300 },
];

interface Listers {
  nodes: Lister<Node>;
  /** Step of the last round: what it is now depends on where it comes from. */
  memory: { step: number };
}

/** Tells each node how long it may cache, by the number of nodes. Follows pkg/controller/ttl. */
export function reconcile(key: Key, { nodes, memory }: Listers): Action[] {
  const count = nodes.list().length;
  while (count > (STEPS[memory.step]?.max ?? 0)) memory.step++;
  while (count < (STEPS[memory.step]?.min ?? 0)) memory.step--;
  const node = nodes.get(key);
  const seconds = String(STEPS[memory.step]?.seconds);
  if (!node || node.metadata.annotations?.[ANNOTATION] === seconds) return [];
  const patch = { metadata: { annotations: { [ANNOTATION]: seconds } } };
  return [{ do: "patch", resource: "v1/nodes", object: node, type: "strategic", patch }];
}

export const ttlController = defineController<Listers>({
  name: "ttl-controller",
  watches: { for: "v1/nodes" },
  listers: (get) => ({ nodes: get("v1/nodes"), memory: { step: 0 } }),
  reconcile,
});
