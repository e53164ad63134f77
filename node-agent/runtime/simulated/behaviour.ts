import type { Readable, Writable } from "node:stream";
import type { Clock } from "../../../client/index.ts";
import type { HttpHandler } from "./http-server.ts";

/** What a simulated process sees of its world. */
export interface Process {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly hostname: string;
  readonly clock: Clock;
  readonly stdin: Readable | undefined;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Aborted by SIGTERM, whose number is the abort's reason, or by the end of the container. */
  readonly signal: AbortSignal;
}

/** A program: runs until it ends by itself or is told to. @returns its exit code. */
export type Program = (process: Process) => Promise<number>;

/** What an image does, as data and a little code. */
export interface ImageBehaviour {
  /** Last path element of image names, without tag. */
  readonly names: readonly string[];
  readonly sizeBytes: number;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  /** What answers on which ports while the container runs. Absent: any port, and all is well. */
  readonly servers?: Readonly<Record<number, HttpHandler>>;
}
