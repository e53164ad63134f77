import { expect, test } from "vitest";
import { normalizeRollback, validateRollback } from "./deployment-rollback.ts";

const KEY = "deprecated.deployment.rollback.to";

test.each([
  ["7", "7"],
  ["007", "7"],
  ["+7", "7"],
  ["-3", "-3"],
  ["", undefined],
])("the revision %j is kept as %j", (text, expected) => {
  const annotations = { [KEY]: text };
  normalizeRollback(annotations);
  expect(annotations[KEY]).toBe(expected);
});

test.each([
  ["x", "invalid syntax"],
  [" 7", "invalid syntax"],
  ["9223372036854775808", "value out of range"],
])("the revision %j cannot be read", (text, why) => {
  expect(() => normalizeRollback({ [KEY]: text })).toThrow(
    `failed to parse annotation[${KEY}]=${text} as int64: strconv.ParseInt: parsing "${text}": ${why}`,
  );
});

test.each([
  ["0", []],
  ["-3", ["spec.rollback.version: Invalid value: -3: must be greater than or equal to 0"]],
])("the revision %j is judged", (text, expected) => {
  expect(validateRollback({ [KEY]: text }).map((error) => error.message())).toEqual(expected);
});
