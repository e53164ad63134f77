import { expect, test } from "vitest";
import type { AdmissionAttributes } from "../plugin.ts";
import { celCondition } from "./cel-condition.ts";

const input = {
  object: { metadata: { name: "web", labels: { app: "web" } }, spec: { replicas: 3 } },
  oldObject: undefined,
  request: { operation: "CREATE", userInfo: { username: "jane", groups: ["dev"] } },
  // Conditions look at the request, never at the attributes.
  attributes: {} as AdmissionAttributes,
};

test.each([
  ["object.spec.replicas > 2 && oldObject == null", true],
  ["request.operation == 'DELETE'", false],
  ["!('ops' in request.userInfo.groups)", true],
  ["has(object.metadata.labels) && object.metadata.labels.app.startsWith('w')", true],
])("%s is %s", (expression, want) => {
  expect(celCondition(expression)(input, { remaining: 2_500_000 })).toBe(want);
});

test.each([
  ["object.spec.nope == 1", 2_500_000, "expression 'object.spec.nope == 1' resulted in error: no such key: nope"],
  ["request.nope == 1", 2_500_000, "undefined field 'nope'"],
  ["'a'", 2_500_000, "must evaluate to bool"],
  ["object.spec.replicas > 2", 1, "validation failed due to running out of cost budget"],
])("%s with a budget of %i throws", (expression, remaining, message) => {
  expect(() => celCondition(expression)(input, { remaining })).toThrow(message);
});
