import { type Action, defineController, type Key, type Lister, mapping, timestamp } from "../../client/index.ts";
import type { Lease } from "../../openapi/api/coordination.k8s.io.v1.ts";
import type { Node, NodeCondition, Pod } from "../../openapi/api/core.v1.ts";
import { deepEqual } from "../equality.ts";
import { isReady, podCondition } from "../pods.ts";
import { observe, readyCondition, type Sign, silenceLeft, silentConditions } from "./health.ts";
import { evictionTaintKey, wantedTaints } from "./taints.ts";

/** --node-eviction-rate: nodes a second and zone that start to lose their Pods. */
const EVICTION_RATE = 0.1;
const EVICTION_RETRY_MS = 10_000;
const LEASES = "kube-node-lease";
const LABELS: [from: string, to: string][] = [
  ["kubernetes.io/os", "beta.kubernetes.io/os"],
  ["kubernetes.io/arch", "beta.kubernetes.io/arch"],
];

export interface Listers {
  nodes: Lister<Node>;
  leases: Lister<Lease>;
  pods: Lister<Pod>;
}

/** What is remembered from call to call: signs of life by our own clock, and how many evictions a zone may begin. */
export interface Memory {
  signs: Map<string, Sign>;
  known: Set<string>;
  /** Zone → when its next eviction may begin. */
  zones: Map<string, number>;
}

export const newMemory = (): Memory => ({ signs: new Map(), known: new Set(), zones: new Map() });

/** Declares silent nodes dead and taints nodes by their conditions. Follows pkg/controller/nodelifecycle. */
export function reconcile(name: Key, { nodes, leases, pods }: Listers, now: Date, memory: Memory): Action[] {
  const node = nodes.get(name);
  if (!node) return forget(name, memory);
  const actions: Action[] = [];
  if (!memory.known.has(name)) {
    memory.known.add(name);
    actions.push(tell(node, "RegisteredNode", `Registered Node ${name} in Controller`));
  }
  const sign = observe(node, leases.get(`${LEASES}/${name}`), memory.signs.get(name), now);
  memory.signs.set(name, sign);

  const labels = legacyLabels(node);
  if (labels)
    return [
      ...actions,
      { do: "patch", resource: "v1/nodes", object: node, type: "strategic", patch: { metadata: { labels } } },
    ];

  const left = silenceLeft(node, sign, now);
  if (left <= 0) {
    const conditions = silentConditions(node, now);
    if (!deepEqual(conditions, node.status.conditions)) {
      const wasReady = readyCondition(node)?.status === "True";
      const object: Node = { ...node, status: { ...node.status, conditions } };
      const message = `Node ${name} status is now: NodeNotReady`;
      return [
        ...actions,
        { do: "updateStatus", resource: "v1/nodes", object },
        ...(wasReady ? [event(node, "NodeNotReady", message)] : []),
      ];
    }
  }
  const recheck: Action[] = left > 0 ? [{ do: "requeue", afterMs: left }] : [];
  if (readyCondition(node)?.status !== "True") actions.push(...podsNotReady(node, pods, now));

  // Nobody is left to take the Pods when every node is down: then it is rather we who are cut off.
  const isAllDown = nodes.list().every((one) => evictionTaintKey(one));
  const isNewlyDown =
    evictionTaintKey(node) &&
    !node.spec.taints?.some(({ effect, key }) => effect === "NoExecute" && key === evictionTaintKey(node));
  const mayEvict = !isAllDown && !!isNewlyDown && mayBegin(node, memory, now);
  const taints = wantedTaints(node, mayEvict, !isAllDown, now);
  if (!deepEqual(taints, node.spec.taints ?? [])) {
    const { resourceVersion } = node.metadata;
    const patch = { metadata: { resourceVersion }, spec: { taints: taints.length ? taints : null } };
    actions.push({ do: "patch", resource: "v1/nodes", object: node, type: "merge", patch });
  }
  if (isNewlyDown && !mayEvict) recheck.push({ do: "requeue", afterMs: EVICTION_RETRY_MS });
  return [...actions, ...recheck];
}

function forget(name: string, memory: Memory): Action[] {
  const wasKnown = memory.known.delete(name);
  memory.signs.delete(name);
  if (!wasKnown) return [];
  const gone = { apiVersion: "v1", kind: "Node", metadata: { name } };
  return [tell(gone, "RemovingNode", `Removing Node ${name} from Controller`)];
}

/** A zone's right to begin one eviction: the first at once, then at the rate. */
function mayBegin({ metadata: { labels = {} } }: Readonly<Node>, { zones }: Memory, now: Date): boolean {
  const zone = `${labels["topology.kubernetes.io/region"] ?? ""}:${labels["topology.kubernetes.io/zone"] ?? ""}`;
  const next = zones.get(zone) ?? 0;
  if (now.getTime() < next) return false;
  zones.set(zone, now.getTime() + 1000 / EVICTION_RATE);
  return true;
}

/** Upstream leaves the namespace and version of a node out of what its events refer to. */
function event({ metadata: { name, uid } }: { metadata: Node["metadata"] }, reason: string, message: string): Action {
  return {
    do: "event",
    about: { apiVersion: "v1", kind: "Node", metadata: { name, uid } },
    type: "Normal",
    reason,
    message,
  };
}

function tell(about: { metadata: Node["metadata"] }, reason: string, what: string): Action {
  return event(about, reason, `Node ${about.metadata.name} event: ${what}`);
}

/** Labels of old that follow the new ones. (labelReconcileInfo) */
function legacyLabels({ metadata }: Readonly<Node>): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  for (const [from, to] of LABELS) {
    const value = metadata.labels?.[from];
    if (value !== undefined && metadata.labels?.[to] !== value) labels[to] = value;
  }
  return Object.keys(labels).length ? labels : undefined;
}

/** Services must stop sending to Pods of a node that is down. (MarkPodsNotReady) */
function podsNotReady(node: Readonly<Node>, pods: Lister<Pod>, now: Date): Action[] {
  return pods
    .by("node", node.metadata.name ?? "")
    .filter(isReady)
    .flatMap((pod): Action[] => {
      const known = podCondition(pod, "Ready");
      const conditions = [
        { ...known, type: "Ready", status: "False", lastTransitionTime: timestamp(now) } as NodeCondition,
      ];
      const patch = { metadata: { uid: pod.metadata.uid }, status: { conditions } };
      return [
        { do: "patch", resource: "v1/pods", object: pod, type: "strategic", patch, subresource: "status" },
        { do: "event", about: pod, type: "Warning", reason: "NodeNotReady", message: "Node is not ready" },
      ];
    });
}

/** Made anew for each start: what it remembers is by its own clock. */
export function nodeLifecycleController() {
  const memory = newMemory();
  return defineController<Listers>({
    name: "node-lifecycle-controller",
    eventSource: "node-controller",
    watches: {
      for: "v1/nodes",
      maps: [
        mapping("coordination.k8s.io/v1/leases", ({ metadata }) =>
          metadata.namespace === LEASES ? [metadata.name ?? ""] : [],
        ),
      ],
    },
    listers: (get) => ({
      nodes: get("v1/nodes"),
      leases: get("coordination.k8s.io/v1/leases"),
      pods: get("v1/pods", { node: ({ spec }) => (spec.nodeName ? [spec.nodeName] : []) }),
    }),
    reconcile: (key, listers, { now }) => reconcile(key, listers, now, memory),
  });
}
