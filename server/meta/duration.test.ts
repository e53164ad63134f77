import { expect, test } from "vitest";
import { durationMilliseconds, humanDuration } from "./duration.ts";

test("a Go duration has milliseconds", () => {
  expect(durationMilliseconds("1m0.5s")).toBe(60_500);
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
