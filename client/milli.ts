import {
  formatGoDuration,
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

/** Billionths as the API writes them. (resource.NewScaledQuantity with resource.Nano) */
export const nanoQuantity = (value: number): string =>
  formatQuantity({ mantissa: BigInt(value), exponent: -9, format: "DecimalSI" });

/** Bytes as the API writes them. (resource.NewQuantity with resource.BinarySI) */
export const bytesQuantity = (value: number): string =>
  formatQuantity({ mantissa: BigInt(value), exponent: 0, format: "BinarySI" });

/** Milliseconds as Go prints a duration. */
export const durationText = (milliseconds: number): string => formatGoDuration(BigInt(Math.round(milliseconds * 1e6)));

/** A Go duration such as `1m30s` in milliseconds. */
export const durationMs = (text: string): number => Number(parseGoDuration(text)) / 1e6;
