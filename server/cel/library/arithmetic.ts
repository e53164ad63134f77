import { free, type Overload } from "../overload.ts";
import { checkedInt, checkedUint, Double, fail, type Uint, type Value } from "../values.ts";

type Int = number | bigint;

/** Exact while small, which is nearly always; else in 64 bits with a check. */
const arithmetic =
  (small: (a: number, b: number) => number, big: (a: bigint, b: bigint) => bigint) => (a: Int, b: Int) => {
    if (typeof a === "number" && typeof b === "number") {
      const result = small(a, b);
      if (Number.isSafeInteger(result)) return result;
    }
    return checkedInt(big(BigInt(a), BigInt(b)));
  };
const uints = (operate: (a: bigint, b: bigint) => bigint) => (a: Uint, b: Uint) =>
  checkedUint(operate(a.value, b.value));
const doubles = (operate: (a: number, b: number) => number) => (a: Double, b: Double) =>
  new Double(operate(a.value, b.value));
const divide = (a: bigint, b: bigint) => (b === 0n ? fail("division by zero") : a / b);
const modulo = (a: bigint, b: bigint) => (b === 0n ? fail("modulus by zero") : a % b);
const concat = (a: Uint8Array, b: Uint8Array) => Uint8Array.from([...a, ...b]);

/** `+ - * / %` and the sign. @throws CelError on overflow and division by zero */
export const arithmeticOperators: readonly Overload[] = [
  free(
    "_+_",
    "add_int64",
    "int, int -> int",
    arithmetic(
      (a, b) => a + b,
      (a, b) => a + b,
    ),
  ),
  free(
    "_+_",
    "add_uint64",
    "uint, uint -> uint",
    uints((a, b) => a + b),
  ),
  free(
    "_+_",
    "add_double",
    "double, double -> double",
    doubles((a, b) => a + b),
  ),
  free("_+_", "add_string", "string, string -> string", (a: string, b: string) => a + b),
  free("_+_", "add_bytes", "bytes, bytes -> bytes", concat),
  free("_+_", "add_list", "list(A), list(A) -> list(A)", (a: Value[], b: Value[]) => [...a, ...b]),
  free(
    "_-_",
    "subtract_int64",
    "int, int -> int",
    arithmetic(
      (a, b) => a - b,
      (a, b) => a - b,
    ),
  ),
  free(
    "_-_",
    "subtract_uint64",
    "uint, uint -> uint",
    uints((a, b) => a - b),
  ),
  free(
    "_-_",
    "subtract_double",
    "double, double -> double",
    doubles((a, b) => a - b),
  ),
  free(
    "_*_",
    "multiply_int64",
    "int, int -> int",
    arithmetic(
      (a, b) => a * b + 0,
      (a, b) => a * b,
    ),
  ),
  free(
    "_*_",
    "multiply_uint64",
    "uint, uint -> uint",
    uints((a, b) => a * b),
  ),
  free(
    "_*_",
    "multiply_double",
    "double, double -> double",
    doubles((a, b) => a * b),
  ),
  free("_/_", "divide_int64", "int, int -> int", (a: Int, b: Int) => checkedInt(divide(BigInt(a), BigInt(b)))),
  free("_/_", "divide_uint64", "uint, uint -> uint", uints(divide)),
  free(
    "_/_",
    "divide_double",
    "double, double -> double",
    doubles((a, b) => a / b),
  ),
  free("_%_", "modulo_int64", "int, int -> int", (a: Int, b: Int) =>
    BigInt(a) === -(2n ** 63n) && BigInt(b) === -1n
      ? fail("integer overflow")
      : checkedInt(modulo(BigInt(a), BigInt(b))),
  ),
  free("_%_", "modulo_uint64", "uint, uint -> uint", uints(modulo)),
  free("-_", "negate_int64", "int -> int", (a: Int) => (a === 0 ? 0 : checkedInt(-BigInt(a)))),
  free("-_", "negate_double", "double -> double", (a: Double) => new Double(-a.value)),
];
