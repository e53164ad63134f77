import { expect, test } from "vitest";
import { bytesToFree, checkImageLimits, IMAGE_LIMITS, ImageGarbage } from "./garbage.ts";

const image = (id: string, pinned = false) => ({ id, sizeBytes: 3, pinned });
const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));
const images = [image("old"), image("used"), image("pinned", true), image("late")];
const idsOf = (list: readonly { id: string }[]) => list.map(({ id }) => id);

test.each([
  [16, undefined],
  [15, 5],
  [1, 19],
])("of a disk of 100 with %d free, images have to give %d", (freeBytes, bytes) => {
  expect(bytesToFree({ totalBytes: 100, freeBytes }, IMAGE_LIMITS)).toBe(bytes);
});

test("what was not used for longest goes first; what is in use or pinned never does", () => {
  const garbage = new ImageGarbage(IMAGE_LIMITS.minimumAgeMs);
  garbage.candidates(images, new Set(["late"]), at(0));
  expect(idsOf(garbage.candidates(images, new Set(["used"]), at(9)))).toEqual(["old", "late"]);
});

test("what has just been pulled stays, and what came back is new", () => {
  const garbage = new ImageGarbage(IMAGE_LIMITS.minimumAgeMs);
  expect(garbage.candidates(images, new Set(), at(0))).toEqual([]);
  expect(idsOf(garbage.candidates([image("late")], new Set(), at(9)))).toEqual(["late"]);
  expect(idsOf(garbage.candidates([image("old"), image("late")], new Set(), at(9)))).toEqual(["late"]);
});

test.each([
  [{ highThresholdPercent: 70 }, "LowThresholdPercent 80 can not be higher than HighThresholdPercent 70"],
  [{ highThresholdPercent: 101 }, "invalid HighThresholdPercent 101, must be in range [0-100]"],
])("limits %j are refused", (limits, message) => {
  expect(() => checkImageLimits({ ...IMAGE_LIMITS, ...limits })).toThrow(message);
});
