import { expect, test } from "vitest";
import { listerOf } from "../client/index.ts";
import type { Pod } from "../openapi/api/core.v1.ts";
import type { DeviceToleration, ResourceClaim, ResourceSlice } from "../openapi/api/resource.k8s.io.v1.ts";
import { reconcile } from "./device-taint-eviction.ts";

const NOW = new Date("2026-01-01T12:00:00Z");
const pod = {
  metadata: { name: "p", namespace: "ns", uid: "u" },
  spec: { nodeName: "n", resourceClaims: [{ name: "gpu", resourceClaimName: "c" }] },
  status: {},
} as unknown as Pod;
const claim = (tolerations: DeviceToleration[] = [], user = "u") =>
  ({
    metadata: { name: "c", namespace: "ns" },
    status: {
      reservedFor: [{ resource: "pods", name: "p", uid: user }],
      allocation: { devices: { results: [{ request: "r", driver: "d", pool: "x", device: "gpu-0", tolerations }] } },
    },
  }) as unknown as ResourceClaim;
const slice = (effect: string, generation = 1, name = "s") =>
  ({
    metadata: { name },
    spec: {
      driver: "d",
      pool: { name: "x", generation, resourceSliceCount: 1 },
      devices: [{ name: "gpu-0", taints: [{ key: "broken", effect, timeAdded: "2026-01-01T11:59:30Z" }] }],
    },
  }) as unknown as ResourceSlice;

const run = (one: ResourceClaim, slices: ResourceSlice[], pending = new Map<string, string>()) =>
  reconcile(
    "ns/p",
    {
      pods: listerOf([pod]),
      claims: listerOf([one]),
      slices: listerOf(slices, { pool: ({ spec }) => [`${spec.driver}/${spec.pool.name}`] }),
    },
    NOW,
    pending,
  );

const exists = (tolerationSeconds?: number): DeviceToleration => ({
  operator: "Exists",
  effect: "NoExecute",
  ...(tolerationSeconds !== undefined && { tolerationSeconds }),
});

test.each([
  {
    name: "a taint takes the Pod away",
    one: claim(),
    slices: [slice("NoExecute")],
    done: ["event", "patch", "delete"],
  },
  { name: "one that only keeps others off does not", one: claim(), slices: [slice("NoSchedule")], done: [] },
  { name: "nor one that is tolerated", one: claim([exists()]), slices: [slice("NoExecute")], done: [] },
  { name: "a while is waited for", one: claim([exists(60)]), slices: [slice("NoExecute")], done: ["requeue"] },
  {
    name: "a while that is over is not",
    one: claim([exists(20)]),
    slices: [slice("NoExecute")],
    done: ["event", "patch", "delete"],
  },
  { name: "a claim that is another's does not count", one: claim([], "other"), slices: [slice("NoExecute")], done: [] },
  {
    name: "an older generation of the pool does not count",
    one: claim(),
    slices: [slice("NoExecute"), slice("None", 2, "t")],
    done: [],
  },
])("$name", ({ one, slices, done }) => {
  expect(run(one, slices).map((action) => action.do)).toEqual(done);
});

test("says so when the taint goes before the time is over", () => {
  const pending = new Map<string, string>();
  expect(run(claim([exists(60)]), [slice("NoExecute")], pending)).toEqual([{ do: "requeue", afterMs: 30_000 }]);
  expect(run(claim([exists(60)]), [slice("None")], pending)).toMatchObject([
    { do: "event", reason: "DeviceTaintManagerEviction", message: "Cancelling deletion" },
  ]);
  expect(run(claim([exists(60)]), [slice("None")], pending)).toEqual([]);
});
