import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { ManualClock } from "../../../client/index.ts";
import type { Container, Pod } from "../../../openapi/api/core.v1.ts";
import { ImageCatalog } from "./image-catalog.ts";
import { knownImages } from "./known-images.ts";
import { Network } from "./network/network.ts";
import { simulatedRuntime } from "./runtime.ts";
import { collector } from "./shell/redirections.ts";

/** A container of a Pod that has but this. */
async function started(container: Container, command: readonly string[]) {
  const clock = new ManualClock(new Date("2026-01-01T00:00:00Z"));
  const runtime = simulatedRuntime({
    ...{ clock, random: () => 0.5, address: "127.1.0.1", nodeName: "a", network: new Network(), disks: new Map() },
    addresses: { take: async () => ["10.0.0.1"], give: () => {} },
    amounts: { cpus: 8, memory: 2 ** 35, storage: 2 ** 36 },
    images: new ImageCatalog(knownImages),
  });
  const pod = { metadata: { name: "p", namespace: "ns", uid: "u" }, spec: { containers: [container] } } as Pod;
  const dns = { servers: [], searches: [], options: [] };
  return runtime.startContainer({
    ...{ pod, container, dns, env: {}, args: [], attempt: 0, mounts: [], devices: [], hosts: "", hostname: "p" },
    command,
    sandbox: await runtime.runSandbox({ pod, hostname: "p", dns }),
    image: await runtime.pullImage(container.image ?? "", pod),
  });
}

/** Attaches to `cat`, says something and ends. @returns what is heard until that is over, and whether cat is */
async function attached(stdinOnce: boolean): Promise<{ heard: string; isOver: boolean }> {
  const container = { name: "c", image: "busybox", resources: {}, stdin: true, stdinOnce };
  const running = await started(container, ["sh", "-c", "cat && echo closed"]);
  let isOver = false;
  void running.exited.then(() => {
    isOver = true;
  });
  const stdout = collector();
  const streams = { stdin: Readable.from([Buffer.from("hello\n")]), stdout: stdout.stream, tty: false };
  await running.attach(streams, new AbortController().signal);
  return { heard: stdout.text(), isOver };
}

test.each([
  { stdinOnce: true, is: { heard: "hello\nclosed\n", isOver: true } },
  { stdinOnce: false, is: { heard: "hello\n", isOver: false } },
])("who has said all leaves a container with stdinOnce $stdinOnce: $is", async ({ stdinOnce, is }) => {
  expect(await attached(stdinOnce)).toEqual(is);
});

test("kill 1 from another command ends a server", async () => {
  const running = await started({ name: "c", image: "nginx", resources: {} }, []);
  const signal = new AbortController().signal;
  expect(await running.exec(["kill", "1"], { tty: false }, signal)).toBe(0);
  expect(await running.exited).toMatchObject({ exitCode: 0, reason: "Completed" });
});
