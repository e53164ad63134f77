import { type Action, defineController, type Key, type Lister, mapping } from "../client/index.ts";
import type { Node, Pod } from "../openapi/api/core.v1.ts";
import { markDisrupted } from "./disruption-target.ts";
import { deepEqual } from "./equality.ts";
import { podCondition } from "./pods.ts";
import { toleratedSeconds } from "./tolerations.ts";

interface Listers {
  pods: Lister<Pod>;
  nodes: Lister<Node>;
}

/** When a Pod's time began to run, by uid: a taint does not say since when it is there. */
export type Countdowns = Map<Key, { uid: string; startedMs: number }>;

const WHY = { reason: "DeletionByTaintManager", message: "Taint manager: deleting due to NoExecute taint" };

/** Deletes Pods that do not (or no longer) tolerate their node's NoExecute taints. Follows pkg/controller/tainteviction. */
export function reconcile(key: Key, { pods, nodes }: Listers, now: Date, countdowns: Countdowns): Action[] {
  const pod = pods.get(key);
  const node = nodes.get(pod?.spec.nodeName ?? "");
  const taints = node?.spec.taints?.filter(({ effect }) => effect === "NoExecute") ?? [];
  const seconds = pod ? toleratedSeconds(taints, pod.spec.tolerations) : Number.POSITIVE_INFINITY;
  let started = countdowns.get(key);
  if (started && started.uid !== pod?.metadata.uid) {
    countdowns.delete(key);
    started = undefined;
  }
  if (!pod || pod.metadata.deletionTimestamp) return [];
  if (seconds === Number.POSITIVE_INFINITY) {
    if (!started) return [];
    countdowns.delete(key);
    return [say(pod, "Cancelling deletion of Pod")];
  }
  const since = started?.startedMs ?? now.getTime();
  countdowns.set(key, { uid: pod.metadata.uid ?? "", startedMs: since });
  const wait = since + seconds * 1000 - now.getTime();
  if (wait > 0) return [{ do: "requeue", afterMs: wait }];
  countdowns.delete(key);
  const isMarked = podCondition(pod, "DisruptionTarget")?.status === "True";
  return [
    say(pod, "Marking for deletion Pod"),
    ...(isMarked ? [] : [markDisrupted(pod, WHY, now, false)]),
    { do: "delete", resource: "v1/pods", object: pod },
  ];
}

function say(pod: Readonly<Pod>, what: string): Action {
  const { namespace, name } = pod.metadata;
  const message = `${what} ${namespace}/${name}`;
  return { do: "event", about: pod, type: "Normal", reason: "TaintManagerEviction", message };
}

/** Made anew for each start: countdowns begin when the controller does, as upstream's. */
export function taintEvictionController() {
  const countdowns: Countdowns = new Map();
  return defineController<Listers>({
    name: "taint-eviction-controller",
    watches: {
      for: "v1/pods",
      maps: [
        mapping("v1/nodes", (node, { pods }: Listers, old) =>
          old && deepEqual(old.spec.taints, node.spec.taints)
            ? []
            : pods.by("node", node.metadata.name ?? "").map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
        ),
      ],
    },
    listers: (get) => ({
      pods: get("v1/pods", { node: ({ spec }) => (spec.nodeName ? [spec.nodeName] : []) }),
      nodes: get("v1/nodes"),
    }),
    reconcile: (key, listers, { now }) => reconcile(key, listers, now, countdowns),
  });
}
