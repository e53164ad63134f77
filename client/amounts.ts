import { formatQuantity, parseQuantityParts, type QuantityParts } from "../openapi/scalars.ts";

/** Exact amounts by resource name; each remembers how it is written. */
export type Amounts = ReadonlyMap<string, QuantityParts>;

/** `value` units. */
export const amount = (value: number): QuantityParts => ({ mantissa: BigInt(value), exponent: 0, format: "DecimalSI" });

/** A whole number as the API writes bytes: `1073741824` is `1Gi`. */
export const binaryQuantity = (value: number): string =>
  formatQuantity({ mantissa: BigInt(value), exponent: 0, format: "BinarySI" });

/** Whole units, rounded up. */
export function wholeAmount(quantity: QuantityParts): QuantityParts {
  const { mantissa, exponent, format } = quantity;
  if (exponent >= 0) return quantity;
  const divisor = 10n ** BigInt(-exponent);
  const rounded = mantissa / divisor + (mantissa > 0n && mantissa % divisor !== 0n ? 1n : 0n);
  return { mantissa: rounded, exponent: 0, format };
}

export function amountsOf(list: Readonly<Record<string, string>> | undefined): Map<string, QuantityParts> {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantityParts(text)]));
}

/** As the API writes it. */
export function resourceListOf(amounts: Amounts): Record<string, string> {
  // Without its old text, an amount is written in the canonical way.
  return Object.fromEntries([...amounts].map(([name, { text: _, ...amount }]) => [name, formatQuantity(amount)]));
}

/** Below, at or above zero as `a` is below, at or above `b`. */
export function compareAmounts(a: QuantityParts, b: QuantityParts): number {
  const [left, right] = aligned(a, b);
  return left === right ? 0 : left < right ? -1 : 1;
}

/** The sum has the format of the first that is not zero. (resource.Quantity.Add) */
function sum(a: QuantityParts, b: QuantityParts): QuantityParts {
  const [left, right, exponent] = aligned(a, b);
  return { mantissa: left + right, exponent, format: a.mantissa === 0n ? b.format : a.format };
}

function aligned(a: QuantityParts, b: QuantityParts): [bigint, bigint, number] {
  const exponent = Math.min(a.exponent, b.exponent);
  const scaled = (one: QuantityParts) => one.mantissa * 10n ** BigInt(one.exponent - exponent);
  return [scaled(a), scaled(b), exponent];
}

export const addAmounts = (a: Amounts, b: Amounts): Map<string, QuantityParts> => merged(a, b, sum);

/** The larger amount of each resource. */
export const maxAmounts = (a: Amounts, b: Amounts): Map<string, QuantityParts> =>
  merged(a, b, (one, other) => (compareAmounts(other, one) > 0 ? other : one));

function merged(a: Amounts, b: Amounts, merge: (a: QuantityParts, b: QuantityParts) => QuantityParts) {
  const result = new Map(a);
  for (const [name, quantity] of b) {
    const known = result.get(name);
    result.set(name, known ? merge(known, quantity) : quantity);
  }
  return result;
}

export function sameAmounts(a: Amounts, b: Amounts): boolean {
  if (a.size !== b.size) return false;
  return [...a].every(([name, quantity]) => {
    const other = b.get(name);
    return other !== undefined && compareAmounts(quantity, other) === 0;
  });
}
