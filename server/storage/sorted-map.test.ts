import fc from "fast-check";
import { expect, test } from "vitest";
import { SortedMap } from "./sorted-map.ts";

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const letter = fc.constantFrom("a", "b", "/", "é", "\uff5e", "\u{1f600}", "\u{10ffff}");
const key = fc.string({ unit: letter, maxLength: 4 });

test("behaves as a sorted object, whatever is done to it", () => {
  const operation = fc.record({ key, isDelete: fc.boolean() });
  fc.assert(
    fc.property(
      fc.array(operation, { maxLength: 60 }),
      key,
      fc.option(key),
      fc.nat(5),
      (operations, prefix, after, limit) => {
        const map = new SortedMap<number>();
        const model = new Map<string, number>();
        operations.forEach((step, n) => {
          if (step.isDelete) map.delete(step.key);
          else map.set(step.key, n);
          if (step.isDelete) model.delete(step.key);
          else model.set(step.key, n);
        });
        const keys = [...model.keys()]
          .sort(byBytes)
          .filter((k) => k.startsWith(prefix) && (after === null || byBytes(k, after) > 0));
        expect(map.size).toBe(model.size);
        expect(map.get(prefix)).toBe(model.get(prefix));
        expect(map.count(prefix, after ?? undefined)).toBe(keys.length);
        expect(map.values(prefix, after ?? undefined, limit)).toEqual(
          keys.slice(0, limit || undefined).map((k) => model.get(k)),
        );
      },
    ),
  );
});

test("splits and joins chunks over 20,000 keys", () => {
  const name = (n: number) => `/k/${String(n).padStart(6, "0")}`;
  const map = new SortedMap<number>();
  for (let n = 0; n < 20_000; n++) map.set(name((n * 7919) % 20_000), (n * 7919) % 20_000);
  expect(map.values("/k/")).toEqual(Array.from({ length: 20_000 }, (_, n) => n));
  expect(map.values("/k/", name(9_999), 3)).toEqual([10_000, 10_001, 10_002]);
  expect(map.count("/k/01")).toBe(10_000);
  const loaded = new SortedMap<number>();
  loaded.load(map.values("").map((n) => [name(n), n]));
  expect(loaded.count("/k/0000", name(49))).toBe(50);
  for (let n = 0; n < 20_000; n += 1) if (n % 1000) map.delete(name(n));
  expect(map.values("/k/")).toEqual(Array.from({ length: 20 }, (_, n) => n * 1000));
});
