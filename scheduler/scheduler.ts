import {
  ApiError,
  type Client,
  type Clock,
  type Informer,
  type Informers,
  type Logger,
  type ObjectOf,
  type Random,
  type SeriesRecorder,
} from "../client/index.ts";
import type { Node, Pod } from "../openapi/api/core.v1.ts";
import { Cache } from "./cache.ts";
import type { ClusterEvent, Cycle, Listers } from "./framework.ts";
import { boundTo, pendingClaims, SELECTED_NODE } from "./plugins/volume-binding.ts";
import { plugins } from "./plugins.ts";
import { podStatusPatch, type StatusWish } from "./pod-status.ts";
import { type Candidate, postFilter } from "./preemption.ts";
import { type QueuedPod, SchedulingQueue } from "./queue.ts";
import { type Diagnosis, fitError, schedule } from "./schedule.ts";

export interface SchedulerOptions {
  readonly client: Client;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly recorder: SeriesRecorder;
  /** Pods that name this scheduler are ours. */
  readonly schedulerName: string;
  /** 0 = adaptive. */
  readonly percentageOfNodesToScore: number;
}

/** Attempts between two looks at the network: enough to be fast, few enough to see new nodes in time. */
const BATCH = 32;
/** How long a waiting claim may take to be bound once its node is chosen, in ms. (bindTimeoutSeconds) */
const BIND_TIMEOUT = 600_000;
/** The longest note of an Event. */
const NOTE_LIMIT = 1024;

interface Failure {
  /** Plugins whose events may help; without any, only time does. */
  readonly refusedBy?: ReadonlySet<string>;
  readonly reason?: "Unschedulable" | "SchedulerError";
  readonly candidate?: Candidate;
  /** As in `StatusWish`. */
  readonly nominatedNodeName?: string;
}

const NOBODY: readonly Pod[] = [];

const uidOf = (object: { metadata: { uid?: string } }) => object.metadata.uid ?? "";
const isFinished = ({ status }: Pod) => status?.phase === "Succeeded" || status?.phase === "Failed";

/** Gives each Pod that names this scheduler a node. Follows pkg/scheduler. @returns stops it. */
export function runScheduler(options: SchedulerOptions): { stop(): void } {
  const { client, informers, clock, random, logger, recorder, schedulerName } = options;
  const nominated = new Map<string, Map<string, Pod>>();
  const listers = createListers(informers);
  const cache = new Cache((name) => listers.namespace(name)?.metadata.labels ?? {});
  let running = false;
  let stopped = false;
  let startAt = 0;
  const queue = new SchedulingQueue(clock, plugins, () => void wake());

  const nodes = informers.get("v1/nodes");
  const pods = informers.get("v1/pods");
  nodes.addHandler({
    added(node) {
      cache.setNode(node);
      queue.onEvent("node/add");
    },
    updated(node, old) {
      cache.setNode(node);
      for (const event of nodeChanges(node, old)) queue.onEvent(event);
    },
    deleted: (node) => cache.removeNode(node.metadata.name ?? ""),
  });
  pods.addHandler({ added: (pod) => see(pod), updated: see, deleted: forget });
  for (const resource of [
    "v1/persistentvolumeclaims",
    "v1/persistentvolumes",
    "storage.k8s.io/v1/storageclasses",
  ] as const) {
    const changed = () => queue.onEvent("volume");
    // Each resource has an informer of its own type; the handler looks at none of its fields.
    (informers.get(resource) as Informer<ObjectOf<"v1/persistentvolumes">>).addHandler({
      added: changed,
      updated: changed,
    });
  }
  informers.get("v1/namespaces").addHandler({ added: namespacesChanged, updated: namespacesChanged });

  function namespacesChanged(): void {
    cache.index.namespacesChanged();
    queue.onEvent("namespace");
  }

  function see(pod: Pod, old?: Pod): void {
    const uid = uidOf(pod);
    if (pod.spec.nodeName) {
      queue.delete(uid);
      unnominate(uid);
      if (isFinished(pod)) return forget(pod);
      const isNew = !old?.spec.nodeName && !cache.isAssumed(uid);
      cache.setPod(pod);
      if (isNew) queue.onEvent("pod/add");
      else if (old && old.metadata.labels !== pod.metadata.labels && old.spec.nodeName) {
        if (JSON.stringify(old.metadata.labels) !== JSON.stringify(pod.metadata.labels)) queue.onEvent("pod/labels");
      }
      return;
    }
    if (pod.spec.schedulerName !== schedulerName || isFinished(pod) || cache.isAssumed(uid)) return;
    nominate(pod);
    if (pod.metadata.deletionTimestamp) queue.delete(uid);
    else queue.set(pod);
  }

  function forget(pod: Pod): void {
    queue.delete(uidOf(pod));
    unnominate(uidOf(pod));
    if (!pod.spec.nodeName) return;
    cache.removePod(uidOf(pod));
    queue.onEvent("pod/delete");
  }

  function nominate(pod: Pod): void {
    unnominate(uidOf(pod));
    const node = pod.status?.nominatedNodeName;
    if (!node) return;
    if (!nominated.has(node)) nominated.set(node, new Map());
    nominated.get(node)?.set(uidOf(pod), pod);
  }

  function unnominate(uid: string): void {
    for (const promised of nominated.values()) promised.delete(uid);
  }

  /** Runs attempts until none is ready, giving way to the network between batches. */
  async function wake(): Promise<void> {
    if (running || stopped) return;
    running = true;
    await new Promise(setImmediate);
    try {
      while (!stopped) {
        let item: QueuedPod | undefined;
        for (let n = 0; n < BATCH; n++) {
          item = queue.pop();
          if (!item) break;
          attempt(item);
        }
        if (!item) break;
        await new Promise(setImmediate);
      }
    } finally {
      running = false;
    }
  }

  function attempt(item: QueuedPod): void {
    const { pod } = item;
    if (!cache.nodes.size) return fail(item, "no nodes available to schedule pods", { nominatedNodeName: "" });
    try {
      const outcome = schedule({
        pod,
        nodes: cache.nodes,
        order: cache.order,
        index: cache.index,
        imageNodes: cache.imageNodes,
        listers,
        plugins,
        startAt,
        percentageOfNodesToScore: options.percentageOfNodesToScore,
        random,
        nominated: (node) => (nominated.get(node)?.size ? [...(nominated.get(node)?.values() ?? [])] : NOBODY),
      });
      startAt = (startAt + ("node" in outcome ? outcome.looked : 0)) % cache.nodes.size;
      if ("node" in outcome) {
        cache.assume({ ...pod, spec: { ...pod.spec, nodeName: outcome.node.name } }, outcome.node.name);
        void bind(item, outcome.node.name, outcome.cycle);
      } else {
        refuse(item, outcome.cycle, outcome.diagnosis);
      }
    } catch (error) {
      logger.error({ err: error, pod: pod.metadata.name }, "scheduling failed");
      fail(item, error instanceof Error ? error.message : String(error), {
        reason: "SchedulerError",
        nominatedNodeName: "",
      });
    }
  }

  async function bind(item: QueuedPod, node: string, cycle: Cycle): Promise<void> {
    const { pod } = item;
    const { name = "", namespace = "default", uid } = pod.metadata;
    try {
      await bindVolumes(cycle, node);
      await client.post(
        "v1/pods",
        { name, namespace, subresource: "binding" },
        { apiVersion: "v1", kind: "Binding", metadata: { name, namespace, uid }, target: { kind: "Node", name: node } },
      );
      queue.done();
      recorder.event({
        regarding: pod,
        type: "Normal",
        reason: "Scheduled",
        action: "Binding",
        note: `Successfully assigned ${namespace}/${name} to ${node}`,
      });
    } catch (error) {
      cache.unassume(uidOf(pod));
      if (error instanceof ApiError && error.code === 404) return queue.done();
      const current = pods.lister.get(`${namespace}/${name}`);
      // Bound by somebody else, or replaced: the watch says or will say so.
      if (!current || current.metadata.uid !== uid || current.spec.nodeName) return queue.done();
      logger.warn({ err: error, pod: `${namespace}/${name}` }, "binding failed");
      const message = error instanceof Error ? error.message : String(error);
      fail(item, `running Bind plugin "DefaultBinder": ${message}`, {
        reason: "SchedulerError",
        nominatedNodeName: "",
      });
    }
  }

  /** Gives waiting claims their volumes, or tells them their node, and waits until all are bound. (BindPodVolumes) */
  async function bindVolumes(cycle: Cycle, node: string): Promise<void> {
    const info = cycle.nodes.get(node);
    const waiting = info ? pendingClaims(cycle, info.node) : [];
    if (!waiting.length) return;
    const claims = informers.get("v1/persistentvolumeclaims");
    for (const { claim, volume } of waiting) {
      const { metadata } = claim;
      if (volume) {
        await client.update("v1/persistentvolumes", boundTo(volume, claim));
        continue;
      }
      if (metadata.annotations?.[SELECTED_NODE] === node) continue;
      await client.patch(
        "v1/persistentvolumeclaims",
        { name: metadata.name ?? "", namespace: metadata.namespace },
        { metadata: { annotations: { [SELECTED_NODE]: node } } },
        { type: "merge" },
      );
    }
    const allBound = () =>
      waiting.every(
        ({ claim: { metadata } }) =>
          claims.lister.get(`${metadata.namespace}/${metadata.name}`)?.status?.phase === "Bound",
      );
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!allBound()) return;
        end();
        resolve();
      };
      const timer = clock.setTimeout(() => {
        end();
        reject(new Error("binding volumes: context deadline exceeded"));
      }, BIND_TIMEOUT);
      const unsubscribe = claims.onProgress(look);
      const end = () => {
        timer.cancel();
        unsubscribe();
      };
      look();
    });
  }

  function refuse(item: QueuedPod, cycle: Cycle, diagnosis: Diagnosis): void {
    const { message, candidate, nominatedNodeName } = postFilter(cycle, plugins, diagnosis);
    fail(item, fitError(diagnosis, message), { refusedBy: diagnosis.plugins, candidate, nominatedNodeName });
  }

  /** Back to the queue, with an event and a condition that say why. */
  function fail(
    item: QueuedPod,
    message: string,
    { refusedBy, reason = "Unschedulable", candidate, nominatedNodeName }: Failure,
  ): void {
    const { pod } = item;
    const note = message.length > NOTE_LIMIT ? `${message.slice(0, NOTE_LIMIT - 4)} ...` : message;
    recorder.event({ regarding: pod, type: "Warning", reason: "FailedScheduling", action: "Scheduling", note });
    // Without any node, the first node to come is what helps: those are the events of the node plugins.
    queue.failed(item, refusedBy ?? (reason === "Unschedulable" ? new Set(["NodeResourcesFit"]) : new Set()));
    if (nominatedNodeName !== undefined) nominate({ ...pod, status: { ...pod.status, nominatedNodeName } });
    void (async () => {
      try {
        const condition = { type: "PodScheduled", status: "False", reason, message };
        await patchStatus(pod, { condition, nominatedNodeName });
        if (candidate) await evict(pod, candidate);
      } catch (error) {
        if (!(error instanceof ApiError && error.code === 404))
          logger.warn({ err: error }, "updating an unschedulable pod failed");
      }
    })();
  }

  async function patchStatus(pod: Pod, wish: StatusWish): Promise<void> {
    const patch = podStatusPatch(pod, wish, clock.now());
    const { name = "", namespace } = pod.metadata;
    if (patch) await client.patch("v1/pods", { name, namespace, subresource: "status" }, patch, { type: "strategic" });
  }

  /** Victims get their grace period; the preemptor waits, nominated to the node. */
  async function evict(preemptor: Pod, { node, victims }: Candidate): Promise<void> {
    for (const victim of victims) {
      const { name = "", namespace } = victim.metadata;
      await patchStatus(victim, {
        condition: {
          type: "DisruptionTarget",
          status: "True",
          reason: "PreemptionByScheduler",
          message: `${schedulerName}: preempting to accommodate a higher priority pod`,
        },
      });
      await client.delete("v1/pods", { name, namespace }, { uid: victim.metadata.uid });
      recorder.event({
        regarding: victim,
        related: preemptor,
        type: "Normal",
        reason: "Preempted",
        action: "Preempting",
        note: `Preempted by pod ${uidOf(preemptor)} on node ${node.name}`,
      });
    }
  }

  return {
    stop() {
      stopped = true;
      queue.stop();
    },
  };
}

/** What of a node's change may make room. Heartbeats are none of it. */
function nodeChanges(node: Node, old: Node): ClusterEvent[] {
  const differ = (pick: (node: Node) => unknown) => JSON.stringify(pick(node)) !== JSON.stringify(pick(old));
  const events: ClusterEvent[] = [];
  if (differ(({ status }) => status?.allocatable)) events.push("node/allocatable");
  if (differ(({ metadata }) => metadata.labels)) events.push("node/labels");
  if (differ(({ spec }) => [spec?.taints, spec?.unschedulable])) events.push("node/taints");
  return events;
}

function createListers(informers: Informers): Listers {
  const namespaces = informers.get("v1/namespaces").lister;
  const volumes = informers.get("v1/persistentvolumes").lister;
  const claims = informers.get("v1/persistentvolumeclaims").lister;
  const classes = informers.get("storage.k8s.io/v1/storageclasses").lister;
  const csiNodes = informers.get("storage.k8s.io/v1/csinodes").lister;
  const services = informers.get("v1/services").lister;
  const controllers = informers.get("v1/replicationcontrollers").lister;
  const replicaSets = informers.get("apps/v1/replicasets").lister;
  const statefulSets = informers.get("apps/v1/statefulsets").lister;
  const budgets = informers.get("policy/v1/poddisruptionbudgets").lister;
  return {
    namespace: (name) => namespaces.get(name),
    persistentVolume: (name) => volumes.get(name),
    persistentVolumes: () => volumes.list(),
    persistentVolumeClaim: (namespace, name) => claims.get(`${namespace}/${name}`),
    storageClass: (name) => classes.get(name),
    csiNode: (name) => csiNodes.get(name),
    services: (namespace) => services.byNamespace(namespace),
    replicationControllers: (namespace) => controllers.byNamespace(namespace),
    replicaSets: (namespace) => replicaSets.byNamespace(namespace),
    statefulSets: (namespace) => statefulSets.byNamespace(namespace),
    disruptionBudgets: (namespace) => budgets.byNamespace(namespace),
  };
}
