import { expect, test } from "vitest";
import type { Node } from "../../openapi/api/core.v1.ts";
import type {
  Device,
  DeviceClaim,
  DeviceClass,
  ExactDeviceRequest,
  ResourceClaim,
  ResourceSlice,
  ResourceSliceSpec,
} from "../../openapi/api/resource.k8s.io.v1.ts";
import { allocate, TimedOutError } from "./allocate.ts";
import { CapacityInUse } from "./capacity.ts";

const node = { metadata: { name: "n1", labels: { zone: "a" } }, spec: {}, status: {} } as unknown as Node;
const DRIVER = "gpu.example.com";

const device = (name: string, model = "small", more: Partial<Device> = {}): Device => ({
  name,
  attributes: { model: { string: model } },
  ...more,
});
const slice = (devices: Device[], more: Partial<ResourceSliceSpec> = {}): ResourceSlice => ({
  metadata: { name: "s" },
  spec: {
    driver: DRIVER,
    pool: { name: "p", generation: 1, resourceSliceCount: 1 },
    nodeName: "n1",
    devices,
    ...more,
  },
});
const claim = (devices: DeviceClaim): ResourceClaim => ({
  metadata: { name: "c", namespace: "default", uid: "c" },
  spec: { devices },
  status: {},
});
const exactly = (more: Partial<ExactDeviceRequest> = {}): ExactDeviceRequest => ({
  deviceClassName: "gpu",
  allocationMode: "ExactCount",
  count: 1,
  ...more,
});
const model = (name: string) => [{ cel: { expression: name } }];

/** The devices that a claim gets; its expressions are names of models here. */
function devicesFor(spec: DeviceClaim, slices: ResourceSlice[], taken: string[] = []): string[] | undefined {
  const results = allocate(node, {
    claims: [claim(spec)],
    slices,
    inUse: { taken: new Set(taken.map((name) => `${DRIVER}/p/${name}`)), capacity: new CapacityInUse() },
    newShareId: () => "share",
    isLate: () => false,
    deviceClass: (name) => (name === "gpu" ? ({ metadata: { name }, spec: {} } as DeviceClass) : undefined),
    compileSelector:
      (expression) =>
      (_, { attributes }) =>
        attributes?.model?.string === expression,
  });
  return results?.[0]?.devices.results?.map(({ request, device: name }) => `${request}:${name}`);
}

const two = slice([device("a"), device("b", "large")]);
const untaken = { requests: [{ name: "r", exactly: exactly() }] };

test.each<[string, DeviceClaim, ResourceSlice[], string[], string[] | undefined]>([
  ["takes the first that fits", untaken, [two], [], ["r:a"]],
  ["does not take what others have", untaken, [two], ["a"], ["r:b"]],
  ["gets nothing when all are taken", untaken, [two], ["a", "b"], undefined],
  [
    "chooses by its selector",
    { requests: [{ name: "r", exactly: exactly({ selectors: model("large") }) }] },
    [two],
    [],
    ["r:b"],
  ],
  ["may want several", { requests: [{ name: "r", exactly: exactly({ count: 2 }) }] }, [two], [], ["r:a", "r:b"]],
  ["gets all or nothing", { requests: [{ name: "r", exactly: exactly({ count: 3 }) }] }, [two], [], undefined],
  [
    "may want all",
    { requests: [{ name: "r", exactly: exactly({ allocationMode: "All" }) }] },
    [two],
    [],
    ["r:a", "r:b"],
  ],
  [
    "may want all, but none may be taken",
    { requests: [{ name: "r", exactly: exactly({ allocationMode: "All" }) }] },
    [two],
    ["a"],
    undefined,
  ],
  [
    "may look as an administrator",
    { requests: [{ name: "r", exactly: exactly({ adminAccess: true }) }] },
    [two],
    ["a", "b"],
    ["r:a"],
  ],
  [
    "goes on with the next alternative",
    {
      requests: [
        {
          name: "r",
          firstAvailable: [
            { name: "big", deviceClassName: "gpu", selectors: model("huge") },
            { name: "any", deviceClassName: "gpu" },
          ],
        },
      ],
    },
    [two],
    [],
    ["r/any:a"],
  ],
  [
    "goes back when the first choice leads nowhere",
    {
      requests: [
        { name: "r", exactly: exactly() },
        { name: "s", exactly: exactly() },
      ],
      constraints: [{ matchAttribute: `${DRIVER}/model` }],
    },
    [slice([device("a"), device("b", "large"), device("c", "large")])],
    [],
    ["r:b", "s:c"],
  ],
  [
    "may want them different",
    {
      requests: [{ name: "r", exactly: exactly({ count: 2 }) }],
      constraints: [{ distinctAttribute: `${DRIVER}/model` }],
    },
    [slice([device("a"), device("b"), device("c", "large")])],
    [],
    ["r:a", "r:c"],
  ],
  [
    "avoids tainted devices",
    untaken,
    [slice([device("a", "small", { taints: [{ key: "broken", effect: "NoSchedule" }] }), device("b")])],
    [],
    ["r:b"],
  ],
  [
    "may tolerate a taint",
    { requests: [{ name: "r", exactly: exactly({ tolerations: [{ key: "broken", operator: "Exists" }] }) }] },
    [slice([device("a", "small", { taints: [{ key: "broken", effect: "NoSchedule" }] })])],
    [],
    ["r:a"],
  ],
  ["takes nothing of other nodes", untaken, [slice([device("a")], { nodeName: "n2" })], [], undefined],
  [
    "takes nothing of incomplete pools",
    untaken,
    [slice([device("a")], { pool: { name: "p", generation: 1, resourceSliceCount: 2 } })],
    [],
    undefined,
  ],
  [
    "takes the newest generation only",
    untaken,
    [slice([device("old")]), slice([device("new")], { pool: { name: "p", generation: 2, resourceSliceCount: 1 } })],
    [],
    ["r:new"],
  ],
])("a claim %s", (_, spec, slices, taken, expected) => {
  expect(devicesFor(spec, slices, taken)).toEqual(expected);
});

test("partitions share counters", () => {
  const part = (name: string, value: string) =>
    device(name, "part", { consumesCounters: [{ counterSet: "gpu", counters: { memory: { value } } }] });
  const pool = { name: "p", generation: 1, resourceSliceCount: 2 };
  const slices = [
    slice([], { pool, sharedCounters: [{ name: "gpu", counters: { memory: { value: "40Gi" } } }] }),
    slice([part("whole", "40Gi"), part("half-1", "20Gi"), part("half-2", "20Gi")], { pool }),
  ];
  const want = (count: number) => ({ requests: [{ name: "r", exactly: exactly({ count }) }] });
  expect(devicesFor(want(1), slices)).toEqual(["r:whole"]);
  expect(devicesFor(want(2), slices)).toEqual(["r:half-1", "r:half-2"]);
  expect(devicesFor(want(1), slices, ["half-1"])).toEqual(["r:half-2"]);
  expect(devicesFor(want(2), slices, ["half-1"])).toBeUndefined();
});

test("a result says where its devices are, and how they are set up", () => {
  const [result] =
    allocate(node, {
      claims: [
        claim({
          requests: [{ name: "r", exactly: exactly() }],
          config: [{ requests: ["r"], opaque: { driver: DRIVER, parameters: { speed: 2 } } }],
        }),
      ],
      slices: [two],
      inUse: { taken: new Set(), capacity: new CapacityInUse() },
      newShareId: () => "share",
      isLate: () => false,
      deviceClass: (name) => ({
        metadata: { name },
        spec: { config: [{ opaque: { driver: DRIVER, parameters: { speed: 1 } } }] },
      }),
      compileSelector: () => () => true,
    }) ?? [];
  expect(result).toEqual({
    devices: {
      results: [{ request: "r", driver: DRIVER, pool: "p", device: "a" }],
      config: [
        { source: "FromClass", requests: ["r"], opaque: { driver: DRIVER, parameters: { speed: 1 } } },
        { source: "FromClaim", requests: ["r"], opaque: { driver: DRIVER, parameters: { speed: 2 } } },
      ],
    },
    nodeSelector: {
      nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: ["n1"] }] }],
    },
  });
});

const allocateFrom = (slices: ResourceSlice[], spec: DeviceClaim, capacity = new CapacityInUse()) =>
  allocate(node, {
    claims: [claim(spec)],
    slices,
    inUse: { taken: new Set(), capacity },
    newShareId: () => "share",
    isLate: () => false,
    deviceClass: (name) => ({ metadata: { name }, spec: {} }),
    compileSelector: () => () => true,
  })?.[0]?.devices.results;

test("a device that may be shared is, as far as its capacity goes", () => {
  const shared = device("a", "big", { allowMultipleAllocations: true, capacity: { memory: { value: "40Gi" } } });
  const want = (count: number) => ({
    requests: ["r", "s", "t"]
      .slice(0, count)
      .map((name) => ({ name, exactly: exactly({ capacity: { requests: { memory: "20Gi" } } }) })),
  });
  const result = { driver: DRIVER, pool: "p", device: "a", shareID: "share", consumedCapacity: { memory: "20Gi" } };
  expect(allocateFrom([slice([shared])], want(2))).toEqual([
    { request: "r", ...result },
    { request: "s", ...result },
  ]);
  expect(allocateFrom([slice([shared])], want(3))).toBeUndefined();
  const used = new CapacityInUse();
  used.add(`${DRIVER}/p/a`, { memory: "20Gi" });
  expect(allocateFrom([slice([shared])], want(1), used)).toHaveLength(1);
  expect(allocateFrom([slice([shared])], want(2), used)).toBeUndefined();
});

test("a capacity that is asked of a device that nobody shares is the least that it must have", () => {
  const of = (name: string, memory: string) => device(name, "any", { capacity: { memory: { value: memory } } });
  const want = { requests: [{ name: "r", exactly: exactly({ capacity: { requests: { memory: "20Gi" } } }) }] };
  expect(allocateFrom([slice([of("a", "10Gi"), of("b", "40Gi")])], want)).toEqual([
    { request: "r", driver: DRIVER, pool: "p", device: "b" },
  ]);
});

test("pools are tried by name, those whose devices must be made ready last", () => {
  const of = (name: string, devices: Device[]) =>
    slice(devices, { pool: { name, generation: 1, resourceSliceCount: 1 } });
  const slow = of("a", [device("a", "any", { bindingConditions: ["Attached"] })]);
  expect(allocateFrom([of("c", [device("c")]), slow, of("b", [device("b")])], untaken)?.[0]?.pool).toBe("b");
  expect(allocateFrom([slow], untaken)?.[0]).toMatchObject({ pool: "a", bindingConditions: ["Attached"] });
});

test.each<[string, ResourceSlice[], DeviceClaim, string]>([
  [
    "all of a pool that is being updated",
    [slice([device("a")], { pool: { name: "p", generation: 1, resourceSliceCount: 2 } })],
    { requests: [{ name: "r", exactly: exactly({ allocationMode: "All" }) }] },
    "claim default/c, request r: asks for all devices, but resource pool gpu.example.com/p is currently being updated",
  ],
  [
    "all, but alike",
    [two],
    {
      requests: [{ name: "r", exactly: exactly({ allocationMode: "All" }) }],
      constraints: [{ matchAttribute: `${DRIVER}/model` }],
    },
    "claim default/c, request r: cannot add device gpu.example.com/p/b because a claim constraint would not be satisfied",
  ],
  [
    "more than a claim may have",
    [two],
    { requests: [{ name: "r", exactly: exactly({ count: 33 }) }] },
    "claim default/c: number of requested devices 33 exceeds the claim limit of 32",
  ],
  [
    "devices whose names are not unique",
    [slice([device("a"), device("a")])],
    untaken,
    "invalid resource pools were encountered",
  ],
])("a claim for %s is an error", (_, slices, spec, message) => {
  expect(() => allocateFrom(slices, spec)).toThrow(message);
});

test("a search that takes too long ends", () => {
  const devices = Array.from({ length: 32 }, (_, i) => device(`d${i}`, `m${i}`));
  let steps = 0;
  const search = () =>
    allocate(node, {
      claims: [
        claim({
          requests: [{ name: "r", exactly: exactly({ count: 16 }) }],
          constraints: [{ matchAttribute: `${DRIVER}/model` }],
        }),
      ],
      slices: [slice([...devices, ...devices.map(({ name }) => device(`${name}-twin`, name))])],
      inUse: { taken: new Set(), capacity: new CapacityInUse() },
      newShareId: () => "share",
      isLate: () => ++steps > 10,
      deviceClass: (name) => ({ metadata: { name }, spec: {} }),
      compileSelector: () => () => true,
    });
  expect(search).toThrow(TimedOutError);
});
