import { compareNumeric } from "../comparison.ts";
import { free, member, type Overload } from "../overload.ts";
import { CelMap, fail, isList, isMap, isNumeric, mapEntries, mapSize, NONE, Optional, type Value } from "../values.ts";
import { keyText, optionalIndex } from "./access.ts";

const isZero = (value: Value): boolean => {
  if (value === null || value === false || value === "") return true;
  if (isNumeric(value)) return compareNumeric(value, 0) === 0;
  if (isList(value) || value instanceof Uint8Array) return value.length === 0;
  return isMap(value) && mapSize(value) === 0;
};
/** Planned, not called; these lines declare it. */
const planned = () => fail("no such overload");

/** Optional values. (cel-go/cel/library.go) */
export const optionalTypes: readonly Overload[] = [
  free("optional.of", "optional_of", "A -> optional(A)", (value: Value) => new Optional(value)),
  free("optional.ofNonZeroValue", "optional_ofNonZeroValue", "A -> optional(A)", (value: Value) =>
    isZero(value) ? NONE : new Optional(value),
  ),
  free("optional.none", "optional_none", "-> optional(A)", () => NONE),
  member("value", "optional_value", "optional(A) -> A", ({ value }: Optional) =>
    value === undefined ? fail("optional.none() dereference") : value,
  ),
  member("hasValue", "optional_hasValue", "optional(A) -> bool", ({ value }: Optional) => value !== undefined),
  member("or", "optional_or_optional", "optional(A), optional(A) -> optional(A)", planned),
  member("orValue", "optional_orValue_value", "optional(A), A -> A", planned),
  free("_[?_]", "list_optindex_optional_int", "list(A), int -> optional(A)", optionalIndex),
  free("_[?_]", "optional_list_optindex_optional_int", "optional(list(A)), int -> optional(A)", optionalIndex),
  free("_[?_]", "map_optindex_optional_value", "map(A, B), A -> optional(B)", optionalIndex),
  free("_[?_]", "optional_map_optindex_optional_value", "optional(map(A, B)), A -> optional(B)", optionalIndex),
  free("_[_]", "optional_list_index_int", "optional(list(A)), int -> optional(A)", optionalIndex),
  free("_[_]", "optional_map_index_value", "optional(map(A, B)), A -> optional(B)", optionalIndex),
  free(
    "cel.@mapInsert",
    "cel_mapInsert_key_value",
    "map(A, B), A, B -> map(A, B)",
    (map: CelMap, key: Value, value: Value) => insert(map, [{ key, value }]),
  ),
  free("cel.@mapInsert", "cel_mapInsert_map", "map(A, B), map(A, B) -> map(A, B)", (map: CelMap, other: CelMap) =>
    insert(map, mapEntries(other)),
  ),
];

function insert(map: CelMap, entries: Iterable<{ key: Value; value: Value }>): CelMap {
  const grown = new CelMap();
  for (const { key, value } of map.entries()) grown.set(key, value);
  for (const { key, value } of entries) {
    if (grown.has(key)) return fail(`insert failed: key ${keyText(key)} already exists`);
    grown.set(key, value);
  }
  return grown;
}
