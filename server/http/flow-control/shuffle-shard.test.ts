import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { deal, flowHash } from "./shuffle-shard.ts";

test("a flow's hash is the first eight bytes of what its names make", () => {
  const bytes = createHash("sha256").update("schema").update(Buffer.of(0)).update("jane").digest();
  expect(flowHash("schema", "jane")).toBe(bytes.readBigUInt64LE(0));
});

test.each([
  { hash: 0n, deck: 64, size: 4, hand: [0, 1, 2, 3] },
  { hash: 63n, deck: 64, size: 2, hand: [63, 0] },
  { hash: 5n + 64n * 5n, deck: 64, size: 2, hand: [5, 6] },
  { hash: 5n + 64n * (4n + 63n * 3n), deck: 64, size: 3, hand: [5, 4, 3] },
  { hash: 12345n, deck: 1, size: 1, hand: [0] },
])("$hash deals $hand of $deck", ({ hash, deck, size, hand }) => {
  expect(deal(hash, deck, size)).toEqual(hand);
});

test("each card is drawn from those that are left", () => {
  for (let user = 0; user < 200; user++) {
    const hash = flowHash("s", `user-${user}`);
    const left = Array.from({ length: 64 }, (_, card) => card);
    let rest = hash;
    const drawn = Array.from({ length: 8 }, () => {
      const count = BigInt(left.length);
      const [card] = left.splice(Number(rest % count), 1);
      rest /= count;
      return card;
    });
    expect(deal(hash, 64, 8)).toEqual(drawn);
  }
});

test("every queue is dealt about as often as any other", () => {
  const dealt = Array.from({ length: 16 }, () => 0);
  for (let user = 0; user < 4000; user++) for (const card of deal(flowHash("s", `u${user}`), 16, 4)) dealt[card]!++;
  for (const count of dealt) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
