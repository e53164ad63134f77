import { free, member, type Overload } from "../overload.ts";
import {
  CelMap,
  checkedInt,
  checkedUint,
  compare,
  compareNumeric,
  Double,
  type Duration,
  equal,
  fail,
  fromJson,
  intOf,
  isList,
  isMap,
  isNumeric,
  lengthOf,
  mapEntries,
  mapGet,
  mapSize,
  NONE,
  Optional,
  type Timestamp,
  TypeValue,
  typeName,
  Uint,
  type Value,
} from "../values.ts";
import { formatDuration, formatTimestamp } from "./time.ts";

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
const conversion = (from: string, to: string): never => fail(`type conversion error from '${from}' to '${to}'`);

const KINDS = ["bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration"] as const;
const IDS: Record<string, string> = { int: "int64", uint: "uint64" };
const idOf = (kind: string) => IDS[kind] ?? kind;

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

/** As strconv.FormatFloat(…, 'g', -1, 64) prints it. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (Object.is(value, -0)) return "-0";
  const [digits = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

function parseDouble(text: string): Double {
  const body = text.replaceAll("_", "");
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(body)) {
    const value = Number(body);
    return Number.isFinite(value) ? new Double(value) : conversion("string", "double");
  }
  if (/^[+-]?(?:inf|infinity)$/i.test(body)) return new Double(body.startsWith("-") ? -Infinity : Infinity);
  return /^nan$/i.test(body) ? new Double(Number.NaN) : conversion("string", "double");
}
function parseInteger(text: string, bits: (value: bigint) => bigint, to: string): bigint {
  if (!(to === "int" ? /^[+-]?\d+$/ : /^\d+$/).test(text)) return conversion("string", to);
  const value = BigInt(text.replace(/^\+/, ""));
  return bits(value) === value ? value : conversion("string", to);
}
function fromDouble(value: number, low: number, high: number, message: string): bigint {
  return Number.isFinite(value) && value > low && value < high ? BigInt(Math.trunc(value)) : fail(message);
}
const BOOLEANS: Record<string, boolean> = {
  "1": true,
  t: true,
  T: true,
  true: true,
  TRUE: true,
  True: true,
  "0": false,
  f: false,
  F: false,
  false: false,
  FALSE: false,
  False: false,
};
const decode = (bytes: Uint8Array) => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return fail("invalid UTF-8 in bytes, cannot convert to string");
  }
};
const concat = (a: Uint8Array, b: Uint8Array) => Uint8Array.from([...a, ...b]);

/** `a[b]`. @throws CelError as upstream words it. */
export function index(container: Value, key: Value): Value {
  if (isList(container)) {
    const at = key instanceof Uint ? Number(key.value) : key instanceof Double ? key.value : Number(key);
    if (!isNumeric(key)) return fail(`unsupported index type '${typeName(key)}' in list`);
    if (!Number.isInteger(at)) return fail(`unsupported index value ${at} in list`);
    return at >= 0 && at < container.length ? fromJson(container[at]) : fail(`index out of bounds: ${at}`);
  }
  if (isMap(container)) {
    const found = mapGet(container, key);
    return found === undefined ? fail(`no such key: ${keyText(key)}`) : found;
  }
  return fail("no such overload");
}
export function keyText(key: Value): string {
  if (key instanceof Double) return formatDouble(key.value);
  return key instanceof Uint ? String(key.value) : String(key);
}
/** `a[?b]` and `a.?b`. */
export function optionalIndex(container: Value, key: Value): Optional {
  if (container instanceof Optional) return container.value === undefined ? NONE : optionalIndex(container.value, key);
  if (isList(container)) {
    const at = key instanceof Uint || key instanceof Double ? Number(key.value) : Number(key);
    return Number.isInteger(at) && at >= 0 && at < container.length ? new Optional(fromJson(container[at])) : NONE;
  }
  if (!isMap(container)) return fail("no such overload");
  const found = mapGet(container, key);
  return found === undefined ? NONE : new Optional(found);
}
function contains(element: Value, container: Value): boolean {
  if (isList(container)) return container.some((other) => equal(fromJson(other), element));
  return isMap(container) ? mapGet(container, element) !== undefined : fail("no such overload");
}
const isZero = (value: Value): boolean => {
  if (value === null || value === false || value === "") return true;
  if (isNumeric(value)) return compareNumeric(value, 0) === 0;
  if (isList(value) || value instanceof Uint8Array) return value.length === 0;
  return isMap(value) && mapSize(value) === 0;
};
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
  free("_[_]", "index_list", "list(A), int -> A", index),
  free("_[_]", "index_map", "map(A, B), A -> B", index),
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
  ...sizes,
  member("contains", "contains_string", "string, string -> bool", (text: string, part: string) => text.includes(part)),
  member("startsWith", "starts_with_string", "string, string -> bool", (text: string, part: string) =>
    text.startsWith(part),
  ),
  member("endsWith", "ends_with_string", "string, string -> bool", (text: string, part: string) => text.endsWith(part)),
  free("type", "type", "A -> type(A)", (value: Value) => new TypeValue(typeName(value))),
  free("dyn", "to_dyn", "A -> dyn", (value: Value) => value),
  ...(["bool", "int", "uint", "double", "string", "bytes"] as const).map((kind) =>
    free(kind, `${idOf(kind)}_to_${idOf(kind)}`, `${kind} -> ${kind}`, (value: Value) => value),
  ),
  free(
    "bool",
    "string_to_bool",
    "string -> bool",
    (text: string) => (Object.hasOwn(BOOLEANS, text) ? BOOLEANS[text] : undefined) ?? conversion("string", "bool"),
  ),
  free("bytes", "string_to_bytes", "string -> bytes", (text: string) => new TextEncoder().encode(text)),
  free("double", "int64_to_double", "int -> double", (value: Int) => new Double(Number(value))),
  free("double", "uint64_to_double", "uint -> double", (value: Uint) => new Double(Number(value.value))),
  free("double", "string_to_double", "string -> double", parseDouble),
  free("int", "uint64_to_int64", "uint -> int", (value: Uint) => checkedInt(value.value)),
  free("int", "double_to_int64", "double -> int", ({ value }: Double) =>
    intOf(fromDouble(value, -(2 ** 63), 2 ** 63, "integer overflow")),
  ),
  free("int", "string_to_int64", "string -> int", (text: string) =>
    intOf(parseInteger(text, (v) => BigInt.asIntN(64, v), "int")),
  ),
  free("int", "timestamp_to_int64", "timestamp -> int", ({ nanos }: Timestamp) =>
    intOf((nanos - (((nanos % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n)) / 1_000_000_000n),
  ),
  free("int", "duration_to_int64", "duration -> int", ({ nanos }: Duration) => intOf(nanos)),
  free("uint", "int64_to_uint64", "int -> uint", (value: Int) => checkedUint(BigInt(value))),
  free(
    "uint",
    "double_to_uint64",
    "double -> uint",
    ({ value }: Double) =>
      new Uint(value === 0 ? 0n : fromDouble(value, -Number.MIN_VALUE, 2 ** 64, "unsigned integer overflow")),
  ),
  free(
    "uint",
    "string_to_uint64",
    "string -> uint",
    (text: string) => new Uint(parseInteger(text, (v) => BigInt.asUintN(64, v), "uint")),
  ),
  free("string", "bool_to_string", "bool -> string", String),
  free("string", "bytes_to_string", "bytes -> string", decode),
  free("string", "double_to_string", "double -> string", ({ value }: Double) => formatDouble(value)),
  free("string", "int64_to_string", "int -> string", String),
  free("string", "uint64_to_string", "uint -> string", ({ value }: Uint) => String(value)),
  free("string", "timestamp_to_string", "timestamp -> string", formatTimestamp),
  free("string", "duration_to_string", "duration -> string", formatDuration),
  // Optional types. (cel-go/cel/library.go)
  free("optional.of", "optional_of", "A -> optional(A)", (value: Value) => new Optional(value)),
  free("optional.ofNonZeroValue", "optional_ofNonZeroValue", "A -> optional(A)", (value: Value) =>
    isZero(value) ? NONE : new Optional(value),
  ),
  free("optional.none", "optional_none", "-> optional(A)", () => NONE),
  member("value", "optional_value", "optional(A) -> A", ({ value }: Optional) =>
    value === undefined ? fail("optional.none() dereference") : value,
  ),
  member("hasValue", "optional_hasValue", "optional(A) -> bool", ({ value }: Optional) => value !== undefined),
  member("or", "optional_or_optional", "optional(A), optional(A) -> optional(A)", planned),
  member("orValue", "optional_orValue_value", "optional(A), A -> A", planned),
  free("_[?_]", "list_optindex_optional_int", "list(A), int -> optional(A)", optionalIndex),
  free("_[?_]", "optional_list_optindex_optional_int", "optional(list(A)), int -> optional(A)", optionalIndex),
  free("_[?_]", "map_optindex_optional_value", "map(A, B), A -> optional(B)", optionalIndex),
  free("_[?_]", "optional_map_optindex_optional_value", "optional(map(A, B)), A -> optional(B)", optionalIndex),
  free("_[_]", "optional_list_index_int", "optional(list(A)), int -> optional(A)", optionalIndex),
  free("_[_]", "optional_map_index_value", "optional(map(A, B)), A -> optional(B)", optionalIndex),
  free(
    "cel.@mapInsert",
    "cel_mapInsert_key_value",
    "map(A, B), A, B -> map(A, B)",
    (map: CelMap, key: Value, value: Value) => insert(map, [{ key, value }]),
  ),
  free("cel.@mapInsert", "cel_mapInsert_map", "map(A, B), map(A, B) -> map(A, B)", (map: CelMap, other: CelMap) =>
    insert(map, mapEntries(other)),
  ),
];

function insert(map: CelMap, entries: Iterable<{ key: Value; value: Value }>): CelMap {
  const grown = new CelMap();
  for (const { key, value } of map.entries()) grown.set(key, value);
  for (const { key, value } of entries) {
    if (grown.has(key)) return fail(`insert failed: key ${keyText(key)} already exists`);
    grown.set(key, value);
  }
  return grown;
}
