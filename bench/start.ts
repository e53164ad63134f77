import { start, usage } from "./running.ts";

const ROUNDS = 5;
/** Milliseconds after which nothing of the start goes on any more. */
const REST = 5000;

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** How soon an API server, and a whole cluster, is ready, and the memory they take when nothing happens. */
export async function startAndRest(row: (name: string, value: string) => void): Promise<void> {
  for (const [name, args] of [
    ["API server", ["server"]],
    ["whole control plane, 2 nodes", ["up"]],
  ] as const) {
    const ready: number[] = [];
    const cpu: number[] = [];
    const memory: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const running = await start(args);
      ready.push(running.readyAfter);
      cpu.push(usage(running.pid).cpuSeconds * 1000);
      await new Promise((resolve) => setTimeout(resolve, REST));
      memory.push(usage(running.pid).megabytes);
      await running.stop();
    }
    row(`${name}: start to ready`, `${median(ready).toFixed(0)} ms, ${median(cpu).toFixed(0)} ms CPU`);
    row(`${name}: memory at rest`, `${median(memory).toFixed(0)} MB`);
  }
}
