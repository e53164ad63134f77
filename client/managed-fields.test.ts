import { expect, test } from "vitest";
import { parseWithoutManagedFields } from "./managed-fields.ts";

const entry = (manager: string) => ({
  manager,
  operation: "Update",
  apiVersion: "v1",
  fieldsType: "FieldsV1",
  fieldsV1: { "f:spec": { 'k:{"name":"x]},"}': { ".": {} } }, "f:status": { 'v:"]},"': {} } },
});
const event = (metadata: object, rest: object = { spec: { nodeName: "n" }, status: {} }) => ({
  type: "MODIFIED",
  object: { kind: "Pod", apiVersion: "v1", metadata: { name: "p", ...metadata }, ...rest },
});

test.each([
  { of: "two entries", managedFields: [entry("kubelet"), entry("kube-scheduler")] },
  { of: "a manager that looks like the end", managedFields: [entry("x]},"), entry("]}, ")] },
  { of: "none", managedFields: undefined },
])("an event is what it was but for managed fields: $of", ({ managedFields }) => {
  const annotations = { note: JSON.stringify(event({ managedFields: [entry("a")] })) };
  const whole = event({ annotations, ...(managedFields && { managedFields }) });
  const parsed = parseWithoutManagedFields(Buffer.from(JSON.stringify(whole))) as ReturnType<typeof event>;
  const { managedFields: left, ...metadata } = parsed.object.metadata as { managedFields?: unknown };
  expect({ ...parsed, object: { ...parsed.object, metadata } }).toEqual(event({ annotations }));
  if (managedFields?.[0]?.manager === "kubelet") expect(left).toBeUndefined();
});

test.each([
  { of: "metadata alone", json: event({ managedFields: [entry("a")] }, {}) },
  { of: "a bookmark", json: { type: "BOOKMARK", object: { kind: "Pod", metadata: { resourceVersion: "7" } } } },
])("$of is left as it is", ({ json }) => {
  expect(parseWithoutManagedFields(Buffer.from(JSON.stringify(json)))).toEqual(json);
});

test("what is no JSON is told", () => {
  expect(() => parseWithoutManagedFields(Buffer.from(`{"a":,"managedFields":[]},"b"`))).toThrow(SyntaxError);
});
