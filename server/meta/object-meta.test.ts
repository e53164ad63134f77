import { expect, test } from "vitest";
import { nameIsDNSSubdomain } from "./names.ts";
import type { ObjectMeta } from "./object.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "./object-meta.ts";

const rules = { namespaced: true, validateName: nameIsDNSSubdomain };
const named = { name: "a", namespace: "default" };
const owner = (name: string, uid: string) => ({ apiVersion: "v1", kind: "Pod", name, uid, controller: true });

test.each<[string, ObjectMeta, string[]]>([
  ["a valid object", { ...named, labels: { a: "b" }, finalizers: ["example.com/f"] }, []],
  ["no name", { namespace: "default" }, ["metadata.name: Required value: name or generateName is required"]],
  ["no namespace", { name: "a" }, ["metadata.namespace: Required value"]],
  [
    "a label value of 64",
    { ...named, labels: { a: "y".repeat(64) } },
    [`metadata.labels: Invalid value: "${"y".repeat(64)}": must be no more than 63 bytes`],
  ],
  ["an annotation key in upper case", { ...named, annotations: { "EXAMPLE.com/a": "" } }, []],
  [
    "too many annotations",
    { ...named, annotations: { a: "x".repeat(262144) } },
    ["metadata.annotations: Too long: may not be more than 262144 bytes"],
  ],
  [
    "an empty owner reference",
    { ...named, ownerReferences: [{ apiVersion: "", kind: "", name: "", uid: "" }] },
    [
      'metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty',
      'metadata.ownerReferences.kind: Invalid value: "": must not be empty',
      'metadata.ownerReferences.name: Invalid value: "": must not be empty',
      'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
    ],
  ],
  [
    "two controllers",
    { ...named, ownerReferences: [owner("a", "1"), owner("b", "2")] },
    [
      'metadata.ownerReferences: Invalid value: [{"apiVersion":"v1","kind":"Pod","name":"a","uid":"1","controller":true},{"apiVersion":"v1","kind":"Pod","name":"b","uid":"2","controller":true}]: Only one reference can have Controller set to true. Found "true" in references for Pod/a and Pod/b',
    ],
  ],
  [
    "an Event as owner",
    { ...named, ownerReferences: [{ apiVersion: "v1", kind: "Event", name: "e", uid: "1" }] },
    [
      'metadata.ownerReferences: Invalid value: {"apiVersion":"v1","kind":"Event","name":"e","uid":"1"}: /v1, Kind=Event is disallowed from being an owner',
    ],
  ],
  [
    "a strange manager",
    { ...named, managedFields: [{ operation: "Delete", manager: "a\u0007" }] },
    [
      'metadata.managedFields[0].operation: Invalid value: "Delete": must be `Apply` or `Update`',
      'metadata.managedFields[0].manager: Invalid value: "a\\a": invalid character U+0007 (at position 1)',
    ],
  ],
])("%s", (_, meta, messages) => {
  expect(validateObjectMeta(meta, rules).map((error) => error.message())).toEqual(messages);
});

test("a cluster-scoped object has no namespace", () => {
  const errors = validateObjectMeta(named, { ...rules, namespaced: false });
  expect(errors.map((error) => error.message())).toEqual(["metadata.namespace: Forbidden: not allowed on this type"]);
});

const stored = { ...named, uid: "1", resourceVersion: "1", generation: 2, creationTimestamp: "2026-01-02T03:04:05Z" };

test.each<[string, ObjectMeta, ObjectMeta, string[]]>([
  ["nothing changed", stored, stored, []],
  [
    "no resourceVersion",
    { ...stored, resourceVersion: "" },
    stored,
    ['metadata.resourceVersion: Invalid value: "": must be specified for an update'],
  ],
  [
    "another uid and no creation time",
    { ...stored, uid: "2", creationTimestamp: undefined },
    stored,
    [
      'metadata.uid: Invalid value: "2": field is immutable',
      "metadata.creationTimestamp: Invalid value: null: field is immutable",
    ],
  ],
  [
    "an older generation",
    { ...stored, generation: 1 },
    stored,
    ["metadata.generation: Invalid value: 1: must not be decremented"],
  ],
  [
    "a finalizer added while deleting",
    { ...stored, deletionTimestamp: "x", finalizers: ["b", "a"] },
    { ...stored, deletionTimestamp: "x", finalizers: ["b"] },
    [
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a"}',
    ],
  ],
])("update: %s", (_, meta, old, messages) => {
  expect(validateObjectMetaUpdate(meta, old).map((error) => error.message())).toEqual(messages);
});
