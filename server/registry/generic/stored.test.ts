import { expect, test } from "vitest";
import type { KubeObject } from "../../meta/object.ts";
import { storedOf } from "./stored.ts";
import { storeOf, testRegistry } from "./test-registry.ts";

const managedFields = [{ manager: "m", operation: "Update", fieldsV1: { "f:spec": { "f:nodeName": {} } } }];

test.each([
  ["pods", { spec: { nodeName: "n", serviceAccountName: "s" }, status: { phase: "Running", podIP: "10.0.0.1" } }],
  ["pods", { metadata: { labels: { a: "b", 'quo"te': "é" }, managedFields }, spec: { nodeName: "n" } }],
  ["pods", { metadata: { managedFields: null, annotations: { managedFields: "[]" } }, spec: {} }],
  ["secrets", { metadata: { managedFields }, type: "Opaque" }],
  ["configmaps", { metadata: { managedFields, labels: {} } }],
])("labels and fields of %s read from bytes are those of the object: %j", async (resource, more) => {
  const registry = await testRegistry();
  const { kind } = storeOf(registry, resource);
  const metadata = { name: "x", namespace: "y", ...("metadata" in more ? more.metadata : {}) };
  const object = { kind: kind.kind, apiVersion: "v1", ...more, metadata } as unknown as KubeObject; // as much as is read
  const change = { type: "put" as const, key: "k", revision: 2, createRevision: 2 };
  const bytes = () => Buffer.from(JSON.stringify(object));
  const made = storedOf(kind, { ...change, value: bytes() }, object);
  const read = storedOf(kind, { ...change, value: bytes() });
  expect(read.labels).toEqual(made.labels);
  expect(read.fields).toEqual(made.fields);
  expect(read.object).toEqual(object);
  await registry.stop();
});
