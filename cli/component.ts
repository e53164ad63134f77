/** Entry of a component's thread: starts the one that its supervisor names, and stops it when told. */
import { parentPort, workerData } from "node:worker_threads";
import { startComponent } from "./start-component.ts";
import type { ComponentSpec } from "./supervisor.ts";

const spec = workerData as ComponentSpec;
const component = await startComponent(spec);
parentPort?.postMessage("ready");
parentPort?.once("message", async () => {
  await component.stop();
  process.exit(0);
});
