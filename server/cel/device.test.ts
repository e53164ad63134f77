import { expect, test } from "vitest";
import { checkDeviceSelector, compileDeviceSelector } from "./device.ts";

const gpu = {
  name: "gpu-0",
  attributes: {
    model: { string: "a100" },
    "other.example.com/cores": { int: 8 },
    healthy: { bool: true },
    driverVersion: { version: "1.10.0" },
  },
  capacity: { memory: { value: "40Gi" } },
};

test.each([
  ["device.driver == 'gpu.example.com'", true],
  ["device.attributes['gpu.example.com'].model == 'a100'", true],
  ["device.attributes['gpu.example.com'].model == 'h100'", false],
  ["device.attributes['other.example.com'].cores > 4", true],
  ["device.attributes['gpu.example.com'].healthy", true],
  ["device.attributes['gpu.example.com'].driverVersion.isGreaterThan(semver('1.9.0'))", true],
  ["device.capacity['gpu.example.com'].memory.compareTo(quantity('40Gi')) == 0", true],
  ["'memory' in device.capacity['nobody.example.com']", false],
])("%s is %j of the device", (expression, expected) => {
  expect(compileDeviceSelector(expression)("gpu.example.com", gpu)).toBe(expected);
});

test("what a device does not have fails the evaluation", () => {
  const matches = compileDeviceSelector("device.attributes['nobody.example.com'].model == 'x'");
  expect(() => matches("gpu.example.com", gpu)).toThrow("no such key: model");
});

test("an expression of another type is none", () => {
  expect(() => compileDeviceSelector("device.driver")).toThrow("must evaluate to bool");
  expect(checkDeviceSelector("true")).toBeUndefined();
  expect(checkDeviceSelector("device.attributes[true].a")).toContain("'(map(string, map(string, any)), bool)'");
});
