import { expect, test } from "vitest";
import type { Container, Pod } from "../openapi/api/core.v1.ts";
import { restartAction, shouldRestart } from "./container-state.ts";

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
