import { equal } from "../comparison.ts";
import { free, type Overload } from "../overload.ts";
import {
  Double,
  fail,
  fromJson,
  isList,
  isMap,
  isNumeric,
  mapGet,
  NONE,
  Optional,
  typeName,
  Uint,
  type Value,
} from "../values.ts";
import { formatDouble } from "./conversions.ts";

/** `a[b]`. @throws CelError as upstream words it. */
export function index(container: Value, key: Value): Value {
  if (isList(container)) {
    const at = key instanceof Uint ? Number(key.value) : key instanceof Double ? key.value : Number(key);
    if (!isNumeric(key)) return fail(`unsupported index type '${typeName(key)}' in list`);
    if (!Number.isInteger(at)) return fail(`unsupported index value ${at} in list`);
    return at >= 0 && at < container.length ? fromJson(container[at]) : fail(`index out of bounds: ${at}`);
  }
  if (isMap(container)) {
    const found = mapGet(container, key);
    return found === undefined ? fail(`no such key: ${keyText(key)}`) : found;
  }
  return fail("no such overload");
}
/** A key as messages show it. */
export function keyText(key: Value): string {
  if (key instanceof Double) return formatDouble(key.value);
  return key instanceof Uint ? String(key.value) : String(key);
}
/** `a[?b]` and `a.?b`. */
export function optionalIndex(container: Value, key: Value): Optional {
  if (container instanceof Optional) return container.value === undefined ? NONE : optionalIndex(container.value, key);
  if (isList(container)) {
    const at = key instanceof Uint || key instanceof Double ? Number(key.value) : Number(key);
    return Number.isInteger(at) && at >= 0 && at < container.length ? new Optional(fromJson(container[at])) : NONE;
  }
  if (!isMap(container)) return fail("no such overload");
  const found = mapGet(container, key);
  return found === undefined ? NONE : new Optional(found);
}
/** `a in b`. @throws CelError where b holds nothing */
export function contains(element: Value, container: Value): boolean {
  if (isList(container)) return container.some((other) => equal(fromJson(other), element));
  return isMap(container) ? mapGet(container, element) !== undefined : fail("no such overload");
}

/** Elements of lists and maps. */
export const indexOperators: readonly Overload[] = [
  free("_[_]", "index_list", "list(A), int -> A", index),
  free("_[_]", "index_map", "map(A, B), A -> B", index),
];
