import { isMembers } from "./members.ts";

/** Prints a JSON value as Go's `%v` prints the decoded one: `map[a:1 b:[x y]]`, keys sorted, null as `<nil>`. */
export function goValue(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goValue).join(" ")}]`;
  if (isMembers(value)) {
    const keys = Object.keys(value).sort();
    return `map[${keys.map((key) => `${key}:${goValue(value[key])}`).join(" ")}]`;
  }
  // Go writes at least two digits of exponent.
  return String(value).replace(/e([+-])([0-9])$/, "e$10$2");
}

/** The Go type that a JSON value is decoded to, as `%s` of reflect.TypeOf prints it. */
export function goType(value: unknown): string {
  if (value === null || value === undefined) return "%!s(<nil>)";
  if (Array.isArray(value)) return "[]interface {}";
  if (isMembers(value)) return "map[string]interface {}";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "int64";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  return "string";
}
