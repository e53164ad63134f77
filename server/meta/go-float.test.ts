import { expect, test } from "vitest";
import { goFloat } from "./go-float.ts";
import { goValue } from "./go-value.ts";

test.each([
  [0, "0"],
  [1.5, "1.5"],
  [-999999.5, "-999999.5"],
  [1000000.5, "1.0000005e+06"],
  [-6e20, "-6e+20"],
  [12345678901234567000, "1.2345678901234567e+19"],
  [1e300, "1e+300"],
  [0.0001, "0.0001"],
  [3e-7, "3e-07"],
])("Go prints the float %d as %s", (value, text) => {
  expect(goFloat(value)).toBe(text);
});

test.each([
  [1234567, "1234567"],
  [1234567.5, "1.2345675e+06"],
  [2 ** 63, "9.223372036854776e+18"],
  [{ b: [0.5, null], a: true }, "map[a:true b:[0.5 <nil>]]"],
])("Go prints what JSON decodes to: %j as %s", (value, text) => {
  expect(goValue(value)).toBe(text);
});
