import { compare, compareNumeric, equal } from "../comparison.ts";
import { free, member, type Overload } from "../overload.ts";
import { fail, isMap, isNumeric, lengthOf, mapSize, type Value } from "../values.ts";
import { contains, indexOperators } from "./access.ts";
import { arithmeticOperators } from "./arithmetic.ts";
import { conversions, idOf } from "./conversions.ts";
import { optionalTypes } from "./optional.ts";

const KINDS = ["bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration"] as const;

function ordering(name: string, word: string, holds: (order: number) => boolean): Overload[] {
  const run = (a: Value, b: Value) => {
    if (isNumeric(a) && isNumeric(b)) {
      const order = compareNumeric(a, b);
      return order === undefined ? fail("NaN values cannot be ordered") : holds(order);
    }
    return holds(compare(a, b));
  };
  const numbers = ["int", "uint", "double"];
  return [
    ...KINDS.map((kind) => free(name, `${word}_${idOf(kind)}`, `${kind}, ${kind} -> bool`, run)),
    ...numbers.flatMap((a) =>
      numbers.filter((b) => a !== b).map((b) => free(name, `${word}_${idOf(a)}_${idOf(b)}`, `${a}, ${b} -> bool`, run)),
    ),
  ];
}

/** Logic is planned, not called; these lines declare it. */
const planned = () => fail("no such overload");
const size = (value: Value) =>
  typeof value === "string" ? lengthOf(value) : isMap(value) ? mapSize(value) : (value as Uint8Array).length;
const sizes = (["string", "bytes", "list(A)", "map(A, B)"] as const).flatMap((kind) => {
  const id = kind.replace(/\(.*/, "");
  return [free("size", `size_${id}`, `${kind} -> int`, size), member("size", `${id}_size`, `${kind} -> int`, size)];
});

/** Operators, sizes and conversions. (cel-go/common/stdlib/standard.go) */
export const standardLibrary: readonly Overload[] = [
  free("_?_:_", "conditional", "bool, A, A -> A", planned),
  free("_&&_", "logical_and", "bool, bool -> bool", planned),
  free("_||_", "logical_or", "bool, bool -> bool", planned),
  free("@not_strictly_false", "not_strictly_false", "bool -> bool", planned),
  free("!_", "logical_not", "bool -> bool", (value: boolean) => !value),
  free("_==_", "equals", "A, A -> bool", equal),
  free("_!=_", "not_equals", "A, A -> bool", (a: Value, b: Value) => !equal(a, b)),
  ...ordering("_<_", "less", (order) => order < 0),
  ...ordering("_<=_", "less_equals", (order) => order <= 0),
  ...ordering("_>_", "greater", (order) => order > 0),
  ...ordering("_>=_", "greater_equals", (order) => order >= 0),
  free("@in", "in_list", "A, list(A) -> bool", contains),
  free("@in", "in_map", "A, map(A, B) -> bool", contains),
  ...indexOperators,
  ...arithmeticOperators,
  ...sizes,
  member("contains", "contains_string", "string, string -> bool", (text: string, part: string) => text.includes(part)),
  member("startsWith", "starts_with_string", "string, string -> bool", (text: string, part: string) =>
    text.startsWith(part),
  ),
  member("endsWith", "ends_with_string", "string, string -> bool", (text: string, part: string) => text.endsWith(part)),
  ...conversions,
  ...optionalTypes,
];
