import { expect, test } from "vitest";
import type { Pod, PodCondition } from "../openapi/api/core.v1.ts";
import { podStatusPatch, type StatusWish } from "./pod-status.ts";

const now = new Date("2026-01-02T03:04:05.678Z");
const before = "2026-01-01T00:00:00Z";
const refused = { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "no" };
const pod = (conditions: PodCondition[], nominatedNodeName?: string): Pod => ({
  metadata: { name: "p", uid: "u", generation: 1 },
  spec: { containers: [] },
  status: { conditions, nominatedNodeName },
});

test.each<[string, Pod, StatusWish, unknown]>([
  ["says nothing twice", pod([{ ...refused, lastTransitionTime: before }]), { condition: refused }, undefined],
  [
    "keeps the time of a transition that is none",
    pod([{ ...refused, lastTransitionTime: before }]),
    { condition: { ...refused, message: "still no" } },
    {
      "$setElementOrder/conditions": [{ type: "PodScheduled" }],
      conditions: [{ ...refused, message: "still no", observedGeneration: 1, lastTransitionTime: before }],
    },
  ],
  [
    "puts a new condition after the others",
    pod([{ type: "Ready", status: "True" }]),
    { condition: { type: "DisruptionTarget", status: "True", reason: "PreemptionByScheduler", message: "m" } },
    {
      "$setElementOrder/conditions": [{ type: "Ready" }, { type: "DisruptionTarget" }],
      conditions: [
        {
          type: "DisruptionTarget",
          status: "True",
          reason: "PreemptionByScheduler",
          message: "m",
          observedGeneration: 1,
          lastTransitionTime: "2026-01-02T03:04:05Z",
        },
      ],
    },
  ],
  ["takes a nomination back", pod([], "n"), { nominatedNodeName: "" }, { nominatedNodeName: null }],
  ["leaves a nomination alone", pod([], "n"), {}, undefined],
])("the patch of a Pod's status %s", (_, object, wish, status) => {
  const patch = podStatusPatch(object, wish, now);
  expect(patch).toEqual(status && { metadata: { uid: "u" }, status });
});
