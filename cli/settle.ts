import { performance } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** How often to look, in ms, and at what share of a thread's time it counts as idle. */
const LOOK_EVERY = 1000;
const IDLE = 0.1;

/**
 * Once this thread has come to rest after its start, gives back the memory that the start took: modules, certificates and
 * first lists leave garbage of 10 MB and more, which V8 collects when it needs the room, and at rest it never does.
 */
export function settle(): void {
  let last = performance.eventLoopUtilization();
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    if (utilization > IDLE) return;
    clearInterval(timer);
    collect();
  }, LOOK_EVERY);
  timer.unref();
}

function collect(): void {
  // Node has no function for it: this is what its flag gives out, for whom the flag was not set at the start.
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as NodeJS.GCFunction;
  // "last-resort" also hands back the pages that V8 keeps for what comes next.
  gc({ type: "major", execution: "sync", flavor: "last-resort" });
}
