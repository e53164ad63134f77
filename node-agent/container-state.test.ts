import { expect, test } from "vitest";
import type { Container, Pod } from "../openapi/api/core.v1.ts";
import { type ContainerRecord, containerStatus, restartAction, shouldRestart } from "./container-state.ts";

const container = {
  name: "c",
  restartPolicy: "Never",
  restartPolicyRules: [
    { action: "Restart", exitCodes: { operator: "In", values: [1, 2] } },
    { action: "RestartAllContainers", exitCodes: { operator: "NotIn", values: [0, 3] } },
  ],
} as unknown as Container;

test.each([
  [0, undefined, false],
  [1, "Restart", true],
  [3, undefined, false],
  [4, "RestartAllContainers", true],
])("the first rule that knows exit code %i decides: %s", (exitCode, action, again) => {
  expect(restartAction(container, exitCode)).toBe(action);
  const pod = { spec: { restartPolicy: "Always" } } as Pod;
  expect(shouldRestart(container, pod, { exitCode, reason: "Error" })).toBe(again);
});

test.each([
  ["that runs", { running: { id: "containerd://1", startedAt: new Date(0) } }, {}],
  ["that has ended", { exit: { id: "containerd://1", startedAt: new Date(0), result: { exitCode: 0 } } }, {}],
  ["that was never there", {}, undefined],
])("a container %s and asks for nothing reports what it has: %j", (_, state, resources) => {
  const waiting = { reason: "ContainerCreating" };
  const record = { container: { name: "c" }, role: "regular", waiting, restartCount: 0, ...state };
  const finished = {
    ...record,
    ...("exit" in state && { exit: { ...state.exit, result: { finishedAt: new Date(0) } } }),
  };
  expect(containerStatus(finished as unknown as ContainerRecord).resources).toEqual(resources); // as much as is read
});
