import { expect, test } from "vitest";
import type { DeviceCapacity } from "../../openapi/api/resource.k8s.io.v1.ts";
import { consumedCapacity, hasCapacity } from "./capacity.ts";

const plain = { value: "40Gi" };
const ranged = {
  value: "40Gi",
  requestPolicy: { default: "1Gi", validRange: { min: "1Gi", max: "8Gi", step: "1Gi" } },
};
const listed = { value: "100", requestPolicy: { default: "10", validValues: ["10", "20", "50"] } };

test.each<[string, DeviceCapacity, string | undefined, string]>([
  ["all of it, when nothing is named", plain, undefined, "40Gi"],
  ["what is named", plain, "3Gi", "3Gi"],
  ["the default, when nothing is named", ranged, undefined, "1Gi"],
  ["no less than the least", ranged, "1Mi", "1Gi"],
  ["whole steps", ranged, "1500Mi", "2Gi"],
  ["a value of the list", listed, "11", "20"],
  ["what is above the list, which is refused then", listed, "60", "60"],
])("a share takes %s", (_, capacity, wanted, expected) => {
  expect(consumedCapacity(wanted === undefined ? {} : { memory: wanted }, { memory: capacity })).toEqual({
    memory: expected,
  });
});

test.each<[string, DeviceCapacity, string, number, boolean]>([
  ["fits while enough is left", plain, "10Gi", 30 * 2 ** 30, true],
  ["does not fit when others have it", plain, "10Gi", 31 * 2 ** 30, false],
  ["does not fit above the most", ranged, "9Gi", 0, false],
  ["does not fit above the list", listed, "60", 0, false],
])("a share %s", (_, capacity, wanted, inUse, expected) => {
  expect(hasCapacity({ memory: wanted }, { memory: capacity }, () => inUse)).toBe(expected);
});

test("a capacity that a device does not have is not to be had", () => {
  expect(hasCapacity({ bandwidth: "1" }, { memory: plain }, () => 0)).toBe(false);
});
