import { expect, test } from "vitest";
import { SeatDemand } from "./seat-demand.ts";
import { TimedRatio } from "./timed-ratio.ts";

test("each nanosecond counts in the bucket of the ratio that it had", () => {
  const ratio = new TimedRatio([0, 0.5, 1], 1000);
  ratio.setDenominator(4, 1000);
  ratio.set(1, 1001); // a millisecond at 0
  ratio.set(4, 1003); // two at a quarter
  ratio.set(6, 1004); // one at 1
  ratio.advance(1006); // two beyond
  expect(ratio.counts).toEqual([1e6, 2e6, 1e6]);
  expect([ratio.count, ratio.sum]).toEqual([6e6, 0.25 * 2e6 + 1e6 + 1.5 * 2e6]);
});

test("demand is smoothed when it falls, and not when it rises", () => {
  const demand = new SeatDemand(0);
  demand.set(10, 0);
  demand.settle(10);
  expect([demand.highWatermark, demand.average, demand.deviation, demand.smoothed]).toEqual([10, 10, 0, 10]);
  demand.set(0, 10);
  demand.settle(20);
  expect([demand.highWatermark, demand.average]).toEqual([10, 0]);
  expect(demand.smoothed).toBeCloseTo(9.77);
  demand.set(40, 20);
  demand.set(0, 25);
  demand.settle(30);
  expect([demand.highWatermark, demand.average, demand.deviation, demand.smoothed]).toEqual([40, 20, 20, 40]);
});
