import type { Pod, PodStatus } from "../openapi/api/core.v1.ts";
import type { ContainerRecord } from "./container-state.ts";
import { type PodState, phaseOf, podStatus } from "./pod-status.ts";
import { ActiveDeadline } from "./pod-worker/active-deadline.ts";
import { containersToStart, newEphemeralRecords, newRecords } from "./pod-worker/container-order.ts";
import { ContainerRunner } from "./pod-worker/container-runner.ts";
import { DEFAULT_GRACE, gracePeriod } from "./pod-worker/grace-period.ts";
import { type PodEnd, preemption, removeRemains } from "./pod-worker/pod-end.ts";
import { type PodEvent, podEvent } from "./pod-worker/pod-event.ts";
import { podKey } from "./pod-worker/pod-key.ts";
import { PodResize } from "./pod-worker/pod-resize.ts";
import { PodSandbox } from "./pod-worker/pod-sandbox.ts";
import { gatesOf } from "./pod-worker/readiness-gates.ts";
import { recover } from "./pod-worker/recover.ts";
import { RestartAll } from "./pod-worker/restart-all.ts";
import { applySpecChange } from "./pod-worker/spec-change.ts";
import { stopContainers, stopSidecars } from "./pod-worker/stop-containers.ts";
import { VolumeMounter } from "./pod-worker/volume-mounter.ts";
import type { WorkerEnvironment } from "./pod-worker/worker-environment.ts";
import { isStatic } from "./static-pods.ts";

/**
 * Brings one Pod to life and keeps it as its spec says: sandbox, init containers in order, sidecars, containers,
 * restarts with backoff, probes, and its end. Level-driven: whatever happens calls `sync`, which looks at everything.
 * Follows pkg/kubelet/pod_workers.go and kuberuntime_manager.go.
 */
export class PodWorker {
  #pod: Pod;
  readonly #env: WorkerEnvironment;
  readonly #records: ContainerRecord[];
  readonly #startTime: Date;
  readonly #event: PodEvent;
  readonly #deadline: ActiveDeadline;
  readonly #resizes: PodResize;
  readonly #volumes: VolumeMounter;
  readonly #sandbox: PodSandbox;
  readonly #runner: ContainerRunner;
  readonly #restartAll: RestartAll;
  /** False until it is known what an earlier life of the agent has left of the Pod. */
  #known = false;
  /** Grace of a termination that was asked for before that, in seconds. */
  #terminateOnceKnown: number | undefined;
  #terminating = false;
  /** That its containers get, while it terminates. */
  #graceSeconds = 0;
  #gone = false;
  #ended: PodState["ended"];

  constructor(pod: Pod, env: WorkerEnvironment) {
    this.#pod = pod;
    this.#env = env;
    const { runtime, clock, meter, logger, recorder, backoff } = env;
    ({ promise: this.ended, resolve: this.#resolveEnded } = Promise.withResolvers<void>());
    this.#startTime = pod.status?.startTime ? new Date(pod.status.startTime) : clock.now();
    const records = newRecords(pod);
    const event = podEvent(recorder, this.#current, records);
    this.#records = records;
    this.#event = event;
    const common = {
      ...{ runtime, clock, logger, event },
      pod: this.#current,
      isTerminating: () => this.#terminating,
      statusChanged: this.#statusChanged,
      sync: this.#again,
    };
    const view = {
      current: this.#current,
      ips: () => this.#sandbox.current?.ips ?? [],
      seenAt: clock.now().getTime(),
    };
    this.#volumes = new VolumeMounter({ ...common, view, volumes: (of) => env.volumes(of), retry: this.#again });
    this.#sandbox = new PodSandbox({
      ...common,
      records,
      dns: (of) => env.dns(of),
      mount: () => this.#volumes.mount(),
      isGone: () => this.#gone,
    });
    this.#runner = new ContainerRunner({
      ...common,
      ...{ meter, backoff },
      surroundings: env,
      allocated: () => this.allocated,
      volumes: () => this.#volumes.volumes,
      sandbox: () => this.#sandbox.current,
    });
    this.#restartAll = new RestartAll({
      ...common,
      records,
      endPause: (record) => this.#runner.endPause(record),
      started: (record) => this.#runner.started(record),
    });
    this.#deadline = new ActiveDeadline(clock, (message) => {
      if (!this.#ended && !this.#gone) this.#event("Normal", "DeadlineExceeded", message);
      this.fail("DeadlineExceeded", message);
    });
    this.#deadline.arm(pod, this.#startTime);
    this.#resizes = new PodResize({ ...common, lacks: () => env.lacksFor(this) });
  }

  /** What the parts of the worker ask and tell it. */
  readonly #current = () => this.#pod;
  readonly #statusChanged = () => this.#env.statusChanged(this);
  readonly #again = () => this.sync();

  get isTerminating(): boolean {
    return this.#terminating;
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** The Pod with the amounts that it has, which may be others than those it wants. */
  get allocated(): Pod {
    return this.#resizes.allocated(this.#records);
  }

  get records(): readonly ContainerRecord[] {
    return this.#records;
  }

  /** Resolves when nothing of the Pod runs any more and nothing will. */
  readonly ended: Promise<void>;
  readonly #resolveEnded: () => void;

  /** True once nothing of the Pod runs any more and nothing will. */
  get isFinished(): boolean {
    return this.#gone;
  }

  /** Takes over what an earlier life of the agent ran, then brings the Pod to where it should be. */
  async start(): Promise<void> {
    const recoverVolumes = () => this.#volumes.recover();
    const left = await recover({ ...this.#env, records: this.#records, pod: this.#current, recoverVolumes });
    if (left) this.#sandbox.use(left);
    this.#known = true;
    const { deletionTimestamp, deletionGracePeriodSeconds } = this.#pod.metadata;
    const { phase } = this.#pod.status ?? {};
    if (this.#terminateOnceKnown !== undefined) return this.terminate(this.#terminateOnceKnown);
    if (deletionTimestamp) return this.terminate(deletionGracePeriodSeconds ?? DEFAULT_GRACE);
    if (phase === "Succeeded" || phase === "Failed") {
      // Its end was reported: only what was made for it may be left.
      this.#terminating = true;
      this.#gone = true;
      this.#resolveEnded();
      return removeRemains(this.#pod, this.#sandbox.current, this.#env);
    }
    this.#env.statusChanged(this);
    for (const record of this.#records) if (record.running) this.#runner.adopt(record, record.running);
    this.sync();
  }

  /** A new version of the Pod. */
  update(pod: Pod): void {
    const old = this.#pod;
    this.#pod = pod;
    if (!this.#known) return;
    if (pod.metadata.deletionTimestamp) return this.terminate(pod.metadata.deletionGracePeriodSeconds ?? DEFAULT_GRACE);
    this.#records.push(...newEphemeralRecords(pod, this.#records));
    if (pod.spec.activeDeadlineSeconds !== old.spec.activeDeadlineSeconds) {
      this.#deadline.arm(pod, this.#startTime);
    }
    this.#applyChange();
    // A write of ours changes nothing; a readiness gate set by somebody does.
    if (pod.metadata.generation !== old.metadata.generation || gatesOf(pod) !== gatesOf(old))
      this.#env.statusChanged(this);
    this.sync();
  }

  /** Other Pods have left: what there was no room for may be given now. */
  retryResize(): void {
    if (this.#resizes.isPending && !this.#terminating) this.#applyChange();
  }

  #applyChange(): void {
    applySpecChange(this.#records, {
      event: this.#event,
      resizes: this.#resizes,
      pod: this.#current,
      retryNow: (record) => this.#runner.endPause(record),
      statusChanged: this.#statusChanged,
    });
  }

  status(): PodStatus {
    return podStatus(this.#state(), this.#env.clock.now());
  }

  #state(): PodState {
    return {
      pod: this.#pod,
      allocated: this.allocated,
      records: this.#records,
      sandbox: this.#sandbox.current,
      ips: this.#sandbox.ips,
      hostIPs: this.#env.hostIPs,
      startTime: this.#startTime,
      isTerminal: this.#gone && !isStatic(this.#pod),
      resizing: this.#resizes.conditions(),
      restarting: (phase) => this.#restartAll.condition(phase),
      ...(this.#ended && { ended: this.#ended }),
    };
  }

  /** Looks at everything and starts what should run. */
  sync(): void {
    if (!this.#known || this.#terminating || this.#gone) return;
    if (!this.#sandbox.current) return void this.#sandbox.make();
    if (this.#restartAll.isUnderWay()) return;
    const { start, initializing } = containersToStart(this.#records, this.#pod);
    for (const record of start) this.#runner.start(record);
    if (!initializing) this.#maybeOver();
  }

  /** Stops all containers, regular ones first and sidecars after them in reverse, then reports. Idempotent. */
  terminate(graceSeconds: number): void {
    if (!this.#known) {
      this.#terminateOnceKnown = Math.min(graceSeconds, this.#terminateOnceKnown ?? graceSeconds);
      return;
    }
    if (this.#gone) return this.#env.finished(this);
    if (this.#terminating) {
      // A second delete may only shorten the wait; any other change of the Pod must not cut its hooks short.
      if (graceSeconds >= this.#graceSeconds) return;
      this.#graceSeconds = graceSeconds;
      for (const { running } of this.#records) running?.stop(graceSeconds);
      return;
    }
    this.#terminating = true;
    this.#graceSeconds = graceSeconds;
    this.#deadline.cancel();
    this.#runner.stop();
    void this.#stopAll(graceSeconds);
  }

  /** The node ends the Pod by itself: phase Failed with this reason. */
  fail(reason: string, message: string, graceSeconds = DEFAULT_GRACE): void {
    this.#endAs({ ended: { reason, message } }, graceSeconds);
  }

  /** The node does not take the Pod; nothing of it may have been started. (kubelet.go rejectPod) */
  reject(reason: string, message: string): void {
    this.#event("Warning", reason, message);
    this.#ended = { reason, message: `Pod was rejected: ${message}` };
    this.#known = true;
    this.#terminating = true;
    this.#gone = true;
    this.#deadline.cancel();
    this.#resolveEnded();
    this.#env.finished(this);
  }

  /** The node is out of something: the Pod goes, and says so. (pkg/kubelet/eviction) */
  evict(why: PodEnd, graceSeconds: number): void {
    this.#endAs(why, graceSeconds);
  }

  /** The node needs its place for a critical Pod. (pkg/kubelet/preemption) */
  preempt(): void {
    this.#endAs(preemption, gracePeriod(this.#pod));
  }

  #endAs({ event, annotations, ended }: PodEnd, graceSeconds: number): void {
    if (this.#ended || this.#gone) return;
    if (event) this.#event("Warning", event, ended.message, undefined, annotations);
    this.#ended = ended;
    this.terminate(graceSeconds);
  }

  /** Forgets everything at once: the Pod is gone from the API server. */
  abandon(): void {
    if (!this.#gone) this.terminate(0);
  }

  async #stopAll(graceSeconds: number): Promise<void> {
    this.#env.statusChanged(this);
    await stopContainers(this.#records, { graceSeconds, clock: this.#env.clock, event: this.#event });
    await this.#finish();
  }

  async #finish(): Promise<void> {
    if (this.#gone) return;
    this.#gone = true;
    const sandbox = this.#sandbox.release();
    this.#env.backoff.forget(podKey(this.#pod));
    await removeRemains(this.#pod, sandbox, this.#env);
    this.#resolveEnded();
    this.#env.finished(this);
  }

  /** A Pod whose containers have all ended for good gives its sandbox back. */
  #maybeOver(): void {
    const phase = phaseOf(this.#state(), false);
    if (phase !== "Succeeded" && phase !== "Failed") return;
    this.#terminating = true;
    this.#deadline.cancel();
    void stopSidecars(this.#records, this.#current).then(() => this.#finish());
  }
}
