import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { ManualClock } from "../../../client/index.ts";
import type { Pod } from "../../../openapi/api/core.v1.ts";
import type { ImageExample } from "./image.ts";
import { knownImages } from "./known-images.ts";
import { Network } from "./network/network.ts";
import { simulatedRuntime } from "./runtime.ts";

/** Runs a fresh container of an image to its end. @returns its log and exit code */
async function run(image: string, { run: command = [], env = {}, seconds }: ImageExample) {
  const clock = new ManualClock(new Date("2026-01-01T00:00:00Z"));
  const addresses = { take: async () => ["10.0.0.1"], give: () => {} };
  const shared = { network: new Network(), disks: new Map() };
  const runtime = simulatedRuntime({
    clock,
    random: () => 0.5,
    address: "127.0.0.1",
    nodeName: "node-a",
    addresses,
    ...shared,
  });
  const container = { name: "c", image, resources: {} };
  const pod: Pod = {
    metadata: { name: "p", namespace: "default", uid: "u" },
    spec: { containers: [container] },
    status: {},
  };
  const dns = { servers: [], searches: [], options: [] };
  const sandbox = await runtime.runSandbox({ pod, hostname: "p", dns });
  const running = await runtime.startContainer({
    ...{ pod, sandbox, container, env, command, dns, attempt: 0, args: [], mounts: [], hosts: "", hostname: "p" },
    image: await runtime.pullImage(image, pod),
  });
  if (seconds !== undefined) {
    await new Promise(setImmediate);
    clock.advance(seconds * 1000);
    running.stop(1);
  }
  const { exitCode } = await running.exited;
  let stdout = "";
  const output = new Writable({
    write(chunk, _encoding, done) {
      stdout += chunk;
      done();
    },
  });
  const options = { follow: false, previous: false, timestamps: false };
  await runtime.logs("u", "c", options, output, new AbortController().signal);
  return { stdout, exitCode };
}

const examples = knownImages.flatMap(({ names, examples: list = [] }) =>
  list.map((example) => ({ image: names[0] ?? "", example, what: example.run?.join(" ") ?? "its own command" })),
);

test.each(examples)("$image runs $what", async ({ image, example }) => {
  const { stdout, exitCode } = await run(image, example);
  expect(exitCode).toBe(example.exit ?? 0);
  if (example.stdout !== undefined) expect(stdout).toBe(example.stdout);
});
