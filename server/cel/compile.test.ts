import { expect, test } from "vitest";
import { compile } from "./compile.ts";
import { DYN, INT, listOf, objectOf, STRING } from "./types.ts";

const variables = {
  self: objectOf("object", new Map([["name", { key: "name", type: STRING }]])),
  any: DYN,
  numbers: listOf(INT),
};

test.each([
  ["self.nosuch == 'x'", 5, "undefined field 'nosuch'"],
  ["1 + 'a' == 2", 3, "found no matching overload for '_+_' applied to '(int, string)'"],
  ["nope == 1", 1, "undeclared reference to 'nope' (in container '')"],
  ["cel.bind(x, 1, x)", 1, "undeclared reference to 'cel' (in container '')"],
  ["self.name.reverse()", 18, "found no matching overload for 'reverse' applied to 'string.()'"],
  ["self.name.startsWith(1)", 21, "found no matching overload for 'startsWith' applied to 'string.(int)'"],
  ["[1, 'a'].size() == 2", 5, "expected type 'int' but found 'string'"],
  [
    "self.name.all(x, true)",
    5,
    "expression of type 'string' cannot be range of a comprehension (must be list, map, or dynamic)",
  ],
  ["self.name.x", 10, "type 'string' does not support field selection"],
  ["'a'.matches('a(?=b)')", 13, "invalid matches argument"],
  ["duration('1x')", 10, "invalid duration argument"],
  [
    "1 +",
    4,
    "Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
  ],
  [
    "any.nope(",
    10,
    "Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', ')', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
  ],
  ["for == 1", 1, "reserved identifier: for"],
])("%s is refused at column %i", (expression, column, message) => {
  const program = compile(expression, { variables });
  const mark = `${".".repeat(column - 1)}^`;
  expect(program.ok ? "" : program.message.split("\nERROR")[0]).toBe(
    `ERROR: <input>:1:${column}: ${message}\n | ${expression}\n | ${mark}`,
  );
});

const operand =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";
test.each([
  ["self.in", ["6: no viable alternative at input '.in'", `8: mismatched input '<EOF>' expecting ${operand}`]],
  ["self.in > 1", ["6: no viable alternative at input '.in'", `9: extraneous input '>' expecting ${operand}`]],
  ["self.a.in()", ["8: no viable alternative at input '.in'", `11: mismatched input ')' expecting ${operand}`]],
  ["in", [`1: mismatched input 'in' expecting ${operand}`, `3: mismatched input '<EOF>' expecting ${operand}`]],
  ["1 && && 2", [`6: extraneous input '&&' expecting ${operand}`]],
  ["1 + + + 2", [`5: mismatched input '+' expecting ${operand}`, `7: extraneous input '+' expecting ${operand}`]],
  ["(1 + ) + 2", [`6: mismatched input ')' expecting ${operand}`]],
  ["-)", ["2: no viable alternative at input '-)'", `2: mismatched input ')' expecting ${operand}`]],
  ["!)", [`2: extraneous input ')' expecting ${operand}`]],
  ["? 1 : 2", [`1: extraneous input '?' expecting ${operand}`, "5: mismatched input ':' expecting <EOF>"]],
  ["self.true", ["6: mismatched input 'true' expecting IDENTIFIER"]],
  ["f(1,)", [`5: mismatched input ')' expecting ${operand}`]],
  ["f(1 2)", ["5: extraneous input '2' expecting ')'"]],
  ["[1,", ["4: missing ']' at '<EOF>'"]],
  ["[1 2]", ["4: extraneous input '2' expecting {']', ','}"]],
  ["{1 2}", ["4: missing ':' at '2'"]],
  ["any.x{a:1", ["10: mismatched input '<EOF>' expecting {'}', ','}"]],
  ["any[", [`5: mismatched input '<EOF>' expecting ${operand.replace("'!', ", "'!', '?', ")}`]],
])("all that is wrong with %s is told", (expression, wanted) => {
  const program = compile(expression, { variables });
  const told = program.ok ? [] : program.errors.map(({ at, message }) => `${at + 1}: ${message}`);
  expect(told).toEqual(wanted.map((line) => line.replace(": ", ": Syntax error: ")));
});

test("a lone comma is an empty list", () => {
  const program = compile("[,].size() == 0", { variables });
  expect(program.ok && program.evaluate({})).toMatchObject({ ok: true, value: true });
});

test("a function without a fitting form is told of even where its target is unknown", () => {
  const program = compile("nope.startsWith(1)", { variables });
  expect(program.ok ? "" : program.message.split("\n").filter((line) => line.startsWith("ERROR"))).toEqual([
    "ERROR: <input>:1:1: undeclared reference to 'nope' (in container '')",
    "ERROR: <input>:1:16: found no matching overload for 'startsWith' applied to '!error!.(int)'",
  ]);
});

test.each([
  ["9223372036854775807 + numbers[0] > 0", "integer overflow"],
  ["1 / (numbers[0] - 1)", "division by zero"],
  ["any.nope", "no such key: nope"],
  ["numbers[7]", "index out of bounds: 7"],
  ["any.a + 'x'", "no such overload"],
  ["quantity('1.5').asInteger()", "cannot convert value to integer"],
  ["int('x')", "type conversion error from 'string' to 'int'"],
  ["optional.none().value() == 1", "optional.none() dereference"],
])("%s fails with %s", (expression, message) => {
  const program = compile(expression, { variables });
  if (!program.ok) throw new Error(program.message);
  expect(program.evaluate({ self: { name: "x" }, any: { a: 1 }, numbers: [1, 2] })).toMatchObject({
    ok: false,
    message,
  });
});

test.each([
  ["format.dns1123Label().validate(self.name) == null", false],
  ["format.dns1123Label().validate('-') == null", false],
  ["optional.none() == null", false],
  ["url('/a') == null", false],
])("a value of a library may be compared with null: %s is %s", (expression, expected) => {
  const program = compile(expression, { variables });
  if (!program.ok) throw new Error(program.message);
  expect(program.evaluate({ self: { name: "x" }, any: {}, numbers: [] })).toMatchObject({ ok: true, value: expected });
});

test.each([
  ["self.name", 2],
  ["has(self.name)", 1],
  ["self.name == 'x'", 3],
  ["numbers.all(n, n > 0)", 1 + 2 * (1 + 1 + 1 + 2) + 1],
  ["self.name in ['a', 'b']", 2],
  ["[self.name].size()", 2 + 10 + 1],
])("%s costs %i", (expression, cost) => {
  const program = compile(expression, { variables });
  if (!program.ok) throw new Error(program.message);
  expect(program.evaluate({ self: { name: "x" }, any: {}, numbers: [1, 2] })).toMatchObject({ ok: true, cost });
});

test("an evaluation that costs too much is cancelled, and no || hides it", () => {
  const program = compile("numbers.all(a, numbers.all(b, numbers.all(c, a + b + c >= 0))) || true", { variables });
  if (!program.ok) throw new Error(program.message);
  const numbers = Array.from({ length: 100 }, (_, index) => index);
  expect(program.evaluate({ numbers })).toMatchObject({
    ok: false,
    limited: true,
    message: "operation cancelled: actual cost limit exceeded",
  });
});
