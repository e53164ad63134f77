/**
 * Strings with a meaning of their own, as Go reads and prints them: quantities (apimachinery/pkg/api/resource),
 * durations (time.ParseDuration), base64. Every function takes the text of a JSON string and throws ScalarError.
 */

/** A value that Go's UnmarshalJSON of the type refuses; the message is Go's. */
export class ScalarError extends Error {}

const FORMAT_WRONG = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX_WRONG = "unable to parse quantity's suffix";
const NUMBER_WRONG = "unable to parse numeric part of quantity";

/** How a quantity is written: 12e6, 12Mi or 12M. */
export type QuantityFormat = "DecimalExponent" | "BinarySI" | "DecimalSI";

/** `mantissa × 10^exponent`, exactly. `text` is set when Go would print the text as it was sent. */
export interface QuantityParts {
  readonly mantissa: bigint;
  readonly exponent: number;
  readonly format: QuantityFormat;
  readonly text?: string;
}

const DECIMAL = new Map([
  ["n", -9],
  ["u", -6],
  ["m", -3],
  ["", 0],
  ["k", 3],
  ["M", 6],
  ["G", 9],
  ["T", 12],
  ["P", 15],
  ["E", 18],
] as const);
const BINARY = new Map([
  ["Ki", 10],
  ["Mi", 20],
  ["Gi", 30],
  ["Ti", 40],
  ["Pi", 50],
  ["Ei", 60],
] as const);
const DECIMAL_SUFFIX = new Map([...DECIMAL].map(([suffix, exponent]) => [exponent as number, suffix as string]));
const BINARY_SUFFIX = new Map([...BINARY].map(([suffix, exponent]) => [exponent as number, suffix as string]));
const MAX_INT64 = 2n ** 63n - 1n;

// Nearly all quantities: one to three digits and a suffix print as they are.
const SIMPLE = /^[1-9][0-9]{0,2}(?:[mkMGT]|[KMGTP]i)?$/;

/** The text Go prints for a quantity decoded from this text. @throws ScalarError */
export function canonicalQuantity(text: string): string {
  return SIMPLE.test(text) ? text : formatQuantity(parseQuantityParts(text));
}

/**
 * Quantities that were read before. A write of a Pod reads each of its amounts some ten times, and most Pods have the same
 * few. Bounded in number and length, since clients choose the texts.
 */
const known = new Map<string, QuantityParts>();
const MAX_KNOWN = 1024;
const MAX_KNOWN_LENGTH = 24;

/** Reads a quantity exactly. @throws ScalarError */
export function parseQuantityParts(sent: string): QuantityParts {
  let parts = known.get(sent);
  if (parts) return parts;
  parts = readQuantity(sent);
  if (sent.length > MAX_KNOWN_LENGTH) return parts;
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(sent, parts);
  return parts;
}

function readQuantity(sent: string): QuantityParts {
  const text = sent.trim();
  if (text === "") throw new ScalarError(FORMAT_WRONG);
  if (text === "0") return { mantissa: 0n, exponent: 0, format: "DecimalSI", text };
  const match = /^([+-]?)(0*)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*(?:[+-]?[0-9]*))$/.exec(text);
  if (!match) throw new ScalarError(FORMAT_WRONG);
  const [, sign = "", , digits = "", fraction = "", suffix = ""] = match;
  const whole = digits || "0";
  const { base, power, format } = interpretSuffix(suffix);
  const shifted = whole + fraction;
  // Go keeps the text when its fast path (an int64) applies and the text is canonical already.
  const binaryRoom = power >= 0 && !fraction ? 15 - whole.length - Math.trunc((power * 3) / 10) - 1 : -1;
  const room = base === 2 ? binaryRoom : 18 - shifted.length;
  const scale = base === 2 ? 0 : power - fraction.length;
  const canonical =
    base === 2
      ? power % 10 === 0 && (BigInt(whole) & 7n) !== 0n
      : scale % 3 === 0 && !shifted.endsWith("000") && shifted[0] !== "0";
  const fast = room >= 0 && scale >= -9;
  if (!/[0-9]/.test(text.slice(0, text.length - suffix.length)) && !fast) throw new ScalarError(NUMBER_WRONG);
  let mantissa = BigInt(shifted);
  let exponent = scale;
  let written = format;
  if (base === 2) {
    mantissa *= 2n ** BigInt(power);
    exponent = -fraction.length;
  }
  if (!fast) {
    ({ mantissa, exponent } = roundUp(mantissa, exponent, -9));
    if (base === 2) {
      const unit = 10n ** BigInt(-exponent);
      if (mantissa > MAX_INT64 * unit) ({ mantissa, exponent } = { mantissa: MAX_INT64, exponent: 0 });
      else if (mantissa > 0n && mantissa < unit) written = "DecimalSI";
    }
  }
  if (sign === "-") mantissa = -mantissa;
  return { mantissa, exponent, format: written, ...(fast && canonical && { text }) };
}

function interpretSuffix(suffix: string): { base: 2 | 10; power: number; format: QuantityFormat } {
  const decimal = DECIMAL.get(suffix as "m"); // a Map of literals wants a literal
  if (decimal !== undefined) return { base: 10, power: decimal, format: "DecimalSI" };
  const binary = BINARY.get(suffix as "Ki"); // as above
  if (binary !== undefined) return { base: 2, power: binary, format: "BinarySI" };
  if (!/^[eE][+-]?[0-9]+$/.test(suffix)) throw new ScalarError(SUFFIX_WRONG);
  const power = Number(suffix.slice(1));
  if (!Number.isSafeInteger(power)) throw new ScalarError(SUFFIX_WRONG);
  return { base: 10, power: power | 0, format: "DecimalExponent" };
}

/** Rounds away from zero to a multiple of 10^limit. */
export function roundUp(mantissa: bigint, exponent: number, limit: number): { mantissa: bigint; exponent: number } {
  if (mantissa === 0n || exponent >= limit) return { mantissa, exponent };
  const drop = limit - exponent;
  const negative = mantissa < 0n;
  const size = negative ? -mantissa : mantissa;
  // Far below the limit (1e-1000000) the power itself would be too long to compute.
  const rounded = drop > size.toString().length ? 1n : (size + 10n ** BigInt(drop) - 1n) / 10n ** BigInt(drop);
  return { mantissa: negative ? -rounded : rounded, exponent: limit };
}

/** Prints a quantity canonically: no fraction, the largest suffix that keeps it whole. */
export function formatQuantity({ mantissa, exponent, format, text }: QuantityParts): string {
  if (text !== undefined) return text;
  if (mantissa === 0n) return "0";
  if (format === "BinarySI" && exponent > -64 && exponent < 64) {
    const unit = exponent < 0 ? 10n ** BigInt(-exponent) : 1n;
    const scaled = exponent > 0 ? mantissa * 10n ** BigInt(exponent) : mantissa;
    const small = scaled > -1024n * unit && scaled < 1024n * unit;
    if (!small && scaled % unit === 0n) return formatBinary(scaled / unit);
  }
  return formatDecimal(mantissa, exponent, format === "DecimalExponent");
}

function formatBinary(whole: bigint): string {
  let value = whole;
  let power = 0;
  for (; value % 1024n === 0n; power += 10) value /= 1024n;
  return `${value}${power === 0 ? "" : (BINARY_SUFFIX.get(power) ?? "")}`;
}

function formatDecimal(mantissa: bigint, exponent: number, asExponent: boolean): string {
  // On text, because dividing by ten again and again is quadratic in the digits that a client may send.
  const all = mantissa.toString();
  let end = all.length;
  while (all[end - 1] === "0") end--;
  const zeros = exponent + all.length - end;
  const power = Math.floor(zeros / 3) * 3;
  // Beyond the table of suffixes Go prints none at all.
  const suffix = asExponent ? (power === 0 ? "" : `e${power}`) : (DECIMAL_SUFFIX.get(power) ?? "");
  return all.slice(0, end) + "0".repeat(zeros - power) + suffix;
}

/** Quotes as package time of Go does: whatever is not printable ASCII byte by byte. */
export function quoteBytes(text: string): string {
  const body = Buffer.from(text, "utf8")
    .toString("latin1")
    .replace(/["\\]|[^ -\x7f]/g, (char) =>
      /["\\]/.test(char) ? `\\${char}` : `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
    );
  return `"${body}"`;
}

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  "\u00b5s": 1_000n,
  "\u03bcs": 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** Nanoseconds of a Go duration such as "1h15m30.5s". @throws ScalarError */
export function parseGoDuration(text: string): bigint {
  const invalid = () => new ScalarError(`time: invalid duration ${quoteBytes(text)}`);
  const negative = text.startsWith("-");
  let rest = /^[+-]/.test(text) ? text.slice(1) : text;
  if (rest === "0") return 0n;
  if (rest === "") throw invalid();
  let total = 0n;
  while (rest !== "") {
    const number = /^([0-9]*)(?:\.([0-9]*))?/.exec(rest);
    const [matched = "", whole = "", fraction = ""] = number ?? [];
    if (whole === "" && fraction === "") throw invalid();
    rest = rest.slice(matched.length);
    const unit = /^[^0-9.]*/.exec(rest)?.[0] ?? "";
    if (unit === "") throw new ScalarError(`time: missing unit in duration ${quoteBytes(text)}`);
    const size = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
    if (size === undefined)
      throw new ScalarError(`time: unknown unit ${quoteBytes(unit)} in duration ${quoteBytes(text)}`);
    rest = rest.slice(unit.length);
    total += BigInt(whole || "0") * size;
    if (fraction) total += (BigInt(fraction) * size) / 10n ** BigInt(fraction.length);
    if (total > MAX_INT64 + (negative ? 1n : 0n)) throw invalid();
  }
  return negative ? -total : total;
}

/** Prints nanoseconds as Go's Duration.String does. */
export function formatGoDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return "0s";
  const sign = nanoseconds < 0n ? "-" : "";
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const decimal = (value: bigint, unit: bigint, digits: number) => {
    const fraction = (value % unit).toString().padStart(digits, "0").replace(/0+$/, "");
    return `${value / unit}${fraction ? `.${fraction}` : ""}`;
  };
  if (size < 1_000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return `${sign}${decimal(size, 1_000n, 3)}\u00b5s`;
  if (size < 1_000_000_000n) return `${sign}${decimal(size, 1_000_000n, 6)}ms`;
  const minutes = size / 60_000_000_000n;
  const seconds = `${decimal(size % 60_000_000_000n, 1_000_000_000n, 9)}s`;
  if (minutes === 0n) return sign + seconds;
  return minutes < 60n ? `${sign}${minutes}m${seconds}` : `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

/** The text Go prints for bytes decoded from this base64 text: line breaks dropped. @throws ScalarError */
export function canonicalBase64(text: string): string {
  if (text.length % 4 === 0 && /^[A-Za-z0-9+/]*$/.test(text)) return text;
  const kept = text.replace(/[\r\n]/g, "");
  const match = /^((?:[A-Za-z0-9+/]{4})*)([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.exec(kept);
  if (!match) throw new ScalarError(`illegal base64 data at input byte ${badBase64(text)}`);
  // Stray bits in the last group are not data: encode it anew.
  const tail = match[2] ? Buffer.from(match[2], "base64").toString("base64") : "";
  return (match[1] ?? "") + tail;
}

/** Where Go's decoder stops: encoding/base64 reports the first byte it cannot use, or the start of a short group. */
function badBase64(text: string): number {
  let inGroup = 0;
  let at = 0;
  const skipBreaks = () => {
    while (text[at] === "\n" || text[at] === "\r") at++;
  };
  for (;;) {
    skipBreaks();
    if (at >= text.length) return at - inGroup;
    const char = text[at] as string;
    if (/[A-Za-z0-9+/]/.test(char)) {
      at++;
      inGroup = (inGroup + 1) % 4;
      continue;
    }
    if (char !== "=" || inGroup < 2) return Buffer.byteLength(text.slice(0, at));
    at++;
    if (inGroup === 2) {
      skipBreaks();
      if (at >= text.length) return text.length;
      if (text[at] !== "=") return at;
      at++;
    }
    skipBreaks();
    return at;
  }
}
