import { expect, test } from "vitest";
import { checkDeviceSelector, compileDeviceSelector, estimateDeviceSelector } from "./device.ts";

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

const TEN = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]";
const nested = (depth: number, inside: string): string =>
  depth === 0 ? inside : `${TEN}.all(x${depth}, ${nested(depth - 1, inside)})`;
const GPU = "device.attributes['dra.example.com']";
const CAPACITY = "device.capacity['dra.example.com']";

test.each([
  ["true", 0],
  ["device.attributes['no-such-domain'].noSuchAttr.isGreaterThan(quantity('0'))", 6],
  ["'no-such-domain' in device.attributes", 3],
  ["device.driver == ''", 2],
  ["device.driver == 'dra.example.com'", 4],
  [`${GPU}.name`, 4],
  [`${GPU}['name']`, 4],
  ["cel.bind(dra, device.attributes['dra.example.com'], dra.name)", 15],
  [`${GPU}.name > 0`, 5],
  [`${GPU}.name.isGreaterThan(semver('0.0.1'))`, 6],
  [`${GPU}.name.isGreaterThan(semver('v0.0.1', true)) && isSemver('v1.0.0', true)`, 7],
  [`${CAPACITY}.name.isGreaterThan(quantity('1Ki'))`, 6],
  [`'name' in ${CAPACITY} && ${CAPACITY}.name.isGreaterThan(quantity('1Ki'))`, 10],
  [`!('name' in ${CAPACITY}) || ${CAPACITY}.name.isGreaterThan(quantity('1Ki'))`, 11],
  [`${GPU}.a && ${GPU}.b && ${GPU}.c`, 12],
  ["device.attributes.exists_one(x, x == 'dra.example.com')", 164],
  [`${GPU}.exists_one(x, x == 'services')`, 133],
  [`${GPU}.services.split('example').size() >= 2`, 19],
  [`${GPU}.services.matches('[^a]?sym')`, 18],
  ["device.capacity.exists_one(x, x == 'dra.example.com')", 164],
  [`${CAPACITY}.exists_one(x, x == 'memory')`, 133],
  ["device.allowMultipleAllocations == true", 3],
  [nested(7, "int('1'.find('[0-9]*')) < 100"), 85555551],
])("%s costs at most %i", (expression, cost) => {
  expect(estimateDeviceSelector(expression)).toBe(cost);
});

test("an expression that may cost too much is forbidden", () => {
  const check = (depth: number) => checkDeviceSelector(nested(depth, "int('1'.find('[0-9]*')) < 100"));
  expect(check(5)).toBeUndefined();
  expect(check(6)).toEqual({ forbidden: "too complex, exceeds cost limit" });
});
