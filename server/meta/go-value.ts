import { goFloat } from "./go-float.ts";
import { isMembers } from "./members.ts";

/** Prints a JSON value as Go's `%v` prints the decoded one: `map[a:1 b:[x y]]`, keys sorted, null as `<nil>`. */
export function goValue(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goValue).join(" ")}]`;
  if (isMembers(value)) {
    const keys = Object.keys(value).sort();
    return `map[${keys.map((key) => `${key}:${goValue(value[key])}`).join(" ")}]`;
  }
  return typeof value === "number" && !isInt64(value) ? goFloat(value) : String(value);
}

/** Whether Go would hold a number as an int64. */
function isInt64(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) < 2 ** 63;
}

/** The Go type that a JSON value is decoded to, as `%s` of reflect.TypeOf prints it. */
export function goType(value: unknown): string {
  if (value === null || value === undefined) return "%!s(<nil>)";
  if (Array.isArray(value)) return "[]interface {}";
  if (isMembers(value)) return "map[string]interface {}";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "int64";
  if (typeof value === "number") return isInt64(value) ? "int64" : "float64";
  return "string";
}
