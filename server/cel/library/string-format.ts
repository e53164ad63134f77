import {
  CelError,
  Double,
  Duration,
  fail,
  fromJson,
  isInt,
  isList,
  isMap,
  mapEntries,
  Timestamp,
  TypeValue,
  typeName,
  Uint,
  type Value,
} from "../values.ts";
import { formatDuration, formatTimestamp } from "./time.ts";

/** `text.format(args)`: %s %d %f %e %b %x %X %o. (cel-go/ext/formatting.go) */
export function format(text: string, args: readonly unknown[]): string {
  let next = 0;
  let out = "";
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if (character !== "%") {
      out += character;
      continue;
    }
    if (text[at + 1] === "%") {
      out += "%";
      at++;
      continue;
    }
    if (next >= args.length) return fail(`index ${next} out of range`);
    if (at + 1 >= text.length) return fail("unexpected end of string");
    const precision = /^\.(\d*)/.exec(text.slice(at + 1));
    if (precision) at += precision[0].length;
    const verb = text[++at];
    if (precision && verb === undefined)
      return fail(
        "could not parse formatting clause: error while parsing precision: could not find end of precision specifier",
      );
    const write = VERBS[verb ?? ""];
    if (!write) return fail(`could not parse formatting clause: unrecognized formatting clause "${verb}"`);
    try {
      out += write(fromJson(args[next++]), precision ? Number(precision[1]) : 6);
    } catch (error) {
      if (error instanceof CelError) return fail(`error during formatting: ${error.message}`);
      throw error;
    }
  }
  return out;
}

const special = (value: number) => (Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
function float(value: Value, clause: string, write: (value: number) => string): string {
  if (!(value instanceof Double) && !isInt(value) && !(value instanceof Uint))
    return fail(`${clause} clause can only be used on doubles, was given ${typeName(value)}`);
  const number = isInt(value) ? Number(value) : Number(value.value);
  return Number.isFinite(number) ? write(number) : special(number);
}
/** Halves go to the even digit, as in Go; toFixed rounds them up. */
function fixed(number: number, precision: number): string {
  if (precision > 99) return fail(`precision ${precision} is too large`);
  const rest = Math.abs(number) < 1e21 ? number.toFixed(100) : "";
  const cut = rest.slice(0, rest.indexOf(".") + 1 + precision).replace(/\.$/, "");
  const isHalf = /^\.?50*$/.test(rest.slice(cut.length));
  return isHalf && /[02468]$/.test(cut) ? cut : number.toFixed(precision);
}
const whole = (value: Value): bigint | undefined =>
  isInt(value) ? BigInt(value) : value instanceof Uint ? value.value : undefined;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

function hexadecimal(value: Value): string {
  if (typeof value === "string") return hex(Buffer.from(value));
  if (value instanceof Uint8Array) return hex(value);
  return (
    whole(value) ??
    fail(`only integers, byte buffers, and strings can be formatted as hex, was given ${typeName(value)}`)
  ).toString(16);
}
function decimal(value: Value): string {
  if (value instanceof Double && !Number.isFinite(value.value)) return special(value.value);
  return String(whole(value) ?? fail(`decimal clause can only be used on integers, was given ${typeName(value)}`));
}
const exponent = (text: string) => text.replace(/e([+-])(\d)$/, "e$10$2");

const VERBS: Record<string, (value: Value, precision: number) => string> = {
  s: display,
  d: decimal,
  f: (value, precision) => float(value, "fixed-point", (number) => fixed(number, precision)),
  e: (value, precision) => float(value, "scientific", (number) => exponent(number.toExponential(precision))),
  b: (value) =>
    typeof value === "boolean"
      ? String(Number(value))
      : (
          whole(value) ?? fail(`only integers and bools can be formatted as binary, was given ${typeName(value)}`)
        ).toString(2),
  x: hexadecimal,
  X: (value) => hexadecimal(value).toUpperCase(),
  o: (value) =>
    (whole(value) ?? fail(`octal clause can only be used on integers, was given ${typeName(value)}`)).toString(8),
};

function display(value: Value): string {
  if (value === null) return "null";
  if (typeof value === "string" || typeof value === "boolean" || isInt(value)) return String(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Double) return Number.isFinite(value.value) ? String(value.value) : special(value.value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof TypeValue) return value.name;
  if (isList(value)) return `[${value.map((element) => display(fromJson(element))).join(", ")}]`;
  if (!isMap(value))
    return fail(
      `string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ${typeName(value)}`,
    );
  const pairs = [...mapEntries(value)].map(({ key, value: inner }) => [display(key), display(inner)]);
  return `{${pairs
    .sort(([a = ""], [b = ""]) => (a < b ? -1 : 1))
    .map(([key, inner]) => `${key}: ${inner}`)
    .join(", ")}}`;
}
