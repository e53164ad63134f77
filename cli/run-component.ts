import { untilStopped } from "./lifetime.ts";
import { settle } from "./settle.ts";
import { type Component, startComponent } from "./start-component.ts";
import type { ComponentSpec, Supervised } from "./supervisor.ts";

const LONG_MS = 2 ** 30;

/**
 * Runs one component in this process until told to stop: what `inkube controllers` and its like do.
 *
 * @param beside what runs in threads of this process, and stops with it
 */
export async function runComponent(spec: ComponentSpec, beside: readonly Supervised[] = []): Promise<void> {
  // Components' own timers hold no process, so that while the server is away nothing else would hold this one.
  setInterval(() => {}, LONG_MS);
  let component: Component | undefined;
  // Being told counts from the beginning: a component waits for its server, which may never come.
  const stopped = untilStopped(async () => {
    await Promise.all([component, ...beside].map((each) => each?.stop()));
  });
  component = await startComponent(spec);
  await Promise.all(beside.map(({ ready }) => ready));
  process.stderr.write(`inkube: ${spec.name} running; Ctrl-C stops\n`);
  settle();
  await stopped;
}
