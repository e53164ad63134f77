import type { Duplex, Readable, Writable } from "node:stream";
import type { Container, Pod } from "../../openapi/api/core.v1.ts";
import type { NodeFeatures } from "../admission.ts";
import type { LocalStorage } from "../eviction/local-storage.ts";
import type { DnsConfig } from "../pod-dns.ts";
import type { ContainerDevice, ContainerMount, Volume } from "../volumes/volume.ts";
import type { NodeUsage } from "./node-usage.ts";

/** Why an image could not be had: the reasons and messages that Pods show while they wait. */
export class ImageError extends Error {
  readonly reason: "ErrImagePull" | "ErrImageNeverPull" | "InvalidImageName";

  constructor(reason: ImageError["reason"], message: string) {
    super(message);
    this.name = "ImageError";
    this.reason = reason;
  }
}

export interface Image {
  /** As it stands in `containerStatuses[].imageID`. */
  readonly id: string;
  readonly names: readonly string[];
  readonly sizeBytes: number;
  /** User that the image runs as: a number, or a name. Absent: root. */
  readonly uid?: number;
  readonly username?: string;
}

/** A container was made and cannot be started: the runtime refused, for example since there is no such program. */
export class StartError extends Error {
  /** `scheme://hex` */
  readonly id: string;

  constructor(id: string, message: string) {
    super(message);
    this.id = id;
  }
}

/** A command inside a container took longer than it may. (cri-client/pkg/remote_runtime.go ErrCommandTimedOut) */
export class CommandTimedOut extends Error {
  constructor(command: readonly string[], limitSeconds: number) {
    super(`command timed out: ${JSON.stringify(command.join(" "))} timed out after ${limitSeconds}s`);
    this.name = "CommandTimedOut";
  }
}

/** What became of a command inside a container. */
export interface CommandResult {
  readonly exitCode: number;
  /** What it wrote, to either of its outputs. */
  readonly output: string;
}

export interface SandboxConfig {
  readonly pod: Pod;
  readonly hostname: string;
  readonly dns: DnsConfig;
}

/** A Pod's shared surroundings: its network above all. */
export interface Sandbox {
  readonly id: string;
  /** First the primary address. */
  readonly ips: readonly string[];
  /** Resolves when it ended though nobody told it to. Absent where that cannot happen. */
  readonly lost?: Promise<void>;
}

/** What became of a container's main process. */
export interface Exit {
  readonly exitCode: number;
  readonly signal?: number;
  /** `Completed`, `Error`, `OOMKilled` … */
  readonly reason: string;
  /** Content of the termination message file. */
  readonly message?: string;
  readonly finishedAt: Date;
}

/** How a started container is told apart from a wish: all is decided, nothing refers to other objects any more. */
export interface ContainerConfig {
  readonly pod: Pod;
  readonly sandbox: Sandbox;
  readonly container: Container;
  readonly image: Image;
  /** Restarts before this start. */
  readonly attempt: number;
  readonly env: Readonly<Record<string, string>>;
  /** As the Pod gives them, with variables put in; empty: the image's own. */
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly mounts: readonly ContainerMount[];
  readonly devices: readonly ContainerDevice[];
  /** Text of /etc/hosts, unless the Pod mounts something there. */
  readonly hosts: string;
  readonly hostname: string;
  readonly dns: DnsConfig;
}

/** What a container has used. */
export interface ContainerStats {
  readonly podUid: string;
  readonly container: string;
  readonly startedAt: Date;
  readonly at: Date;
  /** Since it started. */
  readonly cpuNanoSeconds: number;
  readonly workingSetBytes: number;
}

export interface LogOptions {
  readonly follow: boolean;
  /** The instance before the current one. */
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number;
  readonly limitBytes?: number;
  readonly since?: Date;
}

export interface Streams {
  readonly stdin?: Readable;
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  readonly tty: boolean;
  /** Called when the terminal's size changes. */
  onResize?(listener: (size: { width: number; height: number }) => void): void;
}

/** A container that was started. */
export interface RunningContainer {
  /** `scheme://hex` */
  readonly id: string;
  readonly startedAt: Date;
  readonly exited: Promise<Exit>;
  /** SIGTERM, and SIGKILL after the grace period. */
  stop(graceSeconds: number): void;
  /** Runs a command inside. @returns its exit code. */
  exec(command: readonly string[], streams: Streams, signal: AbortSignal): Promise<number>;
  /**
   * Runs a command of a probe or hook inside, to its end.
   * @param limitSeconds it may run, 0 for any; bringing it to run takes no part of it @throws CommandTimedOut, Error
   */
  run(command: readonly string[], limitSeconds: number, signal: AbortSignal): Promise<CommandResult>;
  /** Joins the main process's streams. */
  attach(streams: Streams, signal: AbortSignal): Promise<void>;
  /** Answers a probe or hook to a port of the container. @param signal ends it when its time is over */
  probe(request: ProbeRequest, signal: AbortSignal): Promise<ProbeAnswer>;
  /** Why all its probes fail now without being asked, where its Pod scripts that; undefined: they are asked. */
  failing?(): string | undefined;
  /** Gives it other amounts while it runs. @param pod as it is with them */
  resize(container: Container, pod: Pod): Promise<void>;
}

export type ProbeRequest =
  | {
      readonly type: "http";
      readonly scheme: string;
      /** Instead of the Pod's address. */
      readonly host?: string;
      readonly port: number;
      readonly path: string;
      readonly headers: Record<string, string>;
    }
  | { readonly type: "tcp"; readonly host?: string; readonly port: number }
  | { readonly type: "grpc"; readonly port: number; readonly service: string };

export interface ProbeAnswer {
  readonly ok: boolean;
  /** What a failed probe says in its event. */
  readonly message: string;
  /** What there is to say of one that is good all the same. */
  readonly warning?: string;
}

/** A container of a Pod that this agent's predecessor ran. */
export interface RecoveredContainer {
  readonly name: string;
  /** Restarts before this start. */
  readonly attempt: number;
  readonly image: Image | undefined;
  /** While it runs. */
  readonly running?: RunningContainer;
  /** Once it has ended. */
  readonly exit?: { readonly result: Exit; readonly id: string; readonly startedAt: Date };
}

export interface RecoveredPod {
  /** Absent when it has ended. */
  readonly sandbox: Sandbox | undefined;
  /** The newest of each name. */
  readonly containers: readonly RecoveredContainer[];
}

/** What runs Pods on a node. Two implementations: simulated, and containerd through CRI. */
export interface Runtime {
  /** For `nodeInfo.containerRuntimeVersion`, for example `containerd://2.1.4`. */
  readonly version: string;
  readonly features: NodeFeatures;
  images(): readonly Image[];
  /** An image that is there, by any of its names. */
  findImage(name: string): Promise<Image | undefined>;
  /** Whether a Pod may use an image that is there without asking its registry; absent where all may. @throws Error */
  mayUse?(name: string, pod: Pod): Promise<boolean>;
  /** What an earlier life of this agent has left of a Pod; undefined when nothing. */
  recover(pod: Pod): Promise<RecoveredPod | undefined>;
  /** Ends and removes whatever belongs to no Pod of these: their objects went while no agent ran. @param uids of Pods */
  removeOrphans(uids: ReadonlySet<string>): Promise<void>;
  /** Provides a Pod's volumes, before its sandbox. @throws Error that goes into a FailedMount event */
  mountVolumes(pod: Pod, volumes: readonly Volume[]): Promise<void>;
  /** What a file of a mounted volume of a Pod says, and where it is, for texts. @throws Error when it cannot be read */
  readVolumeFile(pod: Pod, volume: Volume, path: string): Promise<{ readonly path: string; readonly text: string }>;
  /** After its sandbox is gone. What is not durable is lost. */
  unmountVolumes(podUid: string): Promise<void>;
  runSandbox(config: SandboxConfig): Promise<Sandbox>;
  /** After all its containers have exited. Frees its addresses. */
  removeSandbox(sandbox: Sandbox): Promise<void>;
  /** @throws ImageError */
  pullImage(image: string, pod: Pod): Promise<Image>;
  /** @throws StartError, Error */
  startContainer(config: ContainerConfig): Promise<RunningContainer>;
  /** Of all containers that run. @param pods the node's Pods as they are now: simulated ones say what they use */
  stats(pods: readonly Pod[]): Promise<readonly ContainerStats[]>;
  /** What the node's Pods use, to the last detail; absent where nothing is real. */
  nodeUsage?(pods: readonly Pod[]): Promise<NodeUsage>;
  /** Removes all images that nothing uses, and that are not new; absent where they take no disk. */
  removeUnusedImages?(): Promise<void>;
  /** What Pods have on the disk, by uid; absent where there is none to fill. */
  localStorage?(pods: readonly Pod[]): Promise<ReadonlyMap<string, LocalStorage>>;
  /** Writes a container's log, following it until it ends or `signal` is aborted. @throws Error when there is none. */
  logs(podUid: string, container: string, options: LogOptions, output: Writable, signal: AbortSignal): Promise<void>;
  /** A TCP connection to a port inside a Pod, as from its own loopback. @throws Error worded as Go's net package */
  connect(podUid: string, port: number): Promise<Duplex>;
  /** The same by a Pod's address, as from another Pod. @throws Error */
  dial(host: string, port: number): Promise<Duplex>;
  /** The Pod's object is gone: its logs are too. */
  forgetPod(podUid: string): void;
}
