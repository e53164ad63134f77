import { untilStopped } from "./lifetime.ts";
import { startComponent } from "./start-component.ts";
import type { ComponentSpec } from "./supervisor.ts";

const LONG_MS = 2 ** 30;

/** Runs one component in this process until told to stop: what `inkube controllers` and its like do. */
export async function runComponent(spec: ComponentSpec): Promise<void> {
  // Components' own timers hold no process, so that while the server is away nothing else would hold this one.
  const hold = setInterval(() => {}, LONG_MS);
  const component = await startComponent(spec);
  process.stderr.write(`inkube: ${spec.name} running; Ctrl-C stops\n`);
  await untilStopped(() => component.stop());
  clearInterval(hold);
}
