import {
  addQuantities,
  compareQuantities,
  parseQuantity,
  type Quantity,
  quantityAsFloat,
  quantityAsInt64,
  quantityOf,
  quantitySign,
  subtractQuantities,
} from "../../meta/quantity.ts";
import { free, member, type Overload } from "../overload.ts";
import { Double, fail, intOf, Opaque } from "../values.ts";

const TYPE = "kubernetes.Quantity";
// The type's own constructor put a Quantity there.
const of = ({ value }: Opaque) => value as Quantity;
const wrap = (quantity: Quantity) =>
  new Opaque(TYPE, quantity, (other) => compareQuantities(quantity, other as Quantity) === 0);
function read(text: string): Quantity | string {
  try {
    return parseQuantity(text);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
/** @throws CelError */
export function quantityValue(text: string): Opaque {
  const quantity = read(text);
  return typeof quantity === "string" ? fail(quantity) : wrap(quantity);
}
const pair = (name: string, id: string, operate: (a: Quantity, b: Quantity) => Quantity) => [
  member(name, `quantity_${id}`, `${TYPE}, ${TYPE} -> ${TYPE}`, (a: Opaque, b: Opaque) => wrap(operate(of(a), of(b)))),
  member(name, `quantity_${id}_int`, `${TYPE}, int -> ${TYPE}`, (a: Opaque, b: number | bigint) =>
    wrap(operate(of(a), quantityOf(b))),
  ),
];

/** Quantities. (apiserver/pkg/cel/library/quantity.go) */
export const quantityLibrary: readonly Overload[] = [
  free("quantity", "string_to_quantity", `string -> ${TYPE}`, quantityValue),
  free("isQuantity", "is_quantity_string", "string -> bool", (text: string) => typeof read(text) !== "string"),
  // Upstream declares sign as a free function, though its documentation calls it on the quantity.
  free("sign", "quantity_sign", `${TYPE} -> int`, (value: Opaque) => quantitySign(of(value))),
  member(
    "isGreaterThan",
    "quantity_is_greater_than",
    `${TYPE}, ${TYPE} -> bool`,
    (a: Opaque, b: Opaque) => compareQuantities(of(a), of(b)) > 0,
  ),
  member(
    "isLessThan",
    "quantity_is_less_than",
    `${TYPE}, ${TYPE} -> bool`,
    (a: Opaque, b: Opaque) => compareQuantities(of(a), of(b)) < 0,
  ),
  member("compareTo", "quantity_compare_to", `${TYPE}, ${TYPE} -> int`, (a: Opaque, b: Opaque) =>
    compareQuantities(of(a), of(b)),
  ),
  member(
    "asApproximateFloat",
    "quantity_get_float",
    `${TYPE} -> double`,
    (value: Opaque) => new Double(quantityAsFloat(of(value))),
  ),
  member("asInteger", "quantity_get_int", `${TYPE} -> int`, (value: Opaque) =>
    intOf(quantityAsInt64(of(value)) ?? fail("cannot convert value to integer")),
  ),
  member(
    "isInteger",
    "quantity_is_integer",
    `${TYPE} -> bool`,
    (value: Opaque) => quantityAsInt64(of(value)) !== undefined,
  ),
  ...pair("add", "add", addQuantities),
  ...pair("sub", "sub", subtractQuantities),
];
