import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { environmentForChildren } from "./lifetime.ts";

/** The built command line; `npm test` builds it first. */
export const built = join(import.meta.dirname, "..", "dist", "main.js");

export interface Running {
  readonly child: ChildProcess;
  /** All that it wrote to stderr so far. */
  errors(): string;
  /** Exit code, or the signal that ended it. */
  readonly exited: Promise<number | string>;
}

export function spawnBuilt(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running & { output(): string } {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", built, ...args], {
    env: { ...environmentForChildren(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const exited = new Promise<number | string>((resolve) => {
    child.on("close", (code, signal) => resolve(code ?? signal ?? 1));
  });
  return { child, output: () => output, errors: () => errors, exited };
}

/** Runs a command to its end. */
export async function runBuilt(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const running = spawnBuilt(args, env);
  const exit = await running.exited;
  return { exit, stdout: running.output(), stderr: running.errors() };
}

export interface ReadyLine {
  readonly server: string;
  readonly kubeconfig: string;
  readonly pid: number;
}

/** Starts `inkube up` and waits for its ready line. @throws with what it said, when it ends before. */
export async function upBuilt(args: readonly string[]): Promise<Running & { ready: ReadyLine }> {
  const running = spawnBuilt(["up", "-o", "json", ...args]);
  const ready = await new Promise<ReadyLine>((resolve, reject) => {
    running.child.stdout?.on("data", () => {
      if (running.output().includes("\n")) resolve(JSON.parse(running.output()));
    });
    running.exited.then((exit) => reject(new Error(`inkube up ended with ${exit}: ${running.errors()}`)));
  });
  return { ...running, ready };
}
