import { expect, test } from "vitest";
import { statusPatch } from "./status-patch.ts";

const waiting = {
  reason: "Starting",
  conditions: [
    { type: "Ready", status: "False", reason: "ContainersNotReady", message: "containers with unready status: [c]" },
  ],
} as const;

test("what a condition said while it was false goes away when it is true", () => {
  const ready = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] } as const;
  expect(
    statusPatch({ ...waiting, conditions: [...waiting.conditions] }, { ...ready, conditions: [...ready.conditions] }),
  ).toEqual({
    phase: "Running",
    reason: null,
    conditions: [{ type: "Ready", status: "True", reason: null, message: null }],
  });
});

test("nothing is taken away that was not there", () => {
  const status = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
  expect(statusPatch(undefined, status)).toEqual(status);
});

test("addresses of an old sandbox do not stay", () => {
  expect(statusPatch({ podIPs: [{ ip: "10.0.0.1" }] }, { podIPs: [{ ip: "10.0.0.2" }] })).toEqual({
    podIPs: [{ ip: "10.0.0.2" }, { $patch: "replace" }],
  });
});

test("a condition of a resize that is through goes, others' stay", () => {
  const of = (...types: string[]) => ({ conditions: types.map((type) => ({ type, status: "True" })) });
  const patch = statusPatch(of("Ready", "PodResizePending", "example.com/gate"), of("Ready"));
  expect(patch.conditions).toEqual([
    { type: "Ready", status: "True" },
    { type: "PodResizePending", $patch: "delete" },
  ]);
});

test("amounts that a Pod has no more go away", () => {
  const list = { cpu: "1", "example.com/x": "1" };
  expect(
    statusPatch({ resources: { requests: list, limits: list } }, { resources: { requests: { cpu: "2" } } }),
  ).toEqual({
    resources: { requests: { cpu: "2", "example.com/x": null }, limits: { cpu: null, "example.com/x": null } },
  });
});
