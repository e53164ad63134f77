/** Entry of a thread of components: starts those that its supervisor names, and stops them when told. */
import { parentPort, workerData } from "node:worker_threads";
import { settle } from "./settle.ts";
import { startComponent } from "./start-component.ts";
import type { ComponentSpec } from "./supervisor.ts";

// The listener also keeps the thread alive while the component waits for a server that is not there yet.
const told = new Promise<void>((resolve) => parentPort?.once("message", () => resolve()));
const components = await Promise.all((workerData as readonly ComponentSpec[]).map(startComponent)).catch((error) => {
  // What was asked for cannot be: another try would end the same way.
  if (error instanceof Error && error.name === "UsageError") parentPort?.postMessage({ refused: error.message });
  throw error;
});
parentPort?.postMessage("ready");
settle();
await told;
await Promise.all(components.map((component) => component.stop()));
process.exit(0);
