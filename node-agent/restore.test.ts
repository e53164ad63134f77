import { expect, test } from "vitest";
import type { Container, Pod, PodStatus } from "../openapi/api/core.v1.ts";
import { newRecord, shouldRestart } from "./container-state.ts";
import { restore } from "./restore.ts";
import type { RecoveredContainer, RunningContainer } from "./runtime/runtime.ts";

const running = { id: "containerd://new", startedAt: new Date(0) } as RunningContainer;
const records = () => [
  newRecord({ name: "i" } as Container, "init", ""),
  newRecord({ name: "c", readinessProbe: {} } as Container, "regular", ""),
];
const ended = { exitCode: 0, reason: "Completed", containerID: "containerd://init" };
const status = (containerID: string) =>
  ({
    phase: "Running",
    initContainerStatuses: [{ name: "i", state: { terminated: ended }, restartCount: 0 }],
    containerStatuses: [
      { name: "c", state: { running: {} }, ready: true, started: true, restartCount: 2, containerID },
    ],
  }) as unknown as PodStatus;
const left = (...containers: RecoveredContainer[]) => ({ sandbox: { id: "s", ips: [] }, containers });

test("a container that still runs is as ready as it was", () => {
  const [init, container] = records();
  if (!init || !container) throw new Error("two were made");
  const found = { name: "c", attempt: 2, image: undefined, running };
  restore([init, container], status("containerd://new"), left(found));
  expect(container).toMatchObject({ restartCount: 2, ready: true, started: true, running });
  expect(init.exit?.result).toMatchObject({ exitCode: 0, reason: "Completed" });
});

test("one that was started since must become ready first", () => {
  const [, container] = records();
  if (!container) throw new Error("two were made");
  restore([container], status("containerd://old"), left({ name: "c", attempt: 3, image: undefined, running }));
  expect(container).toMatchObject({ restartCount: 3, ready: false, started: true });
});

test("after a reboot containers count as lost, and init containers run again", () => {
  const [init, container] = records();
  if (!init || !container) throw new Error("two were made");
  restore([init, container], status("containerd://old"), { sandbox: undefined, containers: [] });
  expect(container).toMatchObject({
    restartCount: 2,
    exit: { result: { reason: "ContainerStatusUnknown", exitCode: 137 } },
  });
  expect(init).toMatchObject({ restartCount: 1, exit: undefined, lastExit: { result: { exitCode: 0 } } });
});

test("without anything left or an end to report, a Pod begins anew, and its restarts are counted on", () => {
  const [, container] = records();
  if (!container) throw new Error("two were made");
  restore([container], status("x"), undefined);
  expect([container.restartCount, container.exit]).toEqual([2, undefined]);
});

test("one that was stopped for all of its Pod to begin anew does so, whatever the runtime says of its end", () => {
  const [, container] = records();
  if (!container) throw new Error("two were made");
  const gone = { exitCode: 137, reason: "RestartingAllContainers" };
  const state = { waiting: { reason: "RestartingAllContainers" } };
  const reported = {
    phase: "Running",
    containerStatuses: [{ name: "c", state, lastState: { terminated: gone }, restartCount: 1 }],
  } as unknown as PodStatus;
  const exit = {
    result: { exitCode: 0, reason: "Completed", finishedAt: new Date(0) },
    id: "x",
    startedAt: new Date(0),
  };
  restore([container], reported, left({ name: "c", attempt: 0, image: undefined, exit }));
  expect(container).toMatchObject({ restartCount: 1, exit: { result: gone } });
  const never = { spec: { restartPolicy: "Never" } } as Pod;
  expect(shouldRestart(container.container, never, container.exit!.result)).toBe(true);
});
