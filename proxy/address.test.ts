import { expect, test } from "vitest";
import { canonicalAddress, canonicalRange } from "./address.ts";
import { isInRange } from "./ranges.ts";

test.each([
  ["10.0.0.1", "10.0.0.1"],
  ["010.000.0.1", "10.0.0.1"],
  ["FD00:0:0::1", "fd00::1"],
  ["10.0.0.256", undefined],
  ["fe80::1%eth0", undefined],
  ["", undefined],
])("the address %s is written %s", (text, expected) => {
  expect(canonicalAddress(text)).toBe(expected);
});

test.each([
  [" 10.0.0.0/8", "10.0.0.0/8"],
  ["fd00::/64", "fd00::/64"],
  ["10.0.0.0/33", undefined],
  ["10.0.0.0", undefined],
])("the range %s is written %s", (text, expected) => {
  expect(canonicalRange(text)).toBe(expected);
});

test.each([
  ["10.1.2.3", "10.0.0.0/8", true],
  ["11.1.2.3", "10.0.0.0/8", false],
  ["fd00::7", "fd00::/64", true],
  ["10.1.2.3", "fd00::/64", false],
])("%s in %s: %s", (address, range, expected) => {
  expect(isInRange(address, range)).toBe(expected);
});
