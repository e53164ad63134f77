import { type Action, defineController, type Key, type Lister, mapping, splitKey } from "../client/index.ts";
import type { Node, Pod } from "../openapi/api/core.v1.ts";
import { type Disruption, markDisrupted, saysDisrupted } from "./disruption-target.ts";
import { deepEqual } from "./equality.ts";
import { toleratedSeconds, tolerates } from "./tolerations.ts";

interface Listers {
  pods: Lister<Pod>;
  nodes: Lister<Node>;
}

/** What is planned for Pods. A Pod that was told to go is not told again. */
export type Evictions = Map<Key, { readonly uid: string; readonly atMs: number; readonly isDone: boolean }>;

const WHY: Disruption = {
  reason: "DeletionByTaintManager",
  message: "Taint manager: deleting due to NoExecute taint",
};

/** Deletes Pods that do not (or no longer) tolerate their node's NoExecute taints. Follows pkg/controller/tainteviction. */
export function reconcile(key: Key, { pods, nodes }: Listers, now: Date, evictions: Evictions): Action[] {
  const pod = pods.get(key);
  const uid = pod?.metadata.uid ?? "";
  // A Pod that was made anew under the name of one that was to go is another one.
  if (pod && evictions.get(key)?.uid !== uid) evictions.delete(key);
  const known = evictions.get(key);
  const cancel = (): Action[] => {
    evictions.delete(key);
    return known && !known.isDone ? [say(key, "Cancelling deletion of Pod")] : [];
  };
  if (!pod) return cancel();
  const taints = nodes.get(pod.spec.nodeName ?? "")?.spec.taints?.filter(({ effect }) => effect === "NoExecute") ?? [];
  const seconds = toleratedSeconds(taints, pod.spec.tolerations);
  if (seconds === Number.POSITIVE_INFINITY) return cancel();
  if (known?.isDone) return [];
  const plan = (atMs: number, isDone: boolean) => evictions.set(key, { uid, atMs, isDone });
  // What is tolerated for a while counts from the first such taint; other times do not change that. One that is not
  // tolerated at all ends the wait.
  const isTolerated = taints.every((taint) => pod.spec.tolerations?.some((toleration) => tolerates(toleration, taint)));
  const atMs = isTolerated && known ? known.atMs : now.getTime() + seconds * 1000;
  const wait = atMs - now.getTime();
  if (wait > 0) {
    plan(atMs, false);
    return [{ do: "requeue", afterMs: wait }];
  }
  const cancelled = isTolerated ? [] : cancel();
  plan(atMs, true);
  return [
    ...cancelled,
    say(key, "Marking for deletion Pod"),
    ...(saysDisrupted(pod, WHY) ? [] : [markDisrupted(pod, WHY, now, false)]),
    { do: "delete", resource: "v1/pods", object: pod },
  ];
}

/** Upstream's reference says no more than the name. */
function say(key: Key, what: string): Action {
  const { namespace, name } = splitKey(key);
  const about = { apiVersion: "v1", kind: "Pod", metadata: { namespace, name } };
  const message = `${what} ${namespace}/${name}`;
  return { do: "event", about, type: "Normal", reason: "TaintManagerEviction", message };
}

/** Made anew for each start: waits begin when the controller does, as upstream's. */
export function taintEvictionController() {
  const evictions: Evictions = new Map();
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
    reconcile: (key, listers, { now }) => reconcile(key, listers, now, evictions),
  });
}
