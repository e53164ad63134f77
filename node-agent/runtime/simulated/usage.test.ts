import { expect, test } from "vitest";
import { ManualClock } from "../../../client/index.ts";
import type { Pod } from "../../../openapi/api/core.v1.ts";
import type { ContainerConfig, Exit, RunningContainer } from "../runtime.ts";
import { usageMeters } from "./usage.ts";

const podWith = (annotations: Record<string, string>) =>
  ({ metadata: { name: "web", namespace: "ns", uid: "u1", annotations } }) as unknown as Pod;
const config = (pod: Pod, name: string) =>
  ({ pod, container: { name, image: "example.com/nobody-knows" } }) as unknown as ContainerConfig;
/** A container that ends when told to. */
function running(startedAt: Date) {
  const { promise: exited, resolve } = Promise.withResolvers<Exit>();
  const container = { startedAt, exited } as unknown as RunningContainer; // no more is asked of it
  return { container, end: () => resolve({ exitCode: 0, reason: "Completed", finishedAt: startedAt }) };
}

test("containers use what the annotations of their Pod say, also those of later", async () => {
  const clock = new ManualClock(new Date("2026-01-01T00:00:00Z"));
  const meters = usageMeters(clock, { definitionOf: () => undefined });
  const pod = podWith({ "usage.inkube.dev/cpu": "500m", "usage.inkube.dev/memory.db": "0s=0 10s=1Gi" });
  const [web, db] = [running(clock.now()), running(clock.now())];
  meters.started(config(pod, "web"), web.container);
  meters.started(config(pod, "db"), db.container);
  clock.advance(5000);
  expect(meters.read([pod])).toMatchObject([
    { podUid: "u1", container: "web", cpuNanoSeconds: 2.5e9, workingSetBytes: 8 * 2 ** 20 },
    { podUid: "u1", container: "db", cpuNanoSeconds: 2.5e9, workingSetBytes: 2 ** 29 },
  ]);
  const later = podWith({ "usage.inkube.dev/cpu": "2" });
  meters.read([later]);
  clock.advance(1000);
  expect(meters.read([podWith({ "usage.inkube.dev/cpu": "nonsense" })])).toMatchObject([
    { cpuNanoSeconds: 4.5e9 },
    { cpuNanoSeconds: 4.5e9, workingSetBytes: 8 * 2 ** 20 },
  ]);
  web.end();
  await web.container.exited;
  await new Promise(setImmediate);
  clock.advance(1000);
  expect(meters.read([])).toMatchObject([{ container: "db", cpuNanoSeconds: 6.5e9 }]);
});

test("an annotation that makes no sense is told", () => {
  const meters = usageMeters(new ManualClock(new Date(0)), { definitionOf: () => undefined });
  expect(() => meters.check(config(podWith({ "usage.inkube.dev/memory": "much" }), "web"))).toThrow(
    'annotation usage.inkube.dev/memory: "much" must be a duration and a quantity, such as 1m=800m',
  );
  meters.check(config(podWith({ "usage.inkube.dev/memory.other": "much" }), "web"));
});
