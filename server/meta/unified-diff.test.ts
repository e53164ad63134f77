import { expect, test } from "vitest";
import { unifiedDiff } from "./unified-diff.ts";

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
const text = (...parts: (string | readonly string[])[]) => parts.flat().join("\n");

// As difflib of Python prints them, without the names of files.
test.each([
  ["nothing differs", text("a", "b"), text("a", "b"), ""],
  ["one line", text("a", "b", "c"), text("a", "x", "c"), "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"],
  ["all of it", "a", "b", "@@ -1 +1 @@\n-a\n+b\n"],
  [
    "three lines around, at the ends too",
    text(numbers(1, 9)),
    text(numbers(1, 4), "new", numbers(5, 9)),
    "@@ -2,6 +2,7 @@\n 2\n 3\n 4\n+new\n 5\n 6\n 7\n",
  ],
  [
    "two places far from each other",
    text("x", numbers(1, 9), "y"),
    text(numbers(1, 9), "z"),
    "@@ -1,4 +1,3 @@\n-x\n 1\n 2\n 3\n@@ -8,4 +7,4 @@\n 7\n 8\n 9\n-y\n+z\n",
  ],
  [
    "two places that share what is between them",
    text("x", numbers(1, 6), "y"),
    text(numbers(1, 6), "z"),
    "@@ -1,8 +1,7 @@\n-x\n 1\n 2\n 3\n 4\n 5\n 6\n-y\n+z\n",
  ],
  [
    "a longer stretch is kept before an earlier one",
    text("a", "b", "a", "b", "c"),
    text("a", "b", "c"),
    "@@ -1,5 +1,3 @@\n-a\n-b\n a\n b\n c\n",
  ],
])("%s", (_, before, after, diff) => {
  expect(unifiedDiff(before, after)).toBe(diff);
});

test("in a long text, lines that come often are no anchors", () => {
  const often = Array.from({ length: 150 }, (_, i) => (i % 2 ? "null" : "}"));
  const long = [...numbers(1, 60), ...often];
  const diff = unifiedDiff(text("null", "}", "gone"), text(long));
  expect(diff.startsWith("@@ -1,3 +1,210 @@\n-null\n-}\n-gone\n+1\n")).toBe(true);
});
