import fc from "fast-check";
import { expect, test } from "vitest";
import { formatDuration, humanDuration, parseDuration } from "./duration.ts";

test.each([
  ["1h30m", "1h30m0s"],
  ["1.5h", "1h30m0s"],
  ["-1.5ms", "-1.5ms"],
  ["0", "0s"],
  ["100us", "100\u00b5s"],
  ["1ns", "1ns"],
  [".5s", "500ms"],
  ["61.25s", "1m1.25s"],
])("%s is printed as %s", (text, printed) => {
  expect(formatDuration(parseDuration(text))).toBe(printed);
});

test.each([
  ["", 'time: invalid duration ""'],
  ["1", 'time: missing unit in duration "1"'],
  ["1x", 'time: unknown unit "x" in duration "1x"'],
  ["s", 'time: invalid duration "s"'],
  ["9223372036854775808ns", 'time: invalid duration "9223372036854775808ns"'],
])("%s is refused: %s", (text, message) => {
  expect(() => parseDuration(text)).toThrow(new Error(message));
});

test("what is printed parses to the same duration", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (nanoseconds) => {
      expect(parseDuration(formatDuration(nanoseconds))).toBe(nanoseconds);
    }),
  );
});

test.each([
  [-2, "<invalid>"],
  [-1, "0s"],
  [0, "0s"],
  [119, "119s"],
  [120, "2m"],
  [599, "9m59s"],
  [600, "10m"],
  [179 * 60, "179m"],
  [180 * 60, "3h"],
  [181 * 60, "3h1m"],
  [8 * 3600, "8h"],
  [48 * 3600, "2d"],
  [49 * 3600, "2d1h"],
  [8 * 86400, "8d"],
  [729 * 86400, "729d"],
  [730 * 86400, "2y"],
  [731 * 86400, "2y1d"],
  [8 * 365 * 86400, "8y"],
])("an age of %d seconds is shown as %s", (seconds, shown) => {
  expect(humanDuration(seconds * 1000)).toBe(shown);
});
