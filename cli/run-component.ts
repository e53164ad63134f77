import { untilStopped } from "./lifetime.ts";
import { startComponent } from "./start-component.ts";
import type { ComponentSpec } from "./supervisor.ts";

/** Runs one component in this process until told to stop: what `inkube controllers` and its like do. */
export async function runComponent(spec: ComponentSpec): Promise<void> {
  const component = await startComponent(spec);
  process.stderr.write(`inkube: ${spec.name} running; Ctrl-C stops\n`);
  await untilStopped(() => component.stop());
}
