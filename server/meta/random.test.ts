import { expect, test } from "vitest";
import { generateName, randomUid } from "./random.ts";

test.each([
  [10, 15],
  [57, 62],
  [58, 63],
  [300, 63],
])("a prefix of %d gives a name of %d", (prefix, length) => {
  const name = generateName("x".repeat(prefix), Math.random);
  expect(name).toHaveLength(length);
  expect(name.slice(-5)).toMatch(/^[2456789bcdfghjklmnpqrstvwxz]{5}$/);
});

test("a uid is a version 4 UUID", () => {
  expect(randomUid(Math.random)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(randomUid(() => 0)).toBe("00000000-0000-4000-8000-000000000000");
});
