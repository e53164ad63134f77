import { expect, test } from "vitest";
import { canonicalQuantity, formatGoDuration, parseGoDuration, parseQuantityParts } from "./scalars.ts";
import { canonicalMicroTime, canonicalTime } from "./time.ts";

// As a Go server prints them; what only node resources do (rounding up to milli) is not part of it.
test.each([
  ["1000m", "1"],
  ["0.5", "500m"],
  ["1E3", "1E3"],
  ["1000", "1k"],
  ["1024Ki", "1Mi"],
  ["1.5Gi", "1536Mi"],
  ["1000k", "1M"],
  ["1e-3", "1e-3"],
  ["9223372036854775808", "9223372036854775808"],
  ["8Ei", "9223372036854775807"],
  ["0.0", "0"],
  ["+1", "+1"],
  ["01", "01"],
  ["5.", "5."],
  ["0Mi", "0"],
  ["1234567.89", "1234567890m"],
  ["123e-1", "12300e-3"],
  ["0.1n", "1n"],
  ["-1.5", "-1500m"],
  ["0.5Ki", "512"],
  ["1e-1000000", "1e-9"],
])("the quantity %s is printed as %s", (sent, printed) => {
  expect(canonicalQuantity(sent)).toBe(printed);
});

test.each([
  ["", "quantities must match"],
  ["1gi", "quantities must match"],
  ["1.1.1", "quantities must match"],
  ["1e2Ki", "quantities must match"],
  ["1K", "unable to parse quantity's suffix"],
  ["1e", "unable to parse quantity's suffix"],
])("the quantity %j is refused", (sent, message) => {
  expect(() => canonicalQuantity(sent)).toThrow(message);
});

test.each([
  ["2026-02-29T00:00:00Z", 'parsing time "2026-02-29T00:00:00Z": day out of range'],
  ["2026-13-01T00:00:00Z", 'parsing time "2026-13-01T00:00:00Z": month out of range'],
  ["2026-01-01T24:00:00Z", 'parsing time "2026-01-01T24:00:00Z": hour out of range'],
  ["2026-01-01T00:00:00Zx", 'parsing time "2026-01-01T00:00:00Zx": extra text: "x"'],
  ["2026-01-02", 'parsing time "2026-01-02" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"'],
])("the time %s is refused", (sent, message) => {
  expect(() => canonicalTime(sent)).toThrow(expect.objectContaining({ message }));
});

test("micro times have six digits, in and out", () => {
  expect(canonicalMicroTime("2026-01-02T03:04:05.000001+01:00")).toBe("2026-01-02T02:04:05.000001Z");
  expect(() => canonicalMicroTime("2026-01-02T03:04:05Z")).toThrow('cannot parse "Z" as ".000000"');
});

test.each([
  ["1h", "1h0m0s"],
  ["90s", "1m30s"],
  ["1.5s", "1.5s"],
  ["-1500us", "-1.5ms"],
  ["0", "0s"],
])("the duration %s is printed as %s", (sent, printed) => {
  expect(formatGoDuration(parseGoDuration(sent))).toBe(printed);
});

test("a quantity is read alike the first time, again, and after many others", () => {
  const first = parseQuantityParts("1.5Gi");
  expect(first).toEqual({ mantissa: 16106127360n, exponent: -1, format: "BinarySI" });
  expect(parseQuantityParts("1.5Gi")).toEqual(first);
  for (let i = 0; i < 3000; i++) expect(parseQuantityParts(`${i}m`).mantissa).toBe(BigInt(i));
  expect(parseQuantityParts("1.5Gi")).toEqual(first);
  for (let twice = 0; twice < 2; twice++) expect(() => parseQuantityParts("1gi")).toThrow("quantities must match");
});
