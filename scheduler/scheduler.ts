import {
  ApiError,
  type Client,
  type Clock,
  type Informers,
  type Logger,
  type Random,
  type SeriesRecorder,
} from "../client/index.ts";
import type { Pod } from "../openapi/api/core.v1.ts";
import { Cache } from "./cache.ts";
import type { Configuration } from "./config/types.ts";
import type { CompileSelector } from "./devices/allocate.ts";
import { named, textOf } from "./error-text.ts";
import { createEvictor } from "./evict.ts";
import { createExtenders } from "./extenders/extenders.ts";
import { scheduleWithExtenders } from "./extenders/schedule-with-extenders.ts";
import type { Candidate, Cycle, Diagnosis, PostFilterResult } from "./framework.ts";
import { createHandle } from "./handle.ts";
import { createListers } from "./listers.ts";
import type { SchedulerMetrics } from "./metrics.ts";
import { Nominator } from "./nominator.ts";
import { podStatusPatch, type StatusWish } from "./pod-status.ts";
import { pickCandidate } from "./preemption.ts";
import { createProfile, type Profile } from "./profile.ts";
import { SchedulingQueue } from "./queue.ts";
import type { QueuedPod } from "./queued-pod.ts";
import { fitError, type Outcome, postFilter, type ScheduleInput, schedule } from "./schedule.ts";
import { watchCluster } from "./watch-cluster.ts";

export interface SchedulerOptions {
  readonly client: Client;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly recorder: SeriesRecorder;
  readonly configuration: Configuration;
  readonly compileSelector: CompileSelector;
  /** Absent: nothing is counted. */
  readonly metrics?: SchedulerMetrics;
}

/** Attempts between two looks at the network: enough to be fast, few enough to see new nodes in time. */
const BATCH = 32;
/** The longest note of an Event. */
const NOTE_LIMIT = 1024;

interface Failure {
  /** Plugins whose events may help; without any, only time does. */
  readonly refusedBy?: ReadonlySet<string>;
  readonly reason?: "Unschedulable" | "SchedulerError";
  readonly candidate?: Candidate | undefined;
  /** As in `StatusWish`. */
  readonly nominatedNodeName?: string | undefined;
}

const uidOf = ({ metadata }: Pod) => metadata.uid ?? "";
/** Gives each Pod that names this scheduler a node. Follows pkg/scheduler. @returns stops it. */
export function runScheduler(options: SchedulerOptions): { stop(): void } {
  const { client, informers, clock, random, logger, recorder, configuration, metrics } = options;
  const listers = createListers(informers);
  const cache = new Cache((name) => listers.namespace(name)?.metadata.labels ?? {});
  const nominator = new Nominator();
  const pods = informers.get("v1/pods").lister;
  const evictor = createEvictor({
    client,
    logger,
    recorder,
    pods,
    patchStatus,
    nominated: (node) => nominator.on(node),
    failed: (preemptor) => queue.activate(uidOf(preemptor)),
  });
  const handle = createHandle({
    informers,
    clock,
    compileSelector: options.compileSelector,
    isPreempting: (uid) => evictor.isPreempting(uid),
    preempting: () => metrics?.preempted(),
  });
  const profiles = new Map(
    configuration.profiles.map((profile) => [profile.schedulerName, createProfile(profile, handle)]),
  );
  const extenders = createExtenders(configuration, logger);
  const profileOf = ({ spec }: Pod) => profiles.get(spec.schedulerName ?? "");
  const queue = new SchedulingQueue({
    clock,
    listers,
    profileOf,
    firstBackoff: configuration.podInitialBackoffSeconds * 1000,
    longestBackoff: configuration.podMaxBackoffSeconds * 1000,
    wake: () => void wake(),
    ...(metrics && { queued: metrics.queued }),
  });
  let running = false;
  let stopped = false;
  let startAt = 0;
  metrics?.observe({ queue, cacheSize: () => cache.size });
  watchCluster({ informers, cache, queue, nominator, isOurs: (pod) => profileOf(pod) !== undefined });

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
          const going = attempt(item);
          if (going) await going;
        }
        if (!item) break;
        await new Promise(setImmediate);
      }
    } finally {
      running = false;
    }
  }

  /** @returns when it must be waited for, as for extenders. Never rejects. */
  function attempt(item: QueuedPod): Promise<void> | undefined {
    const { pod } = item;
    const profile = profileOf(pod);
    if (!profile) {
      queue.done(uidOf(pod));
      return undefined;
    }
    const { namespace, name, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp) {
      queue.done(uidOf(pod));
      tellRefused(pod, `skip schedule deleting pod: ${namespace}/${name}`);
      return undefined;
    }
    if (!cache.nodes.size) {
      fail(item, "no nodes available to schedule pods", { reason: "Unschedulable", nominatedNodeName: "" });
      return undefined;
    }
    const input: ScheduleInput = {
      pod,
      nodes: cache.nodes,
      order: cache.order,
      index: cache.index,
      imageNodes: cache.imageNodes,
      listers,
      profile,
      startAt,
      percentageOfNodesToScore: profile.percentageOfNodesToScore ?? configuration.percentageOfNodesToScore,
      random,
      nominated: (node) => nominator.on(node),
    };
    const failed = (error: unknown) => {
      logger.error({ err: error, pod: pod.metadata.name }, "scheduling failed");
      fail(item, textOf(error), { reason: "SchedulerError", nominatedNodeName: "" });
    };
    if (extenders)
      return scheduleWithExtenders(input, extenders)
        .then((outcome) => settle(item, profile, outcome))
        .catch(failed);
    try {
      // Only a refusal that extenders must be asked about takes time.
      void settle(item, profile, schedule(input));
    } catch (error) {
      failed(error);
    }
    return undefined;
  }

  /** What comes of an attempt: the Pod is bound, or is told why not. */
  function settle(item: QueuedPod, profile: Profile, outcome: Outcome): Promise<void> | undefined {
    if ("diagnosis" in outcome) return refuse(item, profile, outcome.cycle, outcome.diagnosis);
    const { pod } = item;
    const { node, cycle, looked } = outcome;
    metrics?.decided(item);
    startAt = cache.nodes.size ? (startAt + looked) % cache.nodes.size : 0;
    reserve(profile, cycle, node.name);
    cache.assume({ ...pod, spec: { ...pod.spec, nodeName: node.name } }, node.name);
    nominator.delete(uidOf(pod));
    void bind(item, profile, node.name, cycle);
    return undefined;
  }

  function reserve({ plugins }: Profile, cycle: Cycle, node: string): void {
    try {
      for (const plugin of plugins.reserve) plugin.reserve?.(cycle, node);
    } catch (error) {
      for (const plugin of plugins.reserve.toReversed()) plugin.unreserve?.(cycle, options);
      throw error;
    }
  }

  async function bind(item: QueuedPod, { plugins }: Profile, node: string, cycle: Cycle): Promise<void> {
    const { pod } = item;
    const { name, namespace } = pod.metadata;
    try {
      if (plugins.preBind.some((plugin) => plugin.preBindPreFlight?.(cycle, node)))
        await patchStatus(pod, { nominatedNodeName: node }).catch((error: unknown) =>
          logger.warn({ err: error, pod: `${namespace}/${name}` }, "telling the node of a pod failed"),
        );
      for (const plugin of plugins.preBind)
        await named(`PreBind plugin "${plugin.name}"`, plugin.preBind?.(cycle, node, options));
      const [binder] = plugins.bind;
      if (!(await extenders?.bind(pod, node)))
        await named(`Bind plugin "${binder?.name}"`, binder?.bind?.(cycle, node, options));
      queue.done(uidOf(pod));
      metrics?.bound(item);
      recorder.event({
        regarding: pod,
        type: "Normal",
        reason: "Scheduled",
        action: "Binding",
        note: `Successfully assigned ${namespace}/${name} to ${node}`,
      });
    } catch (error) {
      for (const plugin of plugins.reserve.toReversed()) plugin.unreserve?.(cycle, options);
      // What it would have taken is free again.
      if (cache.unassume(uidOf(pod)))
        queue.onEvent("pod/delete", { old: { ...pod, spec: { ...pod.spec, nodeName: node } } });
      // Whoever schedules next sees the Pod without a node.
      if (stopped) return;
      logger.warn({ err: error, pod: `${namespace}/${name}` }, "binding failed");
      fail(item, textOf(error), { reason: "SchedulerError", nominatedNodeName: "" });
    }
  }

  function refuse(item: QueuedPod, profile: Profile, cycle: Cycle, diagnosis: Diagnosis): Promise<void> | undefined {
    const result = postFilter(cycle, profile, diagnosis);
    const end = ({ message, candidate, nominatedNodeName, act }: PostFilterResult) => {
      act?.(options).catch((error: unknown) => logger.warn({ err: error }, "making room failed"));
      if (candidate) {
        metrics?.evicted(candidate.victims.length);
        evictor.evict(item.pod, candidate);
      }
      fail(item, fitError(diagnosis, message), { refusedBy: diagnosis.plugins, nominatedNodeName });
    };
    if (extenders && result.candidates) return withExtenders(item.pod, result.candidates).then(end);
    end(result);
    return undefined;
  }

  /** What extenders leave of the nodes where Pods might be evicted. */
  async function withExtenders(pod: Pod, candidates: readonly Candidate[]): Promise<PostFilterResult> {
    try {
      const candidate = pickCandidate((await extenders?.preempt(pod, candidates)) ?? candidates);
      if (candidate) return { message: "", candidate, nominatedNodeName: candidate.node.name };
      return { message: "preemption: no candidate node for preemption" };
    } catch (error) {
      return { message: `preemption: ${textOf(error)}` };
    }
  }

  /** Back to the queue, with an event and a condition that say why. (handleSchedulingFailure) */
  function fail(item: QueuedPod, message: string, failure: Failure): void {
    const { refusedBy = new Set<string>(), reason = "Unschedulable", nominatedNodeName } = failure;
    const { namespace, name, uid } = item.pod.metadata;
    metrics?.failed(item, reason);
    const pod = pods.get(`${namespace}/${name}`);
    // Gone, replaced, or bound by somebody else: the watch says so, or will.
    if (!pod || pod.metadata.uid !== uid || pod.spec.nodeName) {
      queue.done(uidOf(item.pod));
    } else {
      queue.failed(item, pod, refusedBy);
      if (nominatedNodeName !== undefined) nominator.set(pod, nominatedNodeName);
    }
    if (pod && pod.metadata.uid !== uid) return;
    tellRefused(pod ?? item.pod, message);
    if (!pod) return;
    const condition = { type: "PodScheduled", status: "False", reason, message };
    patchStatus(pod, { condition, ...(nominatedNodeName !== undefined && { nominatedNodeName }) }).catch(
      (error: unknown) => {
        if (!stopped && !(error instanceof ApiError && error.code === 404))
          logger.warn({ err: error }, "updating an unschedulable pod failed");
      },
    );
  }

  function tellRefused(pod: Pod, message: string): void {
    const note = message.length > NOTE_LIMIT ? `${message.slice(0, NOTE_LIMIT - 4)} ...` : message;
    recorder.event({ regarding: pod, type: "Warning", reason: "FailedScheduling", action: "Scheduling", note });
  }

  async function patchStatus(pod: Pod, wish: StatusWish): Promise<void> {
    const patch = podStatusPatch(pod, wish, clock.now());
    const { name = "", namespace } = pod.metadata;
    if (patch) await client.patch("v1/pods", { name, namespace, subresource: "status" }, patch, { type: "strategic" });
  }

  return {
    stop() {
      stopped = true;
      queue.stop();
      void extenders?.close();
    },
  };
}
