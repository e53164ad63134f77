import { expect, test } from "vitest";
import { parseJsonPath } from "./json-path.ts";

const value = {
  metadata: { annotations: { "a.b/c": "dotted" } },
  status: {
    conditions: [
      { type: "Ready", status: "True" },
      { type: "Other", n: 2 },
    ],
  },
};

test.each([
  [".status.conditions[0].type", ["Ready"]],
  [".status.conditions[-1].type", ["Other"]],
  [".status.conditions[*].type", ["Ready", "Other"]],
  ['.status.conditions[?(@.type=="Ready")].status', ["True"]],
  [".status.conditions[?(@.n>1)].type", ["Other"]],
  [".status.conditions[?(@.n)].type", ["Other"]],
  [".status.conditions[1:].type", ["Other"]],
  [".metadata.annotations.a\\.b/c", ["dotted"]],
  [".metadata.annotations['a\\.b/c']", ["dotted"]],
  [".status.missing.deeper", []],
  ["..n", [2]],
])("%s leads to %j", (path, found) => {
  expect(parseJsonPath(path).find(value)).toEqual(found);
});

test("an index beyond a list is an error, which leaves a cell empty", () => {
  expect(() => parseJsonPath(".status.conditions[7].type").find(value)).toThrow("out of bounds");
});
