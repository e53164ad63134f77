import { Readable, Writable } from "node:stream";
import { ManualClock } from "../../../client/index.ts";
import type { Pod } from "../../../openapi/api/core.v1.ts";
import type { ImageExample } from "./image.ts";
import { ImageCatalog } from "./image-catalog.ts";
import { knownImages } from "./known-images.ts";
import { Network } from "./network/network.ts";
import { simulatedRuntime } from "./runtime.ts";

const START = new Date("2026-01-01T00:00:00Z");
/** What does not end by itself and says nothing of a time is stopped after so much simulated time, in ms. */
const PATIENCE_MS = 60 * 60 * 1000;
const STEP_MS = 1_000;
/** Turns of the event loop that what happens at one time gets. */
const TURNS = 20;

export interface ExampleResult {
  /** The container's log. */
  readonly output: string;
  /** undefined: it did not end. */
  readonly exitCode: number | undefined;
}

/** Runs a shell script in a fresh container of busybox. */
export const runScript = (script: string): Promise<ExampleResult> =>
  runExample(new ImageCatalog(knownImages), "busybox", { run: ["sh", "-c", script] });

/** Runs a fresh container of an image to its end, in time of its own. @throws Error when it cannot be started */
export async function runExample(images: ImageCatalog, image: string, example: ImageExample): Promise<ExampleResult> {
  const { run: command = [], env = {}, seconds, stdin } = example;
  const clock = new ManualClock(START);
  const runtime = simulatedRuntime({
    clock,
    random: () => 0.5,
    address: "127.0.0.1",
    nodeName: "node",
    addresses: { take: async () => ["10.0.0.1"], give: () => {} },
    amounts: { cpus: 8, memory: 2 ** 35, storage: 2 ** 36 },
    images,
    network: new Network(),
    disks: new Map(),
  });
  const container = { name: "c", image, resources: {}, ...(stdin !== undefined && { stdin: true, stdinOnce: true }) };
  const pod: Pod = {
    metadata: { name: "p", namespace: "default", uid: "u" },
    spec: { containers: [container] },
    status: {},
  };
  const dns = { servers: [], searches: [], options: [] };
  const sandbox = await runtime.runSandbox({ pod, hostname: "p", dns });
  const starting = runtime.startContainer({
    ...{
      pod,
      sandbox,
      container,
      env,
      command,
      dns,
      attempt: 0,
      args: [],
      mounts: [],
      devices: [],
      hosts: "",
      hostname: "p",
    },
    image: images.resolve(image),
  });
  const running = await starting;
  let exitCode: number | undefined;
  void running.exited.then((exit) => {
    exitCode = exit.exitCode;
  });
  if (stdin !== undefined) {
    void running.attach({ stdin: Readable.from([Buffer.from(stdin)]), tty: false }, new AbortController().signal);
  }
  await pass(clock, seconds === undefined ? PATIENCE_MS : seconds * 1000, () => exitCode !== undefined);
  if (exitCode === undefined && seconds !== undefined) {
    running.stop(1);
    await pass(clock, 2 * STEP_MS, () => exitCode !== undefined);
  }
  return { output: await logOf(runtime), exitCode };
}

async function pass(clock: ManualClock, milliseconds: number, isOver: () => boolean): Promise<void> {
  for (let left = milliseconds; ; left -= STEP_MS) {
    for (let turn = 0; turn < TURNS && !isOver(); turn++) await new Promise(setImmediate);
    if (isOver() || left <= 0) return;
    clock.advance(Math.min(STEP_MS, left));
  }
}

async function logOf(runtime: ReturnType<typeof simulatedRuntime>): Promise<string> {
  let text = "";
  const output = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  const options = { follow: false, previous: false, timestamps: false };
  await runtime.logs("u", "c", options, output, new AbortController().signal);
  return text;
}
