import { numberOf } from "./exact-json.ts";

/** Go's integers on the wire. */
export type IntegerType = "int32" | "int64";

/** Whether a JSON number is an integer of the type as encoding/json sees it: written without fraction or exponent. */
export function isInteger(text: string, type: IntegerType): boolean {
  if (!/^-?[0-9]+$/.test(text)) return false;
  const bits = type === "int32" ? 31n : 63n;
  const value = BigInt(text);
  return value >= -(2n ** bits) && value < 2n ** bits;
}

/** What a double beyond an int64 becomes on amd64, whatever its sign. */
const INDEFINITE = -(2n ** 63n);

/**
 * The integer that Go's conversion makes of a number that it knows as int64 or float64: what does not fit keeps its low
 * bits. (apimachinery/pkg/runtime/converter.go)
 * @returns undefined for a fraction
 */
export function wrappedInteger(text: string, type: IntegerType): number | bigint | undefined {
  const value = numberOf(text);
  if (typeof value === "number" && !Number.isInteger(value)) return undefined;
  const wide = BigInt(value);
  const exact = BigInt.asIntN(64, wide) === wide ? wide : INDEFINITE;
  return numberOf(String(type === "int32" ? BigInt.asIntN(32, exact) : exact));
}
