import { expect, test } from "vitest";
import { nodeName } from "./node-names.ts";

test.each([
  [0, "node-a"],
  [1, "node-b"],
  [25, "node-z"],
  [26, "node-aa"],
  [51, "node-az"],
  [702, "node-aaa"],
])("node %i is called %s", (index, name) => {
  expect(nodeName(index)).toBe(name);
});
