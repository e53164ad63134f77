import { free, type Overload } from "../overload.ts";
import {
  checkedInt,
  checkedUint,
  Double,
  type Duration,
  fail,
  intOf,
  type Timestamp,
  TypeValue,
  typeName,
  Uint,
  type Value,
} from "../values.ts";
import { formatDuration, formatTimestamp } from "./time.ts";

type Int = number | bigint;

const IDS: Record<string, string> = { int: "int64", uint: "uint64" };
/** What names of overloads call a type. */
export const idOf = (kind: string): string => IDS[kind] ?? kind;
const conversion = (from: string, to: string): never => fail(`type conversion error from '${from}' to '${to}'`);

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

/** From one type to another. @throws CelError where a value has no counterpart */
export const conversions: readonly Overload[] = [
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
];
