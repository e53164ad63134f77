import { expect, test } from "vitest";
import { nthRange } from "./machine-network.ts";

test.each([
  ["10.244.0.0/16", 0, "10.244.0.0/24"],
  ["10.244.0.0/16", 255, "10.244.255.0/24"],
  ["10.128.0.0/11", 256, "10.129.0.0/24"],
  ["192.168.7.0/24", 0, "192.168.7.0/24"],
])("of %s the %dth node has %s", (range, n, expected) => {
  expect(nthRange(range, n)).toBe(expected);
});

test.each([
  ["10.244.0.0/16", 256, "no room for 257 nodes"],
  ["10.244.0.0/25", 0, "take a /24 each"],
  ["fd00::/64", 0, "take a /24 each"],
])("%s has no range number %d: %s", (range, n, message) => {
  expect(() => nthRange(range, n)).toThrow(message);
});
