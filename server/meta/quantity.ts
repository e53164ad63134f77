import {
  formatQuantity as formatParts,
  parseQuantityParts,
  type QuantityFormat,
  type QuantityParts,
} from "../../openapi/scalars.ts";

/** An exact amount: `mantissa` × 10^`exponent`, and how it is written. (apimachinery/pkg/api/resource) */
export type Quantity = QuantityParts;

const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);
/** More digits than upstream's fast form of quantities takes. */
const FIRST_BIG = 10n ** 18n;
/** Amounts whose exponents differ by more than this are never brought to one: no client may make us do it. */
const MAX_SHIFT = 1024;

/** @throws ScalarError in upstream's words */
export function parseQuantity(text: string): Quantity {
  return parseQuantityParts(text);
}

/** The canonical text: no fraction, the largest suffix that keeps the amount exact. */
export function formatQuantity(quantity: Quantity): string {
  return formatParts(quantity);
}

/** A whole number. */
export function quantityOf(value: bigint | number, format: QuantityFormat = "DecimalSI"): Quantity {
  return { mantissa: BigInt(value), exponent: 0, format };
}

/** Rounds away from zero to a multiple of 10^`scale`; forgets the text when something changes. */
export function roundUpQuantity(quantity: Quantity, scale: number): Quantity {
  if (quantity.exponent >= scale) return quantity;
  return { mantissa: divideUp(quantity.mantissa, scale - quantity.exponent), exponent: scale, format: quantity.format };
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

/** Below, at or above zero. */
export function quantitySign({ mantissa }: Quantity): -1 | 0 | 1 {
  return mantissa === 0n ? 0 : mantissa < 0n ? -1 : 1;
}

/** Negative, zero or positive as `a` is below, equal to or above `b`. */
export function compareQuantities(a: Quantity, b: Quantity): -1 | 0 | 1 {
  const sign = quantitySign(a);
  const other = quantitySign(b);
  if (sign !== other || sign === 0) return sign < other ? -1 : sign > other ? 1 : 0;
  if (Math.abs(a.exponent - b.exponent) > MAX_SHIFT) {
    // Too far apart to bring to one scale: the one with more digits before the point is larger in magnitude.
    const larger = magnitude(a) - magnitude(b);
    if (larger !== 0) return larger > 0 === sign > 0 ? 1 : -1;
  }
  const scale = Math.min(a.exponent, b.exponent);
  const [left, right] = [scaled(a, scale), scaled(b, scale)];
  return left === right ? 0 : left < right ? -1 : 1;
}

function magnitude({ mantissa, exponent }: Quantity): number {
  return (mantissa < 0n ? -mantissa : mantissa).toString().length + exponent;
}

/** The amount in units of 10^`scale`, which must not be above the amount's own scale. */
function scaled({ mantissa, exponent }: Quantity, scale: number): bigint {
  return exponent === scale ? mantissa : mantissa * 10n ** BigInt(exponent - scale);
}

/** Adds; a sum with zero takes the other's format. Amounts more than 1,024 digits apart give the larger one. */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  const format = a.mantissa === 0n ? b.format : a.format;
  if (b.mantissa === 0n) return { mantissa: a.mantissa, exponent: a.exponent, format };
  if (a.mantissa === 0n) return { mantissa: b.mantissa, exponent: b.exponent, format };
  if (Math.abs(a.exponent - b.exponent) > MAX_SHIFT) {
    const larger = magnitude(a) > magnitude(b) ? a : b;
    return { mantissa: larger.mantissa, exponent: larger.exponent, format };
  }
  const scale = Math.min(a.exponent, b.exponent);
  return { mantissa: scaled(a, scale) + scaled(b, scale), exponent: scale, format };
}

/** `a` minus `b`. */
export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  return addQuantities(a, negateQuantity(b));
}

export function negateQuantity({ mantissa, exponent, format }: Quantity): Quantity {
  return { mantissa: -mantissa, exponent, format };
}

/**
 * The amount in units of 10^`scale`, rounded away from zero. When it does not fit into an int64 it is 0 or, where
 * upstream keeps an amount of many digits as a big number, its lowest 64 bits.
 */
export function scaledValue(quantity: Quantity, scale: number): bigint {
  const { mantissa, exponent } = quantity;
  if (exponent - scale > MAX_SHIFT) return 0n;
  const value = exponent < scale ? divideUp(mantissa, scale - exponent) : scaled(quantity, scale);
  const isBig = mantissa >= FIRST_BIG || mantissa <= -FIRST_BIG;
  return int64(value) ?? (isBig ? BigInt.asIntN(64, value) : 0n);
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
  if (quantity.exponent > 19 && quantity.mantissa !== 0n) return undefined;
  if (quantity.exponent >= 0) return int64(scaled(quantity, 0));
  const rounded = roundUpQuantity(quantity, 0);
  return compareQuantities(rounded, quantity) === 0 ? int64(rounded.mantissa) : undefined;
}

/** The nearest floating point number. */
export function quantityAsFloat({ mantissa, exponent }: Quantity): number {
  return Number(`${mantissa}e${exponent}`);
}
