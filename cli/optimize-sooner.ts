import { setFlagsFromString } from "node:v8";

/** Calls of a function after which V8 gives it its middle compiler, and its best one: 400 and 3,000 by itself. */
const FLAGS = ["--invocation-count-for-maglev=100", "--invocation-count-for-turbofan=1000"];
/** Milliseconds. Earlier, what only the start needs would be compiled too: 80 ms of CPU and 10 MB. */
const AFTER_START = 2000;

/**
 * A request goes through thousands of functions and most of them once, so that by V8's own counts a server is at its best
 * after tens of thousands of requests. Measured over the first 5,000 writes: a tenth more a second. For the whole process,
 * so not where many threads share the machine's cores: there the compilers took from them what the server won.
 */
export function optimizeSooner(): void {
  const timer = setTimeout(() => {
    for (const flag of FLAGS) setFlagsFromString(flag);
  }, AFTER_START);
  timer.unref();
}
