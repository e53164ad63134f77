import { expect, test } from "vitest";
import { parseUsageCurve } from "./usage-curve.ts";

test.each([
  { text: "200m", at: { 0: 0.2, 60000: 0.2 }, area: 12_000 },
  { text: "64Mi", at: { 0: 64 * 2 ** 20 }, area: 64 * 2 ** 20 * 60_000 },
  { text: "0s=0 1m=600m", at: { 0: 0, 30000: 0.3, 60000: 0.6, 90000: 0.6 }, area: 18_000 },
  { text: "10s=100m,20s=100m,20s=1,40s=0", at: { 0: 0.1, 20000: 1, 30000: 0.5, 50000: 0 }, area: 2_000 + 10_000 },
])("$text is a curve", ({ text, at, area }) => {
  const curve = parseUsageCurve(text);
  for (const [time, amount] of Object.entries(at)) expect(curve.at(Number(time))).toBeCloseTo(amount, 9);
  expect(curve.between(0, 60_000)).toBeCloseTo(area, 3);
  expect(curve.between(0, 17_000) + curve.between(17_000, 60_000)).toBeCloseTo(area, 3);
});

test.each(["", "lots", "-1", "1m=", "=1", "1m=1=2", "5s=1 2s=1", "0s=1 2"])("%j is none", (text) => {
  expect(() => parseUsageCurve(text)).toThrow();
});
