import type { ChangeHandler, Informer } from "../client/index.ts";
import type { Pod } from "../openapi/api/core.v1.ts";

/** What a node hears of its Pods. */
export interface PodsOfNode {
  /** Told of the Pods there are first. */
  addHandler(handler: ChangeHandler<Pod>): void;
}

/** Shares one watch of Pods among nodes: each hears of its own only, whatever number of them there is. */
export function podsByNode(
  pods: Pick<Informer<Pod>, "addHandler" | "addIndex" | "lister">,
): (node: string) => PodsOfNode {
  const handlers = new Map<string, ChangeHandler<Pod>[]>();
  const ofNode = ({ spec }: Pod) => handlers.get(spec.nodeName ?? "") ?? [];
  pods.addHandler({
    added(pod) {
      for (const handler of ofNode(pod)) handler.added?.(pod);
    },
    updated(pod, old) {
      for (const handler of ofNode(pod)) handler.updated?.(pod, old);
    },
    deleted(pod) {
      for (const handler of ofNode(pod)) handler.deleted?.(pod);
    },
  });
  pods.addIndex(NODE, ({ spec }) => (spec.nodeName ? [spec.nodeName] : []));
  return (node) => ({
    addHandler(handler) {
      handlers.set(node, [...(handlers.get(node) ?? []), handler]);
      for (const pod of pods.lister.by(NODE, node)) handler.added?.(pod);
    },
  });
}

const NODE = "node";
