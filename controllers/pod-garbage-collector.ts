import { type Action, defineController, type Key, type Lister, mapping } from "../client/index.ts";
import type { Node, Pod } from "../openapi/api/core.v1.ts";
import { type Disruption, markDisrupted } from "./disruption-target.ts";
import { isNodeReady } from "./node-ready.ts";
import { isFinished } from "./pods.ts";

/** --terminated-pod-gc-threshold */
const THRESHOLD = 12_500;
/** A node must be missing this long before its Pods go. */
const QUARANTINE_MS = 40_000;
/** The key under which finished Pods are counted, all together, and the index that holds them. */
const FINISHED = "finished pods";
const OUT_OF_SERVICE = "node.kubernetes.io/out-of-service";

interface Listers {
  pods: Lister<Pod>;
  nodes: Lister<Node>;
}

/**
 * Removes Pods that no node agent will: finished ones above a threshold, those of nodes that are gone or out of
 * service, and unscheduled ones that are being deleted. Follows pkg/controller/podgc.
 * @param missingSince when each missing node was first missed; kept from call to call
 */
export function reconcile(key: Key, { pods, nodes }: Listers, now: Date, missingSince: Map<string, number>): Action[] {
  if (key === FINISHED) return tooManyFinished(pods, now);
  const pod = pods.get(key);
  if (!pod) return [];
  const { nodeName } = pod.spec;
  if (!nodeName) return pod.metadata.deletionTimestamp ? forceDelete(pod, undefined, now) : [];
  const node = nodes.get(nodeName);
  if (node) {
    missingSince.delete(nodeName);
    const isOut = !isNodeReady(node) && node.spec.taints?.some((taint) => taint.key === OUT_OF_SERVICE);
    return isOut && pod.metadata.deletionTimestamp ? forceDelete(pod, undefined, now) : [];
  }
  const since = missingSince.get(nodeName) ?? now.getTime();
  missingSince.set(nodeName, since);
  const wait = since + QUARANTINE_MS - now.getTime();
  if (wait > 0) return [{ do: "requeue", afterMs: wait }];
  return forceDelete(pod, { reason: "DeletionByPodGC", message: "PodGC: node no longer exists" }, now);
}

function tooManyFinished(pods: Lister<Pod>, now: Date): Action[] {
  const finished = pods.by(FINISHED, "");
  const surplus = finished.length - THRESHOLD;
  if (surplus <= 0) return [];
  const isEvicted = ({ status }: Readonly<Pod>) => status.phase === "Failed" && status.reason === "Evicted";
  const order = (pod: Readonly<Pod>) =>
    `${isEvicted(pod) ? 0 : 1}${pod.metadata.creationTimestamp}${pod.metadata.name}`;
  const oldest = [...finished].sort((a, b) => (order(a) < order(b) ? -1 : 1)).slice(0, surplus);
  return oldest.flatMap((pod) => forceDelete(pod, undefined, now));
}

function forceDelete(pod: Readonly<Pod>, why: Disruption | undefined, now: Date): Action[] {
  const mark = isFinished(pod) ? [] : [markDisrupted(pod, why, now, true)];
  return [...mark, { do: "delete", resource: "v1/pods", object: pod, options: { gracePeriodSeconds: 0 } }];
}

const missingSince = () => new Map<string, number>();

/** Made anew for each start, since it remembers which nodes it misses. */
export function podGarbageCollectorController() {
  const missing = missingSince();
  return defineController<Listers>({
    name: "pod-garbage-collector-controller",
    watches: {
      for: "v1/pods",
      maps: [
        mapping("v1/pods", (pod) => (isFinished(pod) ? [FINISHED] : [])),
        mapping("v1/nodes", (node, { pods, nodes }: Listers, old) => {
          const name = node.metadata.name ?? "";
          const isNews = !old || !nodes.get(name) || old.spec.taints?.length !== node.spec.taints?.length;
          return isNews ? pods.by("node", name).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`) : [];
        }),
      ],
    },
    listers: (get) => ({
      pods: get("v1/pods", {
        node: ({ spec }) => (spec.nodeName ? [spec.nodeName] : []),
        [FINISHED]: (pod) => (isFinished(pod) ? [""] : []),
      }),
      nodes: get("v1/nodes"),
    }),
    reconcile: (key, listers, { now }) => reconcile(key, listers, now, missing),
  });
}
