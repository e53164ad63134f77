import { expect, test } from "vitest";
import { ManualClock } from "../../client/index.ts";
import type { Container, Probe } from "../../openapi/api/core.v1.ts";
import type { RunningContainer } from "../runtime/runtime.ts";
import { runWithin } from "../runtime/simulated/run-within.ts";
import { ProbeMeter } from "./probe-meter.ts";
import { startProbes } from "./prober.ts";

/** What a liveness probe says of a container that never answers. */
async function lateAnswer(probe: Probe): Promise<string> {
  const clock = new ManualClock(new Date("2026-01-01T00:00:00Z"));
  const never = () => new Promise<never>(() => {});
  const run = (command: readonly string[], limitSeconds: number, signal: AbortSignal) =>
    runWithin({ command, limitSeconds, clock }, signal, never);
  const running = { startedAt: clock.now(), run, probe: never } as unknown as RunningContainer;
  const { promise, resolve } = Promise.withResolvers<string>();
  const probes = startProbes({
    container: { name: "c", livenessProbe: probe } as Container,
    running,
    clock,
    count: (kind) => new ProbeMeter().of({ podUid: "u", namespace: "ns", pod: "p", container: "c", kind }),
    address: "10.0.0.1",
    ...{ started: () => {}, ready: () => {}, errored: () => {}, kill: () => {}, warned: () => {} },
    unhealthy: (_kind, message) => resolve(message),
  });
  await new Promise(setImmediate);
  clock.advance(0);
  await new Promise(setImmediate);
  clock.advance(2000);
  const message = await promise;
  probes.stop();
  return message;
}

test.each<[Probe, string]>([
  [{ exec: { command: ["cat", "/x"] }, timeoutSeconds: 2 }, 'command timed out: "cat /x" timed out after 2s'],
  [
    { httpGet: { path: "/healthz", port: 80 } },
    'Get "http://10.0.0.1:80/healthz": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
  ],
  [{ tcpSocket: { port: 80 } }, "dial tcp 10.0.0.1:80: i/o timeout"],
  [{ grpc: { port: 80 } }, "timeout: health rpc did not complete within 1s"],
])("%j that takes too long: %s", async (probe, message) => {
  expect(await lateAnswer(probe)).toBe(message);
});

test("a probe that cannot be made is tried three times before that is told", async () => {
  const clock = new ManualClock(new Date("2026-01-01T00:00:00Z"));
  let asked = 0;
  const run = async () => {
    asked++;
    throw new Error("containerd is away");
  };
  const { promise, resolve } = Promise.withResolvers<string>();
  const probes = startProbes({
    container: { name: "c", livenessProbe: { exec: { command: ["true"] } } } as Container,
    running: { startedAt: clock.now(), run } as unknown as RunningContainer,
    clock,
    count: (kind) => new ProbeMeter().of({ podUid: "u", namespace: "ns", pod: "p", container: "c", kind }),
    address: "10.0.0.1",
    ...{ started: () => {}, ready: () => {}, unhealthy: () => {}, kill: () => {}, warned: () => {} },
    errored: (_kind, message) => resolve(message),
  });
  await new Promise(setImmediate);
  clock.advance(0);
  expect([await promise, asked]).toEqual(["containerd is away", 3]);
  probes.stop();
});

test("of a Pod that ends it is asked only whether it serves", async () => {
  const clock = new ManualClock(new Date("2026-01-01T00:00:00Z"));
  const asked: string[] = [];
  const run = async ([command = ""]: readonly string[]) => {
    asked.push(command);
    return { exitCode: 0, output: "" };
  };
  const probe = (command: string) => ({ exec: { command: [command] }, periodSeconds: 1 });
  const probes = startProbes({
    container: { name: "c", livenessProbe: probe("alive"), readinessProbe: probe("serves") } as Container,
    running: { startedAt: clock.now(), run } as unknown as RunningContainer,
    clock,
    count: (kind) => new ProbeMeter().of({ podUid: "u", namespace: "ns", pod: "p", container: "c", kind }),
    address: "10.0.0.1",
    ...{ started: () => {}, ready: () => {}, errored: () => {}, kill: () => {}, warned: () => {}, unhealthy: () => {} },
  });
  const second = async () => {
    clock.advance(1000);
    await new Promise(setImmediate);
    return asked.splice(0).sort();
  };
  await new Promise(setImmediate);
  expect(await second()).toEqual(["alive", "serves"]);
  probes.stopLivenessAndStartup();
  expect(await second()).toEqual(["serves"]);
  probes.stop();
  expect(await second()).toEqual([]);
});
