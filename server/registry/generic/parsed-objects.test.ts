import { expect, test } from "vitest";
import { ParsedObjects } from "./parsed-objects.ts";

/** Adds objects of a size named one after the other; "a!" says that a is asked for. @returns those still kept */
function kept(most: number, steps: readonly (readonly [name: string, size: number] | string)[]): string[] {
  const objects = new ParsedObjects(most);
  const known = new Map<string, { isWanted: boolean; size: number; forget(): void }>();
  for (const step of steps) {
    if (typeof step === "string") {
      const wanted = known.get(step.slice(0, -1));
      if (wanted) wanted.isWanted = true;
      continue;
    }
    const [name, size] = step;
    const parsed = { isWanted: false, size, forget: () => void known.delete(name) };
    known.set(name, parsed);
    objects.add(parsed);
  }
  return [...known.keys()];
}

test.each([
  [
    "all that there is room for",
    [
      ["a", 4],
      ["b", 4],
    ],
    ["a", "b"],
  ],
  [
    "the newest of those there is no room for",
    [
      ["a", 4],
      ["b", 4],
      ["c", 4],
    ],
    ["b", "c"],
  ],
  ["those that were asked for", [["a", 4], ["b", 4], "a!", ["c", 4]], ["a", "c"]],
  ["nothing for long that was asked for once", [["a", 4], ["b", 4], "a!", ["c", 4], ["d", 4]], ["d", "a"].sort()],
  ["the newest, though all were asked for", [["a", 4], ["b", 4], "a!", "b!", ["c", 4]], ["a", "b"]],
  ["one that is too large, until the next", [["a", 40]], ["a"]],
  [
    "not one that is too large beside the next",
    [
      ["a", 40],
      ["b", 4],
    ],
    ["b"],
  ],
] as const)("keeps %s", (_what, steps, expected) => {
  expect(kept(10, steps).sort()).toEqual(expected);
});
