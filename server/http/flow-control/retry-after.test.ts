import { expect, test } from "vitest";
import { RetryAfter } from "./retry-after.ts";

const T = 1_700_000_000;

test.each([
  { what: "one at a time stays at a second", perSecond: [1, 1, 1, 1, 1, 1], seconds: 1 },
  { what: "three in a second double it", perSecond: [3, 1], seconds: 2 },
  { what: "and again while they go on", perSecond: [6, 6, 6, 6], seconds: 4 },
  { what: "no more than half a minute", perSecond: Array.from({ length: 100 }, () => 200), seconds: 32 },
  {
    what: "it falls by a second where few are left",
    perSecond: [6, 6, 6, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    seconds: 3,
  },
])("$what", ({ perSecond, seconds }) => {
  const retryAfter = new RetryAfter();
  perSecond.forEach((count, second) => {
    for (let i = 0; i < count; i++) retryAfter.rejected(T + second);
  });
  expect(retryAfter.seconds).toBe(seconds);
});
