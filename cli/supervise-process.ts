import { type ChildProcess, spawn } from "node:child_process";
import type { Writable } from "node:stream";
import type { Supervised } from "./supervisor.ts";

/** As supervisor.ts restarts threads, in ms. */
const FIRST_DELAY = 500;
const LAST_DELAY = 30_000;
const CALM = 60_000;
/** A process that does not stop within this many ms is killed. */
const STOP_LIMIT = 3_000;
/** What a component prints when it has started; see run-component.ts. */
const READY = /^inkube: .* running;/m;
const KEPT = 2_000;
/** Of a command line that is no good: starting it again changes nothing. */
const WRONG_USAGE = 2;

/** What has ended again and again for so many ms before it was ever ready is given up. */
const FAILING_LIMIT = 30_000;

/**
 * Keeps a component running in a process of its own: one that has to be in another network namespace. It ends with this
 * process, however that ends: it holds the other end of a pipe. One that cannot start is given up after a while: then
 * `ready` rejects with its last words.
 */
export function superviseProcess(
  name: string,
  [program = "", ...args]: readonly string[],
  note: (text: string) => void,
): Supervised {
  let child: ChildProcess | undefined;
  let stopping = false;
  let delay = FIRST_DELAY;
  let timer: NodeJS.Timeout | undefined;
  let hasBeenReady = false;
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  const begun = performance.now();

  function start(): void {
    const started = performance.now();
    let said = "";
    const running = spawn(program, args, {
      stdio: ["ignore", "ignore", "pipe", "pipe"],
      env: { ...process.env, INKUBE_PARENT_FD: "3" },
    });
    child = running;
    // Nothing is ever written: that it is open is the message.
    (running.stdio[3] as Writable).on("error", () => {}); // a pipe, as asked for
    running.stderr?.on("data", (chunk: Buffer) => {
      const text = chunk.toString("utf8");
      said = (said + text).slice(-KEPT);
      if (!hasBeenReady && READY.test(said)) {
        hasBeenReady = true;
        resolve();
      }
      // Its log lines are JSON; the rest is told by us.
      for (const line of text.split("\n")) if (line.startsWith("{")) process.stderr.write(`${line}\n`);
    });
    running.on("error", (error) => {
      said += error.message;
    });
    running.on("close", (code, signal) => {
      child = undefined;
      if (stopping) return;
      if (performance.now() - started > CALM) delay = FIRST_DELAY;
      // What a crash says: the rest are log lines, which have been passed on.
      const last = said
        .split("\n")
        .filter((line) => line.trim() && !line.startsWith("{"))
        .join("\n");
      const isHopeless = code === WRONG_USAGE || performance.now() - begun > FAILING_LIMIT;
      if (!hasBeenReady && isHopeless) {
        stopping = true;
        return reject(new Error(`${name} does not start (${signal ?? code}): ${last.trim().replace(/^inkube: /, "")}`));
      }
      note(`${name} stopped (${signal ?? code}), starting it again in ${delay} ms: ${last}`);
      timer = setTimeout(start, delay);
      delay = Math.min(delay * 2, LAST_DELAY);
    });
  }

  start();
  return {
    name,
    ready,
    async stop() {
      stopping = true;
      clearTimeout(timer);
      const running = child;
      if (!running) return;
      const gone = new Promise<void>((resolve) => running.once("close", () => resolve()));
      running.kill("SIGTERM");
      const limit = setTimeout(() => running.kill("SIGKILL"), STOP_LIMIT);
      await gone;
      clearTimeout(limit);
    },
  };
}
