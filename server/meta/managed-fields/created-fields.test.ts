import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryKind } from "../../../openapi/arbitrary-object.ts";
import { coerce } from "../../../openapi/decode.ts";
import { allDefinitions, kindOf, schemaOf } from "../../../openapi/types.ts";
import type { KubeObject } from "../object.ts";
import { atomOf } from "./atom.ts";
import { createdFields } from "./created-fields.ts";
import { applyUpdate, type FieldManagement, nothing } from "./manager.ts";

const writer = { manager: "me", now: new Date("2026-01-02T03:04:05Z") };

describe.each(allDefinitions().filter((name) => kindOf(name)))("%s", (name) => {
  const [schema, gvk] = [schemaOf(name), kindOf(name)!];
  const objects = arbitraryKind(schema, 5).map((value) => {
    const object = coerce<KubeObject>(value, schema, "Ignore").value;
    object.metadata = { ...object.metadata };
    delete object.metadata.managedFields;
    return object;
  });
  const resets = [
    undefined,
    { reset: [["status"]] },
    { reset: [["spec"], ["metadata", "deletionTimestamp"], ["metadata", "ownerReferences"]] },
  ];

  test.each(resets)("a create owns what an update of nothing would own, without %o", (resetFields) => {
    const management: FieldManagement = { schema, ...gvk, resetFields };
    fc.assert(
      fc.property(objects, (object) => {
        const created = applyUpdate(management, undefined, object, writer);
        const updated = applyUpdate(management, nothing(management), object, writer);
        // As text: the order of keys is upstream's.
        expect(JSON.stringify(created.metadata)).toBe(JSON.stringify(updated.metadata));
      }),
      { numRuns: 15 },
    );
  });
});

const pod = atomOf(schemaOf("io.k8s.api.core.v1.Pod"));
const nobody = { reset: undefined, stripped: undefined };

test.each([
  { name: "nothing", object: {}, fields: undefined },
  {
    name: "an empty struct",
    object: { spec: { volumes: [{ name: "a", emptyDir: {} }] } },
    fields: {
      "f:spec": { "f:volumes": { ".": {}, 'k:{"name":"a"}': { ".": {}, "f:emptyDir": {}, "f:name": {} } } },
    },
  },
  {
    name: "containers by name, in their order, and no list of them",
    object: { spec: { containers: [{ name: "b" }, { name: "a", ports: [{ containerPort: 80 }] }] } },
    fields: {
      "f:spec": {
        "f:containers": {
          'k:{"name":"a"}': {
            ".": {},
            "f:name": {},
            "f:ports": { ".": {}, 'k:{"containerPort":80,"protocol":"TCP"}': { ".": {}, "f:containerPort": {} } },
            "f:resources": {},
          },
          'k:{"name":"b"}': { ".": {}, "f:name": {}, "f:resources": {} },
        },
      },
    },
  },
  {
    name: "containers of one name as one",
    object: { spec: { containers: [{ name: "a" }, { name: "a" }] } },
    fields: { "f:spec": { "f:containers": { 'k:{"name":"a"}': {} } } },
  },
])("a new Pod with $name", ({ object, fields }) => {
  const decoded = coerce<KubeObject>(object, schemaOf("io.k8s.api.core.v1.Pod"), "Ignore").value;
  const empty = { metadata: {}, spec: { containers: null }, status: {} };
  expect(JSON.stringify(createdFields(pod, empty, decoded, nobody))).toBe(JSON.stringify(fields));
});

test("what does not fit the schema is refused", () => {
  const write = () => createdFields(pod, { metadata: {} }, { metadata: { what: 1 } }, nobody);
  expect(write).toThrow(".what: field not declared in schema");
});
