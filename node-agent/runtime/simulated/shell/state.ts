import type { Readable, Writable } from "node:stream";
import type { Process } from "../behaviour.ts";
import type { FileSystem } from "../files/file-system.ts";
import type { Jobs } from "./jobs.ts";
import type { Command } from "./syntax.ts";

/** The streams of a command. */
export interface Streams {
  readonly stdin: Readable | undefined;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** What a shell's own commands see and change of it. */
export interface ShellState {
  readonly process: Process;
  readonly name: string;
  readonly files: FileSystem;
  readonly variables: Map<string, string>;
  readonly exported: Set<string>;
  readonly functions: Map<string, Command>;
  /** Scripts by signal, and `EXIT`. */
  readonly traps: Map<string, string>;
  /** Letters of `set`, and names of `set -o`. */
  readonly options: Set<string>;
  readonly jobs: Jobs;
  arguments: readonly string[];
  cwd: string;
  status: number;
  get(name: string): string;
  set(name: string, value: string): void;
  /** @returns the exit code of a program with the exported variables */
  execute(args: readonly string[], streams: Streams): Promise<number>;
  /** Leaves its exit code in `status`. */
  run(command: Command, streams: Streams): Promise<void>;
  /** A command that waits by itself: the loop around it is no busy one. */
  rested(): void;
}

/** A command that changes the shell itself. @returns its exit code */
export type Builtin = (shell: ShellState, args: readonly string[], streams: Streams) => Promise<number> | number;
