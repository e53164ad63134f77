import { expect, test } from "vitest";
import type { ResourceClaim } from "../../../openapi/api/resource.k8s.io.v1.ts";
import { validateObjectMeta } from "../../meta/object-meta.ts";
import type { RequestContext } from "../kind.ts";
import { deviceClass } from "./device-class.ts";
import { resourceClaim } from "./resource-claim.ts";
import { resourceSlice } from "./resource-slice.ts";

let labels: Record<string, string> = {};
// The strategies read no more of a request than this.
const context = {
  now: new Date("2026-03-04T05:06:07Z"),
  services: {},
  reader: { get: () => ({ metadata: { labels } }) },
} as unknown as RequestContext;
const messages = (errors: readonly { message(): string }[] = []) => errors.map((error) => error.message());
const slice = (spec: object) => ({
  metadata: { name: "m" },
  spec: {
    driver: "gpu.example.com",
    nodeName: "n",
    pool: { name: "p", generation: 0, resourceSliceCount: 1 },
    ...spec,
  },
});
const device = (more: object) => slice({ devices: [{ name: "d", ...more }] });
const shared = (requestPolicy: object) =>
  device({ allowMultipleAllocations: true, capacity: { memory: { value: "8Gi", requestPolicy } } });

test("a toleration is of one value when it does not say otherwise", () => {
  const tolerations = [{ key: "a" }, { key: "b", operator: "Exists" }];
  const object = {
    metadata: { name: "c" },
    spec: { devices: { requests: [{ name: "r", exactly: { deviceClassName: "x", tolerations } }] } },
    status: {},
  } as unknown as ResourceClaim; // as it is before defaults
  resourceClaim.defaults?.(object);
  const { exactly } = object.spec.devices?.requests?.[0] ?? {};
  expect(exactly).toMatchObject({ count: 1, tolerations: [{ operator: "Equal" }, { operator: "Exists" }] });
  expect(messages(resourceClaim.validate?.(object, context))).toEqual([]);
});

test("a field that is off counts as a change of a slice before it is dropped", () => {
  const old = { ...device({}), metadata: { name: "m", generation: 1 } };
  const now = device({ nodeAllocatableResourceMappings: { cpu: {} } });
  resourceSlice.prepareForUpdate?.(now as never, old as never, context); // specs are complete enough
  expect(now).toEqual({ ...device({}), metadata: { name: "m", generation: 2 } });
});

test("more than one term for nodes is shown as Go has them inside", () => {
  const term = { matchExpressions: [{ key: "a", operator: "Exists" }] };
  const value = slice({ nodeName: undefined, nodeSelector: { nodeSelectorTerms: [term, term] } });
  const shown = '{"MatchExpressions":[{"Key":"a","Operator":"Exists","Values":null}],"MatchFields":null}';
  expect(messages(resourceSlice.validate?.(value as never, context))).toContain(
    `spec.nodeSelector.nodeSelectorTerms: Invalid value: [${shown},${shown}]: must have exactly one node selector term`,
  );
});

test.each<[string | { forbidden: string } | undefined, string]>([
  ["compilation failed", 'Invalid value: "x": compilation failed'],
  [{ forbidden: "too complex, exceeds cost limit" }, "Forbidden: too complex, exceeds cost limit"],
])("a selector of which the compiler says %j is refused", (verdict, message) => {
  const exactly = {
    deviceClassName: "c",
    allocationMode: "ExactCount",
    count: 1,
    selectors: [{ cel: { expression: "x" } }],
  };
  const object = {
    metadata: { name: "c" },
    spec: { devices: { requests: [{ name: "r", exactly }] } },
    status: {},
  } as unknown as ResourceClaim;
  const services = { checkExpression: () => verdict };
  const errors = resourceClaim.validate?.(object, { ...context, services } as unknown as RequestContext);
  expect(messages(errors)).toEqual([`spec.devices.requests[0].exactly.selectors[0].cel.expression: ${message}`]);
});

test.each<[object, string[]]>([
  [device({ attributes: { "a.example/b": { version: "1.2.3-rc.1" } } }), []],
  [
    device({ attributes: { a: { version: "1.2" } } }),
    [
      'spec.devices[0].attributes[a].version: Invalid value: "1.2": must be a string compatible with semver.org spec 2.0.0',
    ],
  ],
  [
    device({ allNodes: true }),
    [
      "spec.devices[0]: Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec",
    ],
  ],
  [shared({ default: "1Gi", validRange: { min: "1Gi", max: "4Gi", step: "1Gi" } }), []],
  [
    shared({ validValues: ["1Gi"] }),
    ["spec.devices[0].capacity[memory].requestPolicy.default: Required value: required when validValues is defined"],
  ],
  [
    shared({ default: "1Gi", validRange: { min: "2Gi", max: "16Gi" } }),
    [
      'spec.devices[0].capacity[memory].requestPolicy.validRange.min: Invalid value: "1Gi": default is less than min: 2Gi',
      'spec.devices[0].capacity[memory].requestPolicy.validRange.max: Invalid value: "16Gi": max is larger than capacity value: 8Gi',
    ],
  ],
  [
    device({ bindingConditions: ["a"] }),
    [
      "spec.devices[0].bindingFailureConditions: Invalid value: null: bindingFailureConditions are required to use bindingConditions",
    ],
  ],
  [
    slice({ nodeName: undefined }),
    [
      "spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required",
    ],
  ],
])("a ResourceSlice %j is judged", (object, expected) => {
  expect(messages(resourceSlice.validate?.(object as never, context))).toEqual(expected);
});

test("a taint says since when it is there", () => {
  const object = device({ taints: [{ key: "k", effect: "NoSchedule" }] }) as never;
  resourceSlice.prepareForCreate?.(object, context);
  expect(object).toMatchObject({ spec: { devices: [{ taints: [{ timeAdded: "2026-03-04T05:06:07Z" }] }] } });
});

test.each([
  ["a/b", "x", []],
  ["", "B", ["metadata.name"]],
])("a class of devices named from %j is called %j", (generateName, name, fields) => {
  const object = { metadata: { generateName, name }, spec: {} };
  const validateName = (text: string, isPrefix = false) => [...(deviceClass.validateName?.(text, isPrefix) ?? [])];
  const found = validateObjectMeta(object.metadata, { namespaced: false, validateName });
  expect(found.map(({ field }) => field)).toEqual(fields);
});

function claim(request: object, status: ResourceClaim["status"] = {}): ResourceClaim {
  const object = { metadata: { name: "m", namespace: "a" }, spec: { devices: { requests: [request] } }, status };
  resourceClaim.defaults?.(object as ResourceClaim);
  return object as ResourceClaim; // as decoding would leave it
}
const exactly = (more: object = {}) => ({ name: "r", exactly: { deviceClassName: "c", ...more } });

test("admin access is for namespaces that say so", () => {
  const object = claim(exactly({ adminAccess: true }));
  labels = {};
  expect(messages(resourceClaim.validate?.(object, context))).toEqual([
    "spec.devices.requests[0].adminAccess: Forbidden: admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace",
  ]);
  labels = { "resource.kubernetes.io/admin-access": "true" };
  expect(messages(resourceClaim.validate?.(object, context))).toEqual([]);
});

test("the status of a device goes with its allocation", () => {
  const id = { driver: "gpu.example.com", pool: "p", device: "d" };
  const old = claim(exactly(), { allocation: { devices: { results: [{ request: "r", ...id }] } }, devices: [id] });
  const object = claim(exactly(), { devices: [id] });
  resourceClaim.subresources?.status?.prepareForUpdate?.(object, old, context);
  expect(object.status).toEqual({});
});

const UUID = "12345678-1234-1234-1234-123456789abc";
test.each([
  [UUID, undefined],
  [UUID.toUpperCase(), "uid must be in RFC 4122 normalized form"],
  [`{${UUID}}`, "uid must be in RFC 4122 normalized form"],
  [`<${UUID}>`, "error validating uid: invalid bracketed UUID format"],
  [`urn:uuid:${UUID}`, "uid must be in RFC 4122 normalized form"],
  [`urn:uid::${UUID}`, 'error validating uid: invalid urn prefix: "urn:uid::"'],
  [UUID.replaceAll("-", ""), "uid must be in RFC 4122 normalized form"],
  [UUID.replace("8-", "8x"), "error validating uid: invalid UUID format"],
  ["é", "error validating uid: invalid UUID length: 2"],
])("a share named %j is told %j", (shareID, expected) => {
  const old = claim({ name: "r" });
  const object = { ...old, status: { devices: [{ driver: "d", pool: "p", device: "x", shareID }] } };
  const found = messages(resourceClaim.subresources?.status?.validateUpdate?.(object, old, context));
  const [problem] = found.filter((text) => text.startsWith("status.devices[0].shareID"));
  if (expected) expect(problem).toContain(expected);
  else expect(problem).toBeUndefined();
});

test("a device that is reported twice is shown with all that names it", () => {
  const old = claim({ name: "r" });
  const device = { driver: "d", pool: "p", device: "x" };
  const object = { ...old, status: { devices: [device, device] } };
  expect(messages(resourceClaim.subresources?.status?.validateUpdate?.(object, old, context))).toContain(
    'status.devices[1]: Duplicate value: {"Driver":"d","Pool":"p","Device":"x","ShareID":""}',
  );
});
