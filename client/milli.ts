import {
  formatQuantity,
  parseGoDuration,
  parseQuantityParts,
  type QuantityFormat,
  roundUp,
} from "../openapi/scalars.ts";

/** A quantity in thousandths, rounded up. (Quantity.MilliValue) */
export function milliValue(text: string): number {
  const { mantissa, exponent } = parseQuantityParts(text);
  if (exponent >= -3) return Number(mantissa * 10n ** BigInt(exponent + 3));
  return Number(roundUp(mantissa, exponent, -3).mantissa);
}

/** Thousandths as the API writes them. (resource.NewMilliQuantity) */
export function milliQuantity(value: number, format: QuantityFormat = "DecimalSI"): string {
  return formatQuantity({ mantissa: BigInt(value), exponent: -3, format });
}

/** A Go duration such as `1m30s` in milliseconds. */
export const durationMs = (text: string): number => Number(parseGoDuration(text)) / 1e6;
