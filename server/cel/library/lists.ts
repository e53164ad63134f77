import { compare, equal } from "../comparison.ts";
import { free, member, type Overload } from "../overload.ts";
import { Double, Duration, fail, fromJson, isList, typeName, Uint, type Value } from "../values.ts";
import { standardLibrary } from "./standard.ts";
import { timeLibrary } from "./time.ts";

const values = (list: readonly unknown[]): Value[] => list.map(fromJson);
const COMPARABLE = ["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"];
const ZEROS: Record<string, Value> = { int: 0, uint: new Uint(0n), double: new Double(0), duration: new Duration(0n) };

function isSorted(list: readonly unknown[]): boolean {
  const all = values(list);
  return all.every((value, index) => index === 0 || compare(all[index - 1] ?? null, value) <= 0);
}
const extreme = (name: string, sign: number) => (list: readonly unknown[]) => {
  const all = values(list);
  return all.reduce(
    (best, value) => (sign * compare(best, value) < 0 ? value : best),
    all[0] ?? fail(`${name} called on empty list`),
  );
};
/** The sum is the plus of the language, with its overflows. */
function sum(kind: string) {
  const id = { int: "add_int64", uint: "add_uint64", double: "add_double", duration: "add_duration_duration" }[kind];
  const plus = [...standardLibrary, ...timeLibrary].find((overload) => overload.id === id);
  return (list: readonly unknown[]) =>
    values(list).reduce((total, value) => plus?.run(total, value) ?? null, ZEROS[kind] ?? 0);
}
function sort(list: readonly unknown[], by: readonly unknown[] = list): Value[] {
  const [all, keys] = [values(list), values(by)];
  for (const key of keys) {
    if (!COMPARABLE.includes(typeName(key).replace("google.protobuf.", "").toLowerCase()))
      return fail("list elements must be comparable");
    if (typeName(key) !== typeName(keys[0] ?? null)) return fail("list elements must have the same type");
  }
  return all
    .map((value, at) => ({ value, key: keys[at] ?? null }))
    .sort((a, b) => compare(a.key, b.key))
    .map(({ value }) => value);
}
function slice(list: readonly unknown[], start: number, end: number): Value[] {
  if (start < 0 || end < 0) return fail(`cannot slice(${start}, ${end}), negative indexes not supported`);
  if (start > end) return fail(`cannot slice(${start}, ${end}), start index must be less than or equal to end index`);
  if (list.length < end) return fail(`cannot slice(${start}, ${end}), list is length ${list.length}`);
  return values(list.slice(start, end));
}
function flatten(list: readonly unknown[], depth = 1): Value[] {
  if (depth < 0) return fail("level must be non-negative");
  return values(list).flatMap((value) => (isList(value) && depth > 0 ? flatten(value, depth - 1) : [value]));
}
function distinct(list: readonly unknown[]): Value[] {
  const seen: Value[] = [];
  for (const value of values(list)) if (!seen.some((other) => equal(other, value))) seen.push(value);
  return seen;
}
const find = (list: readonly unknown[], wanted: Value) => values(list).findIndex((value) => equal(value, wanted));
const findLast = (list: readonly unknown[], wanted: Value) =>
  values(list).findLastIndex((value) => equal(value, wanted));
const includes = (list: readonly unknown[], part: readonly unknown[]) =>
  values(part).every((wanted) => values(list).some((value) => equal(value, wanted)));
/** A list no evaluation could afford to walk through is not made. */
const MAX_RANGE = 10_000_000;
const range = (count: number) =>
  count > MAX_RANGE ? fail("range too large") : Array.from({ length: Math.max(0, count) }, (_, at) => at);

/** Kubernetes' lists (apiserver/pkg/cel/library/lists.go), cel-go's lists version 3 (ext/lists.go) and sets (ext/sets.go). */
export const listsLibrary: readonly Overload[] = [
  ...COMPARABLE.flatMap((kind) => [
    member("isSorted", `list_${kind}_is_sorted_bool`, `list(${kind}) -> bool`, isSorted),
    member("max", `list_${kind}_max_${kind}`, `list(${kind}) -> ${kind}`, extreme("max", 1)),
    member("min", `list_${kind}_min_${kind}`, `list(${kind}) -> ${kind}`, extreme("min", -1)),
    member("sort", `list_${kind}_sort`, `list(${kind}) -> list(${kind})`, (list: readonly unknown[]) => sort(list)),
    member("@sortByAssociatedKeys", `list_${kind}_sortByAssociatedKeys`, `list(A), list(${kind}) -> list(A)`, sort),
  ]),
  ...Object.keys(ZEROS).map((kind) => member("sum", `list_${kind}_sum_${kind}`, `list(${kind}) -> ${kind}`, sum(kind))),
  member("indexOf", "list_a_index_of_int", "list(A), A -> int", find),
  member("lastIndexOf", "list_a_last_index_of_int", "list(A), A -> int", findLast),
  member("slice", "list_slice", "list(A), int, int -> list(A)", slice),
  member("flatten", "list_flatten", "list(list(A)) -> list(A)", flatten),
  member("flatten", "list_flatten_int", "list(dyn), int -> list(dyn)", flatten),
  free("lists.range", "lists_range", "int -> list(int)", range),
  member("distinct", "list_distinct", "list(A) -> list(A)", distinct),
  member("reverse", "list_reverse", "list(A) -> list(A)", (list: readonly unknown[]) => values(list).reverse()),
  free("sets.contains", "list_sets_contains_list", "list(A), list(A) -> bool", includes),
  free(
    "sets.equivalent",
    "list_sets_equivalent_list",
    "list(A), list(A) -> bool",
    (a, b) => includes(a, b) && includes(b, a),
  ),
  free("sets.intersects", "list_sets_intersects_list", "list(A), list(A) -> bool", (a, b) =>
    values(a).some((value) => includes(b, [value])),
  ),
];
