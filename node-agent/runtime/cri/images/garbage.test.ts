import { expect, test } from "vitest";
import { ImageGarbage } from "./garbage.ts";

const image = (id: string, sizeBytes = 3, pinned = false) => ({ id, sizeBytes, pinned });
const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));
const disk = (freeBytes: number) => ({ totalBytes: 100, freeBytes });
const images = [image("old"), image("used"), image("pinned", 3, true), image("late")];

test("a disk with room loses no image", () => {
  const garbage = new ImageGarbage();
  garbage.judge(images, new Set(), disk(16), at(0));
  expect(garbage.judge(images, new Set(), disk(16), at(9))).toEqual([]);
});

test("a full disk loses what was not used for longest, and no more than needed", () => {
  const garbage = new ImageGarbage();
  garbage.judge(images, new Set(["late"]), disk(50), at(0));
  const inUse = new Set(["used"]);
  expect(garbage.judge(images, inUse, disk(15), at(9))).toEqual(["old", "late"]);
  expect(garbage.judge([image("old", 9), image("late")], inUse, disk(15), at(9))).toEqual(["old"]);
});

test("what has just been pulled stays", () => {
  const garbage = new ImageGarbage();
  expect(garbage.judge(images, new Set(), disk(1), at(0))).toEqual([]);
});
