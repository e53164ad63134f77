import { type Clock, type EventRecorder, type Logger, sleep, type Timer } from "../client/index.ts";
import type { Container, Lifecycle, Pod, PodStatus } from "../openapi/api/core.v1.ts";
import type { Backoff } from "./backoff.ts";
import { ConfigError } from "./config-error.ts";
import { commandLine, containerMounts, verifyNonRoot } from "./container-config.ts";
import { type ContainerRecord, newRecord, shouldRestart, succeeded } from "./container-state.ts";
import { type DnsConfig, hostnameOf } from "./pod-dns.ts";
import { type PodState, phaseOf, podStatus } from "./pod-status.ts";
import { runHook } from "./probes/hook.ts";
import { startProbes } from "./probes/prober.ts";
import { restore } from "./restore.ts";
import { ImageError, type Runtime, type Sandbox, StartError } from "./runtime/runtime.ts";
import type { PodView } from "./volumes/pod-volumes.ts";
import type { Volume } from "./volumes/volume.ts";

/** What a worker needs of its node. */
export interface WorkerEnvironment {
  readonly nodeName: string;
  readonly hostIPs: readonly string[];
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly recorder: EventRecorder;
  readonly backoff: Backoff;
  /** A container's environment, from literals, ConfigMaps, Secrets, fields. @throws ConfigError */
  environment(pod: Pod, container: Container, sandbox: Sandbox): Promise<Record<string, string>>;
  /** All volumes of a Pod that its containers mount. @throws Error for a FailedMount event */
  volumes(view: PodView): Promise<Volume[]>;
  dns(pod: Pod): DnsConfig;
  /** Text of a Pod's /etc/hosts. */
  hosts(pod: Pod, ips: readonly string[]): string;
  /** The worker has a new status to be written. */
  statusChanged(worker: PodWorker): void;
  /** Everything of the Pod has stopped, its final status is written next, and then it may be deleted. */
  finished(worker: PodWorker): void;
}

const key = ({ metadata }: Pod) => `${metadata.name}_${metadata.namespace}(${metadata.uid})`;
/** As Go prints a duration of whole milliseconds: `0s`, `33ms`, `1.5s`, `2m40s`. */
const goDuration = (ms: number) => {
  if (ms > 0 && ms < 1000) return `${ms}ms`;
  return ms < 60_000 ? `${ms / 1000}s` : `${Math.floor(ms / 60_000)}m${(ms % 60_000) / 1000}s`;
};
/** Seconds a container gets to stop when nothing else is said. */
const DEFAULT_GRACE = 30;
/** First and longest pause between attempts to provide a Pod's volumes, in ms. (exponentialbackoff of volume operations) */
const FIRST_MOUNT_PAUSE = 500;
const LAST_MOUNT_PAUSE = 122_000;
/** Where a Pod comes from, when it is not from the API server. */
const CONFIG_SOURCE = "kubernetes.io/config.source";
/** What runtimes say of a container that they could not start. */
const START_ERROR_CODE = 128;

/** Names of resources whose requests or limits differ. */
function changedResources({ resources: old }: Container, { resources: wanted }: Container): string[] {
  const lists = ["requests", "limits"] as const;
  const names = lists.flatMap((list) => Object.keys({ ...old?.[list], ...wanted?.[list] }));
  return [...new Set(names)].filter((name) => lists.some((list) => old?.[list]?.[name] !== wanted?.[list]?.[name]));
}

/**
 * Brings one Pod to life and keeps it as its spec says: sandbox, init containers in order, sidecars, containers,
 * restarts with backoff, probes, and its end. Level-driven: whatever happens calls `sync`, which looks at everything.
 * Follows pkg/kubelet/pod_workers.go and kuberuntime_manager.go.
 */
export class PodWorker {
  #pod: Pod;
  readonly #env: WorkerEnvironment;
  readonly #records: ContainerRecord[] = [];
  readonly #startTime: Date;
  readonly #retries = new Map<ContainerRecord, Timer>();
  readonly #probes = new Map<ContainerRecord, { stop(): void }>();
  #sandbox: Sandbox | undefined;
  /** Of the last sandbox: a Pod that has ended keeps them. */
  #ips: readonly string[] = [];
  #sandboxPending = false;
  #volumes: readonly Volume[] = [];
  #mountPause = FIRST_MOUNT_PAUSE;
  readonly #view: PodView;
  /** False until it is known what an earlier life of the agent has left of the Pod. */
  #known = false;
  /** Grace of a termination that was asked for before that, in seconds. */
  #terminateOnceKnown: number | undefined;
  #terminating = false;
  /** That its containers get, while it terminates. */
  #graceSeconds = 0;
  #gone = false;
  #ended: PodState["ended"];
  #deadline: Timer | undefined;

  constructor(pod: Pod, env: WorkerEnvironment) {
    this.#pod = pod;
    this.#env = env;
    this.#view = {
      current: () => this.#pod,
      ips: () => this.#sandbox?.ips ?? [],
      seenAt: env.clock.now().getTime(),
    };
    ({ promise: this.ended, resolve: this.#resolveEnded } = Promise.withResolvers<void>());
    this.#startTime = pod.status?.startTime ? new Date(pod.status.startTime) : env.clock.now();
    const hasInit = (pod.spec.initContainers ?? []).length > 0;
    for (const container of pod.spec.initContainers ?? []) {
      const role = container.restartPolicy === "Always" ? "sidecar" : "init";
      this.#records.push(newRecord(container, role, "PodInitializing"));
    }
    for (const container of pod.spec.containers ?? []) {
      this.#records.push(newRecord(container, "regular", hasInit ? "PodInitializing" : "ContainerCreating"));
    }
    this.#arm();
  }

  get isTerminating(): boolean {
    return this.#terminating;
  }

  get pod(): Pod {
    return this.#pod;
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
    const { runtime, clock, logger } = this.#env;
    for (let done = false; !done; ) {
      try {
        await this.#recover();
        done = true;
      } catch (error) {
        logger.warn({ err: error, pod: key(this.#pod) }, "looking for what is left of a Pod failed; trying again");
        await sleep(clock, 1000);
      }
    }
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
      if (this.#sandbox) await runtime.removeSandbox(this.#sandbox);
      return runtime.unmountVolumes(this.#pod.metadata.uid ?? "");
    }
    this.#env.statusChanged(this);
    for (const record of this.#records) if (record.running) this.#adopt(record, record.running);
    this.sync();
  }

  async #recover(): Promise<void> {
    const { runtime } = this.#env;
    const pod = this.#pod;
    const left = await runtime.recover(pod);
    restore(this.#records, pod.status, left);
    if (!left?.sandbox) return;
    this.#volumes = await this.#env.volumes(this.#view);
    await runtime.mountVolumes(pod, this.#volumes);
    this.#useSandbox(left.sandbox);
  }

  #useSandbox(sandbox: Sandbox): void {
    this.#sandbox = sandbox;
    this.#ips = sandbox.ips;
    void sandbox.lost?.then(() => this.#sandboxLost(sandbox));
  }

  /** What containers share is gone, so all of them begin anew. (kuberuntime_manager.go computePodActions) */
  async #sandboxLost(sandbox: Sandbox): Promise<void> {
    if (this.#sandbox !== sandbox || this.#terminating) return;
    const { runtime, logger } = this.#env;
    this.#sandbox = undefined;
    this.#sandboxPending = true;
    this.#event("Normal", "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
    try {
      const running = this.#records.flatMap((record) => record.running ?? []);
      for (const container of running) container.stop(this.#pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE);
      await Promise.all(running.map(({ exited }) => exited));
      await runtime.removeSandbox(sandbox);
    } catch (error) {
      logger.warn({ err: error, pod: key(this.#pod) }, "removing a lost sandbox failed");
    }
    for (const record of this.#records) {
      if (record.role !== "init" || !record.exit) continue;
      Object.assign(record, { lastExit: record.exit, exit: undefined, restartCount: record.restartCount + 1 });
    }
    this.#sandboxPending = false;
    this.sync();
  }

  #adopt(record: ContainerRecord, running: NonNullable<ContainerRecord["running"]>): void {
    void running.exited.then((result) => this.#exited(record, running, result));
    this.#watchOver(record);
  }

  /** A new version of the Pod. */
  update(pod: Pod): void {
    const old = this.#pod;
    this.#pod = pod;
    if (!this.#known) return;
    if (pod.metadata.deletionTimestamp) return this.terminate(pod.metadata.deletionGracePeriodSeconds ?? DEFAULT_GRACE);
    for (const container of pod.spec.ephemeralContainers ?? []) {
      if (this.#records.some((record) => record.container.name === container.name)) continue;
      // An ephemeral container has the fields of a container and a target besides.
      this.#records.push(newRecord(container as Container, "ephemeral", "ContainerCreating"));
    }
    if (pod.spec.activeDeadlineSeconds !== old.spec.activeDeadlineSeconds) this.#arm();
    this.#restartChanged();
    // A write of ours changes nothing; a readiness gate set by somebody does.
    const gates = (of: Pod) =>
      (pod.spec.readinessGates ?? []).map(
        ({ conditionType }) => of.status?.conditions?.find(({ type }) => type === conditionType)?.status,
      );
    if (pod.metadata.generation !== old.metadata.generation || String(gates(pod)) !== String(gates(old)))
      this.#env.statusChanged(this);
    this.sync();
  }

  status(): PodStatus {
    return podStatus(this.#state(), this.#env.clock.now());
  }

  #state(): PodState {
    const isStatic = (this.#pod.metadata.annotations?.[CONFIG_SOURCE] ?? "api") !== "api";
    return {
      pod: this.#pod,
      records: this.#records,
      sandbox: this.#sandbox,
      ips: this.#ips,
      hostIPs: this.#env.hostIPs,
      startTime: this.#startTime,
      isTerminal: this.#gone && !isStatic,
      ...(this.#ended && { ended: this.#ended }),
    };
  }

  /** Looks at everything and starts what should run. */
  sync(): void {
    if (!this.#known || this.#terminating || this.#gone) return;
    if (!this.#sandbox) return void this.#makeSandbox();
    for (const record of this.#records.filter(({ role }) => role === "ephemeral")) {
      if (!record.running && !record.exit) this.#start(record);
    }
    for (const record of this.#records.filter(({ role }) => role === "init" || role === "sidecar")) {
      if (record.role === "sidecar") {
        if (!record.running) this.#start(record);
        if (!record.started) return;
        continue;
      }
      if (succeeded(record)) continue;
      if (record.running) return;
      if (record.exit && !this.#wanted(record)) return this.#maybeOver();
      return this.#start(record);
    }
    for (const record of this.#records.filter(({ role }) => role === "regular")) {
      if (!record.running && this.#wanted(record)) this.#start(record);
    }
    this.#maybeOver();
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
    this.#deadline?.cancel();
    for (const timer of this.#retries.values()) timer.cancel();
    for (const [record, probe] of this.#probes) {
      probe.stop();
      record.ready = false;
    }
    void this.#stopAll(graceSeconds);
  }

  /** The node ends the Pod by itself: phase Failed with this reason. */
  fail(reason: string, message: string, graceSeconds = DEFAULT_GRACE): void {
    if (this.#ended || this.#gone) return;
    this.#ended = { reason, message };
    this.terminate(graceSeconds);
  }

  /** The node does not take the Pod; nothing of it may have been started. (kubelet.go rejectPod) */
  reject(reason: string, message: string): void {
    this.#event("Warning", reason, message);
    this.#ended = { reason, message: `Pod was rejected: ${message}` };
    this.#known = true;
    this.#terminating = true;
    this.#gone = true;
    this.#deadline?.cancel();
    this.#resolveEnded();
    this.#env.finished(this);
  }

  /** The node is out of something: the Pod goes at once, and says so. (pkg/kubelet/eviction) */
  evict(message: string, disruption: "TerminationByKubelet" | null = "TerminationByKubelet"): void {
    if (this.#ended || this.#gone) return;
    this.#event("Warning", "Evicted", message);
    this.#ended = { reason: "Evicted", message, ...(disruption && { disruption }) };
    this.terminate(1);
  }

  /** Forgets everything at once: the Pod is gone from the API server. */
  abandon(): void {
    if (!this.#gone) this.terminate(0);
  }

  async #stopAll(graceSeconds: number): Promise<void> {
    const { clock } = this.#env;
    const end = clock.now().getTime() + graceSeconds * 1000;
    const left = () => Math.max(0, (end - clock.now().getTime()) / 1000);
    const stop = async (record: ContainerRecord) => {
      const { running, container } = record;
      if (!running) return;
      this.#event("Normal", "Killing", `Stopping container ${container.name}`, container.name);
      const failure = await this.#hook(record, container.lifecycle?.preStop, left());
      if (failure !== undefined) this.#event("Warning", "FailedPreStopHook", "PreStopHook failed", container.name);
      running.stop(Math.ceil(left()));
      await running.exited;
    };
    this.#env.statusChanged(this);
    await Promise.all(this.#records.filter(({ role }) => role !== "sidecar").map(stop));
    for (const record of this.#records.filter(({ role }) => role === "sidecar").reverse()) await stop(record);
    await this.#finish();
  }

  async #finish(): Promise<void> {
    if (this.#gone) return;
    this.#gone = true;
    const sandbox = this.#sandbox;
    this.#sandbox = undefined;
    this.#env.backoff.forget(key(this.#pod));
    const { runtime, logger } = this.#env;
    try {
      if (sandbox) await runtime.removeSandbox(sandbox);
      await runtime.unmountVolumes(this.#pod.metadata.uid ?? "");
    } catch (error) {
      // Nothing of it runs, and the runtime looks for such remains now and then.
      logger.warn({ err: error, pod: key(this.#pod) }, "removing a Pod's sandbox failed");
    }
    this.#resolveEnded();
    this.#env.finished(this);
  }

  async #makeSandbox(): Promise<void> {
    if (this.#sandboxPending) return;
    this.#sandboxPending = true;
    const { runtime, volumes, dns } = this.#env;
    try {
      if (!(await this.#mount(volumes))) return;
      const pod = this.#pod;
      const sandbox = await runtime.runSandbox({ pod, hostname: hostnameOf(pod), dns: dns(pod) });
      this.#useSandbox(sandbox);
      // It was told to end meanwhile, and did not know of this one.
      if (this.#gone) return await runtime.removeSandbox(sandbox);
      this.#env.statusChanged(this);
      this.sync();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#event("Warning", "FailedCreatePodSandBox", `Failed to create pod sandbox: ${message}`);
      this.#env.clock.setTimeout(() => this.sync(), 1000);
    } finally {
      this.#sandboxPending = false;
    }
  }

  /** @returns false when the Pod has to wait for it */
  async #mount(volumes: WorkerEnvironment["volumes"]): Promise<boolean> {
    const { runtime, clock } = this.#env;
    try {
      this.#volumes = await volumes(this.#view);
      if (this.#terminating) return false;
      await runtime.mountVolumes(this.#pod, this.#volumes);
      this.#mountPause = FIRST_MOUNT_PAUSE;
      return !this.#terminating;
    } catch (error) {
      this.#event("Warning", "FailedMount", error instanceof Error ? error.message : String(error));
      clock.setTimeout(() => this.sync(), this.#mountPause);
      this.#mountPause = Math.min(this.#mountPause * 2, LAST_MOUNT_PAUSE);
      return false;
    }
  }

  /** Whether a container that does not run should. */
  #wanted({ exit, container }: ContainerRecord): boolean {
    if (!exit) return true;
    return shouldRestart(container, this.#pod, exit.result.exitCode);
  }

  #start(record: ContainerRecord): void {
    if (record.starting || this.#retries.has(record)) return;
    const { clock, backoff } = this.#env;
    if (record.exit) {
      // The first restart is at once; from then on a pause stands between an end and the start after it.
      const where = `${key(this.#pod)}/${record.container.name}`;
      const ended = record.exit.result.finishedAt.getTime();
      const pause = backoff.current(where, ended);
      const left = ended + pause - clock.now().getTime();
      if (left > 0) {
        const text = `restarting failed container=${record.container.name} pod=${key(this.#pod)}`;
        record.waiting = { reason: "CrashLoopBackOff", message: `back-off ${goDuration(pause)} ${text}` };
        const { name } = record.container;
        this.#event(
          "Warning",
          "BackOff",
          `Back-off restarting failed container ${name} in pod ${key(this.#pod)}`,
          name,
        );
        this.#env.statusChanged(this);
        return this.#later(record, left);
      }
      backoff.next(where, ended);
    }
    record.starting = true;
    void this.#bringUp(record).finally(() => {
      record.starting = false;
    });
  }

  #later(record: ContainerRecord, milliseconds: number): void {
    const timer = this.#env.clock.setTimeout(() => {
      this.#retries.delete(record);
      this.sync();
    }, milliseconds);
    this.#retries.set(record, timer);
  }

  async #bringUp(record: ContainerRecord): Promise<void> {
    const { runtime, clock, backoff } = this.#env;
    const { container } = record;
    const sandbox = this.#sandbox;
    if (!sandbox) return;
    const attempt = record.restartCount + (record.exit ? 1 : 0);
    try {
      record.image = await this.#pull(container);
      verifyNonRoot(this.#pod, container, record.image);
      const env = await this.#env.environment(this.#pod, container, sandbox);
      const mounts = containerMounts(container, this.#volumes, env);
      if (this.#terminating) return;
      const running = await runtime.startContainer({
        pod: this.#pod,
        sandbox,
        container,
        image: record.image,
        attempt,
        env,
        ...commandLine(container, env),
        mounts,
        hosts: this.#env.hosts(this.#pod, sandbox.ips),
        hostname: hostnameOf(this.#pod),
        dns: this.#env.dns(this.#pod),
      });
      this.#event("Normal", "Created", `Container created`, container.name);
      record.restartCount = attempt;
      record.running = running;
      record.waiting = { reason: "ContainerCreating" };
      record.started = !container.startupProbe;
      record.ready = !container.readinessProbe && record.started;
      this.#event("Normal", "Started", `Container started`, container.name);
      if (this.#terminating) return running.stop(0);
      void running.exited.then((result) => this.#exited(record, running, result));
      this.#env.statusChanged(this);
      const failure = await this.#hook(record, container.lifecycle?.postStart, DEFAULT_GRACE);
      if (failure !== undefined) {
        this.#env.logger.debug({ pod: key(this.#pod), failure }, "a postStart hook failed");
        this.#event("Warning", "FailedPostStartHook", "PostStartHook failed", container.name);
        this.#event("Normal", "Killing", "FailedPostStartHook", container.name);
        running.stop(this.#pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE);
        return;
      }
      if (record.running === running) this.#watchOver(record);
      if (record.role === "sidecar") this.sync();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const where = `${key(this.#pod)}/${container.name}/image`;
      if (error instanceof ImageError) {
        record.waiting = { reason: error.reason, message };
        this.#event(
          "Warning",
          "Failed",
          error.reason === "ErrImagePull"
            ? `Failed to pull image "${container.image}": ${message}`
            : `Error: ${error.reason}`,
          container.name,
        );
        if (error.reason === "ErrImagePull") this.#event("Warning", "Failed", "Error: ErrImagePull", container.name);
        this.#env.statusChanged(this);
        const pause = backoff.next(where, clock.now().getTime());
        clock.setTimeout(
          () => {
            if (this.#gone || this.#terminating || error.reason !== "ErrImagePull" || record.running) return;
            record.waiting = {
              reason: "ImagePullBackOff",
              message: `Back-off pulling image "${container.image}": ErrImagePull: ${message}`,
            };
            this.#event("Normal", "BackOff", `Back-off pulling image "${container.image}"`, container.name);
            this.#event("Warning", "Failed", "Error: ImagePullBackOff", container.name);
            this.#env.statusChanged(this);
          },
          Math.min(1000, pause / 2),
        );
        this.#later(record, pause);
      } else if (error instanceof StartError) {
        this.#notStarted(record, error, attempt);
      } else {
        const reason = error instanceof ConfigError ? "CreateContainerConfigError" : "RunContainerError";
        record.waiting = { reason, message };
        this.#event("Warning", "Failed", `Error: ${message}`, container.name);
        this.#env.statusChanged(this);
        this.#later(record, backoff.next(`${key(this.#pod)}/${container.name}/config`, clock.now().getTime()));
      }
    }
  }

  /** A container was made but not started: as if it had ended at once. */
  #notStarted(record: ContainerRecord, { id, message }: StartError, attempt: number): void {
    const { clock } = this.#env;
    this.#event("Normal", "Created", `Container created`, record.container.name);
    this.#event("Warning", "Failed", `Error: ${message}`, record.container.name);
    record.lastExit = record.exit;
    const result = { exitCode: START_ERROR_CODE, reason: "StartError", message, finishedAt: clock.now() };
    record.exit = { result, id, startedAt: new Date(0) };
    record.restartCount = attempt;
    record.waiting = { reason: "RunContainerError", message };
    this.#env.statusChanged(this);
    this.#later(record, 1);
  }

  /** (pkg/kubelet/images/image_manager.go) */
  async #pull(container: Container) {
    const { runtime, clock } = this.#env;
    const { image = "", name } = container;
    const present = await runtime.findImage(image);
    if (container.imagePullPolicy === "Never" && !present) {
      throw new ImageError("ErrImageNeverPull", `Container image "${image}" is not present with pull policy of Never`);
    }
    if (present && container.imagePullPolicy !== "Always") {
      this.#event(
        "Normal",
        "Pulled",
        `Container image "${image}" already present on machine and can be accessed by the pod`,
        name,
      );
      return present;
    }
    this.#event("Normal", "Pulling", `Pulling image "${image}"`, name);
    const began = clock.now().getTime();
    const pulled = await runtime.pullImage(image, this.#pod);
    const took = goDuration(clock.now().getTime() - began);
    this.#event(
      "Normal",
      "Pulled",
      `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${pulled.sizeBytes} bytes.`,
      name,
    );
    return pulled;
  }

  #exited(
    record: ContainerRecord,
    running: NonNullable<ContainerRecord["running"]>,
    result: Awaited<typeof running.exited>,
  ): void {
    this.#probes.get(record)?.stop();
    this.#probes.delete(record);
    record.lastExit = record.exit;
    record.exit = { result, id: running.id, startedAt: running.startedAt };
    record.running = undefined;
    record.ready = false;
    record.started = false;
    record.waiting = { reason: "" };
    this.#env.statusChanged(this);
    this.sync();
  }

  /** Probes of a running container. */
  #watchOver(record: ContainerRecord): void {
    const { running, container } = record;
    if (!running) return;
    const { startupProbe, ...afterStart } = container;
    const probes = startProbes({
      container: record.started && startupProbe ? afterStart : container,
      running,
      clock: this.#env.clock,
      random: this.#env.random,
      address: this.#sandbox?.ips[0] ?? "",
      started: () => {
        if (record.running !== running) return;
        record.started = true;
        if (!container.readinessProbe) record.ready = true;
        this.#env.statusChanged(this);
        this.sync();
      },
      ready: (ready) => {
        if (record.running !== running || record.ready === ready) return;
        record.ready = ready;
        this.#env.statusChanged(this);
      },
      errored: (kind, message) =>
        this.#event(
          "Warning",
          "Unhealthy",
          `${kind} probe errored and resulted in unknown state: ${message}`,
          container.name,
        ),
      unhealthy: (kind, message) =>
        this.#event("Warning", "Unhealthy", `${kind} probe failed: ${message}`, container.name),
      warned: (kind, message) =>
        this.#event("Warning", "ProbeWarning", `${kind} probe warning: ${message}`, container.name),
      kill: (kind, grace) => {
        this.#event(
          "Normal",
          "Killing",
          `Container ${container.name} failed ${kind} probe, will be restarted`,
          container.name,
        );
        running.stop(grace ?? this.#pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE);
      },
    });
    this.#probes.set(record, probes);
  }

  /** @returns why a hook failed. */
  async #hook(
    record: ContainerRecord,
    hook: Lifecycle["postStart"] | undefined,
    limitSeconds: number,
  ): Promise<string | undefined> {
    if (!hook || !record.running) return undefined;
    const aborted = new AbortController();
    const timer = this.#env.clock.setTimeout(() => aborted.abort(), limitSeconds * 1000);
    try {
      if (hook.sleep) await sleep(this.#env.clock, hook.sleep.seconds * 1000, aborted.signal);
      else return await runHook(hook, record.container, record.running, aborted.signal);
      return undefined;
    } catch (error) {
      // A container that cannot be asked is stopped all the same.
      return error instanceof Error ? error.message : String(error);
    } finally {
      timer.cancel();
    }
  }

  /** Containers whose image or resources the user changed. Image: restart; resources: in place, where that may be. */
  #restartChanged(): void {
    for (const record of this.#records) {
      const wanted = [...(this.#pod.spec.containers ?? []), ...(this.#pod.spec.initContainers ?? [])].find(
        ({ name }) => name === record.container.name,
      );
      if (!wanted || JSON.stringify(wanted) === JSON.stringify(record.container)) continue;
      const imageChanged = wanted.image !== record.container.image;
      const before = record.container;
      Object.assign(record, { container: wanted });
      if (imageChanged && record.running && record.role !== "init") {
        this.#event("Normal", "Killing", `Container ${wanted.name} definition changed, will be restarted`, wanted.name);
        record.running.stop(this.#pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE);
      } else if (record.running && !imageChanged) {
        void this.#resize(record, before);
      } else if (imageChanged && !record.running) {
        this.#retries.get(record)?.cancel();
        this.#retries.delete(record);
      }
    }
  }

  /** Amounts may change in place, unless the container wants to begin anew with others. (KEP-1287) */
  async #resize({ running, container }: ContainerRecord, before: Container): Promise<void> {
    const changed = changedResources(before, container);
    if (!running || changed.length === 0) return;
    const anew = container.resizePolicy?.some(
      ({ resourceName, restartPolicy }) => restartPolicy === "RestartContainer" && changed.includes(resourceName),
    );
    if (anew) {
      this.#event("Normal", "Killing", `Container ${container.name} resize requires restart`, container.name);
      return running.stop(this.#pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE);
    }
    try {
      await running.resize(container, this.#pod);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#event("Warning", "FailedResize", `Error resizing container ${container.name}: ${message}`, container.name);
    }
    this.#env.statusChanged(this);
  }

  /** A Pod whose containers have all ended for good gives its sandbox back. */
  #maybeOver(): void {
    const phase = phaseOf(this.#state(), false);
    if (phase !== "Succeeded" && phase !== "Failed") return;
    this.#terminating = true;
    this.#deadline?.cancel();
    void (async () => {
      for (const { running, role } of [...this.#records].reverse()) {
        if (!running || role === "regular") continue;
        running.stop(this.#pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE);
        await running.exited;
      }
      await this.#finish();
    })();
  }

  #arm(): void {
    this.#deadline?.cancel();
    const seconds = this.#pod.spec.activeDeadlineSeconds;
    if (seconds === undefined) return;
    const left = this.#startTime.getTime() + seconds * 1000 - this.#env.clock.now().getTime();
    this.#deadline = this.#env.clock.setTimeout(
      () => {
        const message = "Pod was active on the node longer than the specified deadline";
        if (!this.#ended && !this.#gone) this.#event("Normal", "DeadlineExceeded", message);
        this.fail("DeadlineExceeded", message);
      },
      Math.max(left, 0),
    );
  }

  #event(type: "Normal" | "Warning", reason: string, message: string, container?: string): void {
    const record = this.#records.find((candidate) => candidate.container.name === container);
    const list =
      record?.role === "regular" || !record
        ? "containers"
        : record.role === "ephemeral"
          ? "ephemeralContainers"
          : "initContainers";
    this.#env.recorder.event(this.#pod, type, reason, message, container && `spec.${list}{${container}}`);
  }
}
