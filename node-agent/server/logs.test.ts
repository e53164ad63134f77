import { expect, test } from "vitest";
import type { ContainerState, ContainerStatus } from "../../openapi/api/core.v1.ts";
import { withoutLog } from "./logs.ts";

const ended: ContainerState = { terminated: { exitCode: 1, containerID: "simulated://1" } };
const waiting = (reason: string): ContainerState => ({ waiting: { reason } });
const status = (state: ContainerState, lastState: ContainerState = {}) =>
  ({ name: "c", state, lastState }) as ContainerStatus;

test.each<[what: string, ContainerStatus, previous: boolean, text: string | undefined]>([
  ["one that runs", status({ running: {} }), false, undefined],
  ["one that ended", status(ended), false, undefined],
  ["the one before, of none", status({ running: {} }), true, 'previous terminated container "c" in pod "p" not found'],
  ["the one before, of one that ended", status(ended), true, 'previous terminated container "c" in pod "p" not found'],
  ["the one before", status({ running: {} }, ended), true, undefined],
  ["one between two starts", status(waiting("CrashLoopBackOff"), ended), false, undefined],
  [
    "one to come",
    status(waiting("PodInitializing")),
    false,
    'container "c" in pod "p" is waiting to start: PodInitializing',
  ],
  [
    "one without an image",
    status(waiting("ErrImagePull")),
    false,
    'container "c" in pod "p" is waiting to start: image can\'t be pulled',
  ],
  [
    "one that still has none",
    status(waiting("ImagePullBackOff")),
    false,
    'container "c" in pod "p" is waiting to start: trying and failing to pull image',
  ],
])("the log of %s", (_what, container, previous, text) => {
  expect(withoutLog(container, "p", previous)).toBe(text);
});
