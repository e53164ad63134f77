import { expect, test } from "vitest";
import type { Pod } from "../../../openapi/api/core.v1.ts";
import { probeFailure, scenarioOf } from "./scenario.ts";

const podWith = (wanted: Record<string, string>) => {
  const annotations = Object.fromEntries(
    Object.entries(wanted).map(([key, value]) => [`simulate.inkube.dev/${key}`, value]),
  );
  return { metadata: { name: "p", annotations } } as unknown as Pod; // no more is read of it
};

test("what a container's own annotation says goes before what that of all says", () => {
  const pod = podWith({ "exit-code": "1", "exit-code.db": "7", "exit-after": "1m30s", "fail-starts": "2" });
  expect(scenarioOf(pod, "db")).toMatchObject({ exitCode: 7, exitAfterMs: 90_000, failStarts: 2 });
  expect(scenarioOf(pod, "web").exitCode).toBe(1);
});

test.each([
  [{ "ready-after": "20s" }, 19, true],
  [{ "ready-after": "20s" }, 20, false],
  [{ unhealthy: "30s-60s,90s-" }, 29, false],
  [{ unhealthy: "30s-60s,90s-" }, 30, true],
  [{ unhealthy: "30s-60s,90s-" }, 60, false],
  [{ unhealthy: "30s-60s,90s-" }, 1000, true],
])("%j after %i s: failing %s", (annotations, seconds, fails) => {
  const scenario = scenarioOf(podWith(annotations as Record<string, string>), "c");
  expect(probeFailure(scenario, seconds * 1000) !== undefined).toBe(fails);
});

test.each([
  ["ready-after", "soon", 'annotation simulate.inkube.dev/ready-after: "soon" is no duration such as 1m30s'],
  ["exit-code", "-1", 'annotation simulate.inkube.dev/exit-code: "-1" is no whole number'],
])("%s=%s makes no sense", (key, value, message) => {
  expect(() => scenarioOf(podWith({ [key]: value }), "c")).toThrow(message);
});
