import { expect, test } from "vitest";
import { allocate, boundsOf, type Wish } from "./concurrency.ts";

test.each([
  { what: "all", nominalConcurrencyShares: 100, bounds: { nominal: 600, min: 600, max: 1200 } },
  { what: "a part, rounded up", nominalConcurrencyShares: 5, bounds: { nominal: 30, min: 30, max: 630 } },
  {
    what: "what it lends",
    nominalConcurrencyShares: 5,
    lendablePercent: 33,
    bounds: { nominal: 30, min: 20, max: 630 },
  },
  {
    what: "what it borrows",
    nominalConcurrencyShares: 5,
    borrowingLimitPercent: 50,
    bounds: { nominal: 30, min: 30, max: 45 },
  },
  { what: "none", nominalConcurrencyShares: 0, bounds: { nominal: 0, min: 0, max: 600 } },
])("bounds: $what", ({ bounds, what: _, ...limited }) => {
  const spec = { type: "Limited", limited: { ...limited, limitResponse: { type: "Reject" } } };
  expect(boundsOf(spec, 100, 600)).toEqual(bounds);
});

const wish = (nominal: number, min: number, max: number, highWatermark: number, smoothed: number): Wish => ({
  bounds: { nominal, min, max },
  isExempt: false,
  highWatermark,
  smoothed,
});

test.each([
  { what: "nobody wants any: all alike", wishes: [wish(50, 25, 150, 0, 0), wish(50, 25, 150, 0, 0)], seats: [50, 50] },
  { what: "one lends to the other", wishes: [wish(50, 10, 150, 0, 0), wish(50, 10, 150, 90, 90)], seats: [10, 90] },
  { what: "no more than it may borrow", wishes: [wish(50, 10, 150, 0, 0), wish(50, 10, 60, 90, 90)], seats: [40, 60] },
  {
    what: "what one used of its own stays its own",
    wishes: [wish(50, 0, 150, 30, 5), wish(50, 0, 150, 99, 99)],
    seats: [30, 70],
  },
  {
    what: "exempt ones take first, from what is lent",
    wishes: [{ ...wish(0, 0, 100, 40, 40), isExempt: true }, wish(50, 25, 150, 50, 50), wish(50, 25, 150, 50, 50)],
    seats: [40, 30, 30],
  },
  {
    what: "exempt ones leave the others their least",
    wishes: [{ ...wish(0, 0, 100, 90, 90), isExempt: true }, wish(50, 25, 150, 50, 50), wish(50, 40, 150, 50, 50)],
    seats: [90, 25, 40],
  },
])("sharing: $what", ({ wishes, seats }) => {
  expect(allocate(wishes).seats).toEqual(seats);
});
