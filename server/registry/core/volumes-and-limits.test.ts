import { expect, test } from "vitest";
import type { PersistentVolumeClaim } from "../../../openapi/api/core.v1.ts";
import { limitRange } from "./limit-range.ts";
import { persistentVolume } from "./persistent-volume.ts";
import { persistentVolumeClaim } from "./persistent-volume-claim.ts";
import { validateBasicResource } from "./persistent-volume-validation.ts";
import { resourceQuota } from "./resource-quota.ts";

// Validation of these kinds reads nothing of the request.
const context = {} as never;
const definitions = { limitRange, persistentVolume, resourceQuota };
const messages = (errors: readonly { message(): string }[] = []) => errors.map((error) => error.message());
const volume = { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"] };

test.each<[keyof typeof definitions, object, string[]]>([
  ["persistentVolume", { ...volume, hostPath: { path: "/x" } }, []],
  [
    "persistentVolume",
    { ...volume, hostPath: { path: "/x" }, nfs: { server: "s", path: "/p" } },
    ["spec.nfs: Forbidden: may not specify more than 1 volume type"],
  ],
  [
    "persistentVolume",
    { ...volume, local: { path: "/x" } },
    ["spec.nodeAffinity: Required value: Local volume requires node affinity"],
  ],
  [
    "persistentVolume",
    { ...volume, csi: { driver: "d", volumeHandle: "h", nodePublishSecretRef: { name: "x" } } },
    ["spec.csi.nodePublishSecretRef.namespace: Required value"],
  ],
  ["limitRange", { limits: [{ type: "Container", min: { cpu: "100m" }, max: { cpu: "1" } }] }, []],
  [
    "limitRange",
    { limits: [{ type: "PersistentVolumeClaim" }] },
    [
      "spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided",
    ],
  ],
  [
    "limitRange",
    { limits: [{ type: "Pod", min: { cpu: "1" }, max: { cpu: "2" }, maxLimitRequestRatio: { cpu: "3" } }] },
    ['spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "3": ratio 3 is greater than max/min = 2.000000'],
  ],
  ["resourceQuota", { hard: { "count/pods": "1", "requests.example.com/gpu": "2" } }, []],
  [
    "resourceQuota",
    { hard: { storage: "1" } },
    ['spec.hard[storage]: Invalid value: "storage": must be a standard resource for quota'],
  ],
])("%s with %j is judged", (kind, spec, expected) => {
  const definition = definitions[kind];
  const object = { metadata: { name: "m" }, spec, status: {} } as never; // as decoding would leave it
  definition.defaults?.(object);
  expect(messages(definition.validate?.(object, context))).toEqual(expected);
});

test("a LimitRange's requests default to its limits, and those to its maximum", () => {
  const object = {
    metadata: {},
    spec: { limits: [{ type: "Container", max: { cpu: "2" }, min: { cpu: "1", memory: "1Mi" } }] },
  };
  limitRange.defaults?.(object);
  expect(object.spec.limits[0]).toMatchObject({ default: { cpu: "2" }, defaultRequest: { cpu: "2", memory: "1Mi" } });
});

function claim(storage: string, status: PersistentVolumeClaim["status"], more: object = {}): PersistentVolumeClaim {
  const spec = {
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage } },
    volumeMode: "Filesystem",
    ...more,
  };
  return { metadata: { name: "m" }, spec, status };
}
const bound = { phase: "Bound", capacity: { storage: "2Gi" } };

test.each<[string, PersistentVolumeClaim, PersistentVolumeClaim, unknown[]]>([
  ["grows while bound", claim("2Gi", bound), claim("3Gi", bound), []],
  [
    "does not grow before",
    claim("2Gi", { phase: "Pending" }),
    claim("3Gi", { phase: "Pending" }),
    [expect.stringMatching(/^spec: Forbidden: spec is immutable after creation except resources.requests/)],
  ],
  [
    "does not shrink below what it has",
    claim("3Gi", bound),
    claim("1Gi", bound),
    ["spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"],
  ],
  ["is bound to a volume", claim("1Gi", {}), claim("1Gi", {}, { volumeName: "pv" }), []],
  ["gets the default class later", claim("1Gi", {}), claim("1Gi", {}, { storageClassName: "sc" }), []],
])("a claim %s", (_, old, object, expected) => {
  expect(messages(persistentVolumeClaim.validateUpdate?.(object, old, context))).toEqual(expected);
});

test("a claim's sources say the same, and unknown ones go", () => {
  const make = (dataSource: object) => claim("1Gi", {}, { dataSource });
  const known = make({ kind: "PersistentVolumeClaim", name: "x" });
  const unknown = make({ kind: "Pod", name: "x" });
  for (const object of [known, unknown]) persistentVolumeClaim.prepareForCreate?.(object, context);
  expect(known.spec.dataSourceRef).toEqual({ kind: "PersistentVolumeClaim", name: "x" });
  expect(unknown.spec).not.toHaveProperty("dataSource");
});

test("an amount beyond an int64 is what upstream's int64 makes of it", () => {
  expect(messages(validateBasicResource("9999999999999999999", "status.capacity[cpu]"))).toEqual([
    "status.capacity[cpu]: Invalid value: -8446744073709551617: must be a valid resource quantity",
  ]);
});

const zone = (key: string) => ({
  required: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: "In", values: ["a"] }] }] },
});
const OLD_ZONE = "failure-domain.beta.kubernetes.io/zone";
const NEW_ZONE = "topology.kubernetes.io/zone";

test.each([
  [OLD_ZONE, OLD_ZONE, 0],
  [OLD_ZONE, NEW_ZONE, 0],
  [NEW_ZONE, OLD_ZONE, 1],
  [OLD_ZONE, "example.com/zone", 1],
  [OLD_ZONE, "", 1],
  ["example.com/zone", "", 0], // such a key is refused for itself
])("the affinity of a volume goes from the label %s to %s with %d errors", (before, after, errors) => {
  const volumeIn = (key: string) =>
    ({ metadata: { name: "m" }, spec: { ...volume, local: { path: "/x" }, nodeAffinity: zone(key) } }) as never;
  const found = persistentVolume.validateUpdate?.(volumeIn(after), volumeIn(before), context);
  const wrong = messages(found).filter((text) => text.includes("beta label"));
  expect(wrong).toHaveLength(errors);
  const terms = `[{"MatchExpressions":[{"Key":"${after}","Operator":"In","Values":["a"]}],"MatchFields":null}]`;
  for (const text of wrong) expect(text).toContain(`Invalid value: {"Required":{"NodeSelectorTerms":${terms}}}: `);
});

test.each([
  [{ apiGroup: "Bad_group", kind: "X", name: "x" }, 0],
  [{ kind: "PersistentVolumeClaim", name: "x" }, 1],
  [undefined, 1],
])("a claim whose source was %j may then come from a group with a bad name: %d errors", (before, errors) => {
  const claimOf = (dataSource: object | undefined) =>
    ({
      metadata: { name: "c" },
      spec: {
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: "1Gi" } },
        ...(dataSource && { dataSource }),
      },
      status: {},
    }) as PersistentVolumeClaim;
  const after = claimOf({ apiGroup: "Bad_group", kind: "X", name: "x" });
  const found = messages(persistentVolumeClaim.validateUpdate?.(after, claimOf(before), context));
  expect(found.filter((text) => text.startsWith("spec.dataSource.apiGroup"))).toHaveLength(errors);
});
