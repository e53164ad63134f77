import { expect, test } from "vitest";
import { compileReviewConditions } from "./access-review.ts";

const spec = { user: "jane", groups: ["dev"], resourceAttributes: { verb: "get", resource: "pods", namespace: "a" } };

test.each<[string[], boolean | string]>([
  [["request.user == 'jane'"], true],
  [["'dev' in request.groups", "request.resourceAttributes.verb == 'list'"], false],
  [["request.resourceAttributes.subresource == ''"], true],
  [["has(request.nonResourceAttributes)"], false],
  [["request.nonResourceAttributes.path == '/'"], "no such key: nonResourceAttributes"],
  [["request.nonResourceAttributes.path == '/'", "request.user == 'joe'"], false],
  [["size(request.extra) == 0 && request.uid == ''"], true],
])("conditions %j say %j", (expressions, answer) => {
  const asked = compileReviewConditions(expressions);
  if (typeof answer === "boolean") expect(asked(spec)).toBe(answer);
  else expect(() => asked(spec)).toThrow(answer);
});

test.each([
  ["", "matchConditions[0].expression: Required value"],
  ["request.nope == 1", "undefined field 'nope'"],
  ["request.user", "must evaluate to bool but got string"],
  ["1 +", "compilation failed"],
])("the expression %j is refused", (expression, message) => {
  expect(() => compileReviewConditions([expression])).toThrow(message);
});
