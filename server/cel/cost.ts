import type { Overload } from "./overload.ts";
import { isList, isMap, mapEntries, Opaque, Optional, sizeOf, type Value } from "./values.ts";

/** A character costs a tenth, a character of a pattern a quarter. (cel-go/common/cost.go) */
export const TRAVERSAL = 0.1;
export const REGEX = 0.25;
export const LIST_CREATE = 10;
export const MAP_CREATE = 30;
export const STRUCT_CREATE = 40;

/** What a call cost. */
export type CallCost = (args: readonly Value[], result: Value) => number;

const size = (value: Value | undefined) => (value === undefined ? 1 : sizeOf(value));
/** The size of what only sizes count for: an Optional has none here. */
const plainSize = (value: Value | undefined) => (value === undefined || value instanceof Optional ? 1 : sizeOf(value));
const traverse =
  (factor = 1, of: (args: readonly Value[], result: Value) => Value | undefined = (args) => args[0]): CallCost =>
  (args, result) =>
    Math.ceil(plainSize(of(args, result)) * factor * TRAVERSAL);
const pattern = (text: Value | undefined, patternSize: number) =>
  Math.ceil((1 + size(text)) * TRAVERSAL) * Math.ceil(patternSize * REGEX);
const one: CallCost = () => 1;
const shorter: CallCost = ([a, b]) => Math.ceil(Math.min(size(a), size(b)) * TRAVERSAL);
const both: CallCost = ([a, b]) => Math.ceil((size(a) + size(b)) * TRAVERSAL);
const equality: CallCost = (args, result) => (args[0] instanceof Opaque ? 1 : shorter(args, result));

/** Every leaf of a value, strings by length. (apiserver/pkg/cel/library/cost.go traversalCost) */
function traversal(value: Value): number {
  if (typeof value === "string") return Math.trunc(Buffer.byteLength(value) * TRAVERSAL);
  if (value instanceof Uint8Array) return Math.trunc(value.length * TRAVERSAL);
  if (isList(value)) return value.reduce<number>((sum, element) => sum + traversal(element), 0);
  if (!isMap(value)) return 1;
  let sum = 0;
  for (const entry of mapEntries(value)) sum += traversal(entry.key) + traversal(entry.value);
  return sum;
}
const leaves: CallCost = ([value]) => (value === undefined ? 0 : traversal(value));
const addresses =
  (extra: (otherSize: number, cidrSize: number) => number): CallCost =>
  ([cidr, other]) =>
    Math.ceil(2 * size(cidr) * TRAVERSAL) + extra(size(other), size(cidr));
const parse = (otherSize: number) => Math.ceil(otherSize * TRAVERSAL);
const mask = (cidrSize: number) => Math.ceil(cidrSize * TRAVERSAL) + 1;

/** A new list. (cel-go/ext/lists.go) */
const made = (factor: number, elements: number) => Math.trunc(elements * factor) + 1 + LIST_CREATE;
function selfCompare(list: Value | undefined): number {
  const elements = size(list);
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  const isText = typeof first === "string" || first instanceof Uint8Array;
  return made(isText ? 2 + TRAVERSAL : 2, elements * elements);
}

/** Kubernetes' own costs, by name of the function. (apiserver/pkg/cel/library/cost.go CallCost) */
const BY_NAME: Record<string, CallCost> = {
  check: () => 350_000,
  isSorted: leaves,
  sum: leaves,
  max: leaves,
  min: leaves,
  indexOf: leaves,
  lastIndexOf: leaves,
  url: traverse(),
  lowerAscii: traverse(),
  upperAscii: traverse(),
  substring: traverse(),
  trim: traverse(),
  replace: traverse(2),
  split: traverse(2),
  join: traverse(2, (_, result) => result),
  find: ([text, regex]) => pattern(text, size(regex)),
  findAll: ([text, regex]) => pattern(text, size(regex)),
  cidr: traverse(),
  isIP: traverse(),
  isCIDR: traverse(),
  ip: traverse(),
  "ip.isCanonical": traverse(2),
  quantity: traverse(),
  isQuantity: traverse(),
  semver: traverse(),
  isSemver: traverse(),
  // The size of a format's pattern is its value's size.
  validate: ([format, text]) => pattern(text, size(format)),
  "_==_": equality,
  sort: ([list]) => selfCompare(list),
  "@sortByAssociatedKeys": ([, keys]) => selfCompare(keys),
};
/** By overload: those of Kubernetes that differ within a name, then cel-go's own. (interpreter/runtimecost.go) */
const BY_ID: Record<string, CallCost> = {
  cidr_ip: one,
  cidr_contains_ip_string: addresses((other) => parse(other)),
  cidr_contains_ip_ip: addresses(() => 0),
  cidr_contains_cidr_string: addresses((other, cidr) => mask(cidr) + parse(other)),
  cidr_contains_cidr: addresses((_, cidr) => mask(cidr)),
  starts_with_string: traverse(),
  ends_with_string: traverse(),
  string_to_bytes: traverse(),
  bytes_to_string: traverse(),
  strings_quote: traverse(),
  string_format: traverse(),
  in_list: ([, list]) => size(list),
  less_string: shorter,
  greater_string: shorter,
  less_equals_string: shorter,
  greater_equals_string: shorter,
  less_bytes: shorter,
  greater_bytes: shorter,
  less_equals_bytes: shorter,
  greater_equals_bytes: shorter,
  not_equals: shorter,
  add_string: both,
  add_bytes: both,
  matches_string: ([text, regex]) => pattern(text, size(regex)),
  matches: ([text, regex]) => pattern(text, size(regex)),
  list_slice: (_, result) => made(1, size(result)),
  list_flatten: ([list]) => made(1, size(list)),
  list_flatten_int: ([list, depth]) => made(Number(depth), size(list)),
  lists_range: (_, result) => made(1, size(result)),
  list_reverse: (_, result) => made(1, size(result)),
  list_distinct: ([list]) => selfCompare(list),
  list_sets_contains_list: ([a, b]) => 1 + size(a) * size(b),
  list_sets_intersects_list: ([a, b]) => 1 + size(a) * size(b),
  list_sets_equivalent_list: ([a, b]) => 1 + 2 * size(a) * size(b),
  contains_string: ([text, part]) => Math.ceil(size(text) * TRAVERSAL) * Math.ceil(size(part) * TRAVERSAL),
};

/** What a call of that overload costs; one unit unless the tables say otherwise. */
export function costOf({ name, id }: Overload): CallCost {
  return BY_ID[id] ?? BY_NAME[name] ?? one;
}
