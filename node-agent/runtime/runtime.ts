import type { Duplex, Readable, Writable } from "node:stream";
import type { Container, Pod } from "../../openapi/api/core.v1.ts";

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
}

/** A Pod's shared surroundings: its network above all. */
export interface Sandbox {
  readonly id: string;
  /** First the primary address. */
  readonly ips: readonly string[];
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
  /** Joins the main process's streams. */
  attach(streams: Streams, signal: AbortSignal): Promise<void>;
  /** Answers a probe or hook to a port of the container: an HTTP status, or "open" / "closed" for TCP. */
  probe(request: ProbeRequest): Promise<ProbeAnswer>;
}

export type ProbeRequest =
  | {
      readonly type: "http";
      readonly scheme: string;
      readonly port: number;
      readonly path: string;
      readonly headers: Record<string, string>;
    }
  | { readonly type: "tcp"; readonly port: number }
  | { readonly type: "grpc"; readonly port: number; readonly service: string };

export interface ProbeAnswer {
  readonly ok: boolean;
  /** What a failed probe says in its event. */
  readonly message: string;
}

/** What runs Pods on a node. Two implementations: simulated, and containerd through CRI. */
export interface Runtime {
  /** For `nodeInfo.containerRuntimeVersion`, for example `containerd://2.1.4`. */
  readonly version: string;
  images(): readonly Image[];
  runSandbox(pod: Pod): Promise<Sandbox>;
  /** After all its containers have exited. Frees its addresses and files. */
  removeSandbox(sandbox: Sandbox): Promise<void>;
  /** @throws ImageError */
  pullImage(image: string, pod: Pod): Promise<Image>;
  startContainer(config: ContainerConfig): Promise<RunningContainer>;
  /** Writes a container's log, following it until it ends or `signal` is aborted. @throws Error when there is none. */
  logs(podUid: string, container: string, options: LogOptions, output: Writable, signal: AbortSignal): Promise<void>;
  /** A TCP connection to a port inside a Pod, as from its own loopback. @throws Error worded as Go's net package */
  connect(podUid: string, port: number): Promise<Duplex>;
  /** The same by a Pod's address, as from another Pod. @throws Error */
  dial(host: string, port: number): Promise<Duplex>;
  /** The Pod's object is gone: its logs are too. */
  forgetPod(podUid: string): void;
}
