import { expect, test } from "vitest";
import type { Node } from "../../../openapi/api/core.v1.ts";
import { node } from "./node.ts";
import { validateAvoidPods } from "./node-annotations.ts";
import { validateDeclaredFeatures, validateSwap } from "./node-status-validation.ts";

// The rest of a status does not matter here.
const nodeOf = (status: object) => ({ metadata: { name: "n" }, spec: {}, status }) as Node;
const causes = (errors: readonly { field: string; type: string }[]) =>
  errors.map(({ field, type }) => `${field} ${type}`);

test.each([
  [["Abc", "Abd/efg/Hij1"], []],
  [["abc"], ["status.declaredFeatures[0] FieldValueInvalid"]],
  [["Abc/"], ["status.declaredFeatures[0] FieldValueInvalid"]],
  [["A".repeat(254)], ["status.declaredFeatures[0] FieldValueInvalid"]],
  [["A", "A"], ["status.declaredFeatures[1] FieldValueDuplicate"]],
  [["B", "A"], ["status.declaredFeatures[1] FieldValueInvalid"]],
])("a node that declares %j", (declaredFeatures, expected) => {
  expect(causes(validateDeclaredFeatures(nodeOf({ declaredFeatures })))).toEqual(expected);
});

test.each([
  [undefined, []],
  [1, []],
  [0, ["metadata.nodeSwapStatus.capacity FieldValueInvalid"]],
])("a node with swap of %j bytes", (capacity, expected) => {
  expect(causes(validateSwap(nodeOf({ nodeInfo: { swap: { capacity } } })))).toEqual(expected);
});

test.each([
  ["{}", []],
  ['{"preferAvoidPods":[{}]}', ["[0].PodSignature FieldValueRequired"]],
  ['{"preferAvoidPods":[{"podSignature":{"podController":{"controller":true}}}]}', []],
  [
    '{"preferAvoidPods":[{"podSignature":{"podController":{"controller":false}}}]}',
    ["[0].PodSignature.PodController.Controller FieldValueInvalid"],
  ],
  ["{", [" FieldValueInvalid"]],
])("a node that would rather not run %s", (text, expected) => {
  const key = "scheduler.alpha.kubernetes.io/preferAvoidPods";
  const found = causes(validateAvoidPods({ ...nodeOf({}), metadata: { name: "n", annotations: { [key]: text } } }));
  expect(found.map((cause) => cause.replace(/^metadata\.annotations\.(AvoidPods|[^[]*preferAvoidPods)/, ""))).toEqual(
    expected,
  );
});

test("what a node has twice is shown as Go's types have it", () => {
  const [taint, address] = [
    { key: "a", effect: "NoSchedule" },
    { type: "Hostname", address: "n" },
  ];
  const object = { ...nodeOf({ addresses: [address, address] }), spec: { taints: [taint, taint] } };
  const found = node.validateUpdate?.(object, nodeOf({}), {} as never)?.map((error) => error.message()); // reads no request
  expect(found).toEqual([
    'status.addresses[1]: Duplicate value: {"Type":"Hostname","Address":"n"}',
    'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
  ]);
});
