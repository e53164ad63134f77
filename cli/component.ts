/** Entry of a component's thread: starts the one that its supervisor names, and stops it when told. */
import { parentPort, workerData } from "node:worker_threads";
import { startComponent } from "./start-component.ts";
import type { ComponentSpec } from "./supervisor.ts";

// The listener also keeps the thread alive while the component waits for a server that is not there yet.
const told = new Promise<void>((resolve) => parentPort?.once("message", () => resolve()));
const component = await startComponent(workerData as ComponentSpec);
parentPort?.postMessage("ready");
await told;
await component.stop();
process.exit(0);
