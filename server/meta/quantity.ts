/** How a quantity is written: `12M`, `12Mi` or `12e6`. It is remembered and used again when printed. */
export type QuantityFormat = "DecimalSI" | "BinarySI" | "DecimalExponent";

/** An exact amount: `unscaled` × 10^`scale`. `text` is set when the text parsed is to be printed again as it was. */
export interface Quantity {
  readonly unscaled: bigint;
  readonly scale: number;
  readonly format: QuantityFormat;
  readonly text?: string;
}

/** Thrown by parseQuantity, with upstream's words. */
export class QuantityError extends Error {}

const WRONG_FORMAT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
/** Sign, leading zeros, digits, fraction and suffix, read as leniently as upstream's scanner does. */
const SHAPE = /^([+-]?)(0*)([0-9]*)(?:(\.)([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/;
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
]);
const BINARY = new Map([
  ["Ki", 10],
  ["Mi", 20],
  ["Gi", 30],
  ["Ti", 40],
  ["Pi", 50],
  ["Ei", 60],
]);
const DECIMAL_SUFFIX = new Map([...DECIMAL].map(([suffix, exponent]) => [exponent, suffix]));
const BINARY_SUFFIX = new Map([...BINARY].map(([suffix, exponent]) => [exponent, suffix]));
const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);
const NANO = -9;
/** Amounts whose scales differ by more digits than this are never brought to one scale: no client may make us do it. */
const MAX_SHIFT = 1024;

interface Suffix {
  format: QuantityFormat;
  exponent: number;
}

function interpretSuffix(suffix: string): Suffix | undefined {
  const decimal = DECIMAL.get(suffix);
  if (decimal !== undefined) return { format: "DecimalSI", exponent: decimal };
  const binary = BINARY.get(suffix);
  if (binary !== undefined) return { format: "BinarySI", exponent: binary };
  if (!/^[eE][+-]?[0-9]+$/.test(suffix)) return undefined;
  const exponent = BigInt(suffix.slice(suffix[1] === "+" ? 2 : 1));
  if (exponent > MAX_INT64 || exponent < MIN_INT64) return undefined;
  return { format: "DecimalExponent", exponent: Number(BigInt.asIntN(32, exponent)) };
}

/**
 * Parses as upstream: exact, smaller than nano rounded up to it, binary amounts capped at 2^63-1.
 * Follows apimachinery/pkg/api/resource, which prints some texts as they came: those are the ones that its fast path
 * takes for canonical ("01", "+1", "1e3").
 *
 * @throws QuantityError
 */
export function parseQuantity(text: string): Quantity {
  if (text === "") throw new QuantityError(WRONG_FORMAT);
  const match = SHAPE.exec(text);
  if (!match) throw new QuantityError(WRONG_FORMAT);
  const [, sign, zeros = "", digits = "", point, fraction = ""] = match;
  // A text of nothing but a sign and zeros is zero before its suffix is looked at.
  if (!digits && !point && !match[6]) return { unscaled: 0n, scale: 0, format: "DecimalSI" };
  const suffix = interpretSuffix(match[6] ?? "");
  if (!suffix) throw new QuantityError("unable to parse quantity's suffix");
  const number = digits || "0";
  const { format } = suffix;
  const binary = format === "BinarySI";
  const unscaled = BigInt(number + fraction);
  const fast = fastPath(number, fraction, suffix, unscaled);
  const signed = sign === "-" ? -1n : 1n;
  if (fast) {
    const keeps = binary
      ? (unscaled & 7n) !== 0n
      : fast.scale % 3 === 0 && !`${number}${fraction}`.endsWith("000") && !number.startsWith("0");
    const quantity = { unscaled: signed * fast.unscaled, scale: fast.scale, format };
    return keeps ? { ...quantity, text } : quantity;
  }
  if (!zeros && !digits && !fraction) throw new QuantityError("unable to parse numeric part of quantity");
  return slowPath(unscaled, fraction.length, suffix, signed);
}

/** What upstream holds in an int64 with a scale; undefined when it would not fit. */
function fastPath(
  number: string,
  fraction: string,
  { format, exponent }: Suffix,
  unscaled: bigint,
): { unscaled: bigint; scale: number } | undefined {
  if (format !== "BinarySI") {
    const scale = exponent - fraction.length;
    return number.length + fraction.length <= 18 && scale >= NANO ? { unscaled, scale } : undefined;
  }
  // 2^10 has about three decimal digits.
  if (fraction || 15 - number.length - Math.trunc((exponent * 3) / 10) - 1 < 0) return undefined;
  const value = unscaled << BigInt(exponent);
  return value <= MAX_INT64 ? { unscaled: value, scale: 0 } : undefined;
}

function slowPath(digits: bigint, decimals: number, { format, exponent }: Suffix, sign: bigint): Quantity {
  if (digits === 0n) return { unscaled: 0n, scale: 0, format };
  const binary = format === "BinarySI";
  const exact = {
    unscaled: binary ? digits << BigInt(exponent) : digits,
    scale: (binary ? 0 : exponent) - decimals,
    format,
  };
  const rounded = roundUpQuantity(exact, NANO);
  if (!binary) return { ...rounded, unscaled: sign * rounded.unscaled };
  if (compareQuantities(rounded, quantityOf(MAX_INT64)) > 0) return { unscaled: sign * MAX_INT64, scale: 0, format };
  // Below one, decimals read better than a binary fraction would.
  const small = compareQuantities(rounded, quantityOf(1n)) < 0;
  return { ...rounded, unscaled: sign * rounded.unscaled, format: small ? "DecimalSI" : format };
}

/** A whole number. */
export function quantityOf(value: bigint | number, format: QuantityFormat = "DecimalSI"): Quantity {
  return { unscaled: BigInt(value), scale: 0, format };
}

/** `value` thousandths. */
export function milliQuantityOf(value: bigint | number, format: QuantityFormat = "DecimalSI"): Quantity {
  return { unscaled: BigInt(value), scale: -3, format };
}

/** Rounds away from zero to a multiple of 10^`scale`; forgets the text when something changes. */
export function roundUpQuantity(quantity: Quantity, scale: number): Quantity {
  if (quantity.scale >= scale) return quantity;
  return { unscaled: divideUp(quantity.unscaled, scale - quantity.scale), scale, format: quantity.format };
}

/** Divides by 10^`digits`, rounding away from zero. */
function divideUp(value: bigint, digits: number): bigint {
  if (value === 0n) return 0n;
  const away = value > 0n ? 1n : -1n;
  // More digits to drop than there are: what is left is less than one.
  if (digits > MAX_SHIFT && value.toString().length < digits) return away;
  const divisor = 10n ** BigInt(digits);
  return value / divisor + (value % divisor ? away : 0n);
}

/** The canonical text: no fraction, the largest suffix that keeps the amount exact. */
export function formatQuantity(quantity: Quantity): string {
  if (quantity.text !== undefined) return quantity.text;
  if (quantity.unscaled === 0n) return "0";
  if (quantity.format === "BinarySI") {
    const rounded = roundUpQuantity(quantity, 0);
    const exact = compareQuantities(rounded, quantity) === 0;
    const small =
      compareQuantities(quantity, quantityOf(1024)) < 0 && compareQuantities(quantity, quantityOf(-1024)) > 0;
    if (exact && !small) return formatBinary(scaled(rounded, 0));
  }
  return formatDecimal(quantity);
}

function formatBinary(value: bigint): string {
  let exponent = 0;
  let rest = value;
  while (rest % 1024n === 0n) {
    rest /= 1024n;
    exponent += 10;
  }
  return `${rest}${BINARY_SUFFIX.get(exponent) ?? ""}`;
}

function formatDecimal({ unscaled, scale, format }: Quantity): string {
  // On text, because dividing by ten again and again is quadratic in the digits that a client may send.
  const digits = unscaled.toString().replace(/0+$/, "");
  const factors = scale + unscaled.toString().length - digits.length;
  const exponent = Math.floor(factors / 3) * 3;
  const number = digits + "0".repeat(factors - exponent);
  if (format === "DecimalExponent") return exponent === 0 ? number : `${number}e${exponent}`;
  // Beyond "E" upstream prints no suffix at all.
  return `${number}${DECIMAL_SUFFIX.get(exponent) ?? ""}`;
}

/** Parses and prints. @throws QuantityError */
export function canonicalQuantity(text: string): string {
  return formatQuantity(parseQuantity(text));
}

/** Below, at or above zero. */
export function quantitySign({ unscaled }: Quantity): -1 | 0 | 1 {
  return unscaled === 0n ? 0 : unscaled < 0n ? -1 : 1;
}

/** Negative, zero or positive as `a` is below, equal to or above `b`. */
export function compareQuantities(a: Quantity, b: Quantity): -1 | 0 | 1 {
  const sign = quantitySign(a);
  const other = quantitySign(b);
  if (sign !== other || sign === 0) return sign < other ? -1 : sign > other ? 1 : 0;
  if (Math.abs(a.scale - b.scale) > MAX_SHIFT) {
    // Too far apart to bring to one scale: the one with more digits before the point is larger in magnitude.
    const larger = magnitude(a) - magnitude(b);
    if (larger !== 0) return larger > 0 === sign > 0 ? 1 : -1;
  }
  const scale = Math.min(a.scale, b.scale);
  const [left, right] = [scaled(a, scale), scaled(b, scale)];
  return left === right ? 0 : left < right ? -1 : 1;
}

function magnitude({ unscaled, scale }: Quantity): number {
  return (unscaled < 0n ? -unscaled : unscaled).toString().length + scale;
}

/** The amount in units of 10^`scale`, which must not be above the amount's own scale. */
function scaled({ unscaled, scale }: Quantity, to: number): bigint {
  return scale === to ? unscaled : unscaled * 10n ** BigInt(scale - to);
}

/** Adds; a sum with zero takes the other's format. Amounts more than 1,024 digits apart give the larger one. */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  const format = a.unscaled === 0n ? b.format : a.format;
  if (b.unscaled === 0n) return { unscaled: a.unscaled, scale: a.scale, format };
  if (a.unscaled === 0n) return { unscaled: b.unscaled, scale: b.scale, format };
  if (Math.abs(a.scale - b.scale) > MAX_SHIFT) {
    const larger = magnitude(a) > magnitude(b) ? a : b;
    return { unscaled: larger.unscaled, scale: larger.scale, format };
  }
  const scale = Math.min(a.scale, b.scale);
  return { unscaled: scaled(a, scale) + scaled(b, scale), scale, format };
}

/** `a` minus `b`. */
export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  return addQuantities(a, negateQuantity(b));
}

/** Times a whole number. */
export function multiplyQuantity({ unscaled, scale, format }: Quantity, factor: bigint | number): Quantity {
  return { unscaled: unscaled * BigInt(factor), scale, format };
}

export function negateQuantity({ unscaled, scale, format }: Quantity): Quantity {
  return { unscaled: -unscaled, scale, format };
}

/** The amount in units of 10^`scale`, rounded away from zero. 0 when it does not fit into an int64, as upstream. */
export function scaledValue(quantity: Quantity, scale: number): bigint {
  if (quantity.scale < scale) return int64(divideUp(quantity.unscaled, scale - quantity.scale)) ?? 0n;
  if (quantity.unscaled === 0n || quantity.scale - scale > 19) return 0n;
  return int64(scaled(quantity, scale)) ?? 0n;
}

function int64(value: bigint): bigint | undefined {
  return value <= MAX_INT64 && value >= MIN_INT64 ? value : undefined;
}

/** Whole units, rounded away from zero, as a number: exact below 2^53. */
export function quantityValue(quantity: Quantity): number {
  return Number(scaledValue(quantity, 0));
}

/** Thousandths, rounded away from zero, as a number: exact below 2^53. */
export function quantityMilliValue(quantity: Quantity): number {
  return Number(scaledValue(quantity, -3));
}

/** The amount when it is a whole number that fits into an int64. */
export function quantityAsInt64(quantity: Quantity): bigint | undefined {
  if (quantity.scale > 19 && quantity.unscaled !== 0n) return undefined;
  if (quantity.scale >= 0) return int64(scaled(quantity, 0));
  const rounded = roundUpQuantity(quantity, 0);
  return compareQuantities(rounded, quantity) === 0 ? int64(rounded.unscaled) : undefined;
}

/** The nearest floating point number. */
export function quantityAsFloat({ unscaled, scale }: Quantity): number {
  return Number(`${unscaled}e${scale}`);
}
