import type { Schema } from "../../openapi/schema.ts";
import { goType, goValue } from "./go-value.ts";
import { getMember, isMembers, type Members } from "./members.ts";
import { asMembers, badPatchType, noListOfLists, noMergeKey, unexpected } from "./strategic-merge-errors.ts";
import { goKind, type MergeRule } from "./strategic-merge-schema.ts";

const PATCH = "$patch";
/** Beyond this, elements that are in no order stay where they are: sorting them as upstream does is quadratic. */
const MAX_INSERTION_SORT = 1000;

type MergeElements = (original: Readonly<Members>, patch: Readonly<Members>, schema: Schema) => Members;

/** `liveOrder` is what the order of elements that the patch does not name is taken from. */
interface MergedList {
  merged: unknown[];
  liveOrder: unknown[];
}

/**
 * Merges two lists by the key of their elements, or as sets when they are scalars. What the patch names comes in the
 * order of the patch, everything else keeps the order it has.
 *
 * @throws StatusError
 */
export function mergeLists(
  original: unknown[],
  patch: unknown[],
  {
    rule,
    isDeleteList = false,
    mergeElements,
  }: {
    rule: MergeRule;
    isDeleteList?: boolean;
    mergeElements: MergeElements;
  },
): MergedList {
  if (!original.length && !patch.length) return { merged: original, liveOrder: original };
  if (elementType([original, patch]) !== goType({})) {
    if (isDeleteList) return { merged: without(original, patch), liveOrder: original };
    const merged = [...new Set([...original, ...patch])];
    return { merged: orderLists({ merged, order: patch, live: original, mergeKey: "" }), liveOrder: original };
  }
  const { mergeKey, schema } = rule;
  if (!mergeKey) throw unexpected(`cannot merge lists without merge key for ${goKind(schema)}`);
  const { kept, rest, deleted } = applySpecialElements(original.map(asMembers), patch.map(asMembers), mergeKey);
  const { elements, added } = mergeByKey(kept, rest, { schema, mergeKey, mergeElements });
  return {
    merged: orderLists({ merged: elements, order: rest, live: kept, mergeKey }),
    // Upstream deletes and appends in one array, so as many new elements as were deleted count as live ones.
    liveOrder: [...kept, ...added.slice(0, deleted)],
  };
}

function without(list: readonly unknown[], removed: readonly unknown[]): unknown[] {
  const set = new Set(removed);
  return list.filter((element) => !set.has(element));
}

/** All elements must be of one type, and that no list. */
function elementType(lists: readonly (readonly unknown[])[]): string {
  let type: string | undefined;
  for (const element of lists.flat(1)) {
    const current = goType(element);
    if (type === undefined && Array.isArray(element)) throw noListOfLists();
    type ??= current;
    if (type !== current) throw unexpected(`list element types are not identical: ${goValue(lists)}`);
  }
  if (type === undefined) throw unexpected("no elements in any of the given slices");
  return type;
}

/** Carries out `$patch: delete` and `$patch: replace` of elements. */
function applySpecialElements(
  original: Members[],
  patch: readonly Members[],
  mergeKey: string,
): { kept: Members[]; rest: Members[]; deleted: number } {
  const rest: Members[] = [];
  const deleted = new Set<unknown>();
  let replaces = false;
  for (const element of patch) {
    const directive = getMember(element, PATCH);
    if (directive === undefined) rest.push(element);
    else if (directive === "replace") replaces = true;
    else if (directive === "merge") throw unexpected("merging lists cannot yet be specified in the patch");
    else if (directive !== "delete") throw badPatchType(directive, element);
    else if (!Object.hasOwn(element, mergeKey)) throw noMergeKey(element, mergeKey);
    else deleted.add(element[mergeKey]);
  }
  if (replaces) return { kept: rest, rest: [], deleted: 0 };
  const kept = original.filter((element) => !Object.hasOwn(element, mergeKey) || !deleted.has(element[mergeKey]));
  return { kept, rest, deleted: original.length - kept.length };
}

function mergeByKey(
  original: readonly Members[],
  patch: readonly Members[],
  { schema, mergeKey, mergeElements }: { schema: Schema; mergeKey: string; mergeElements: MergeElements },
): { elements: Members[]; added: Members[] } {
  const elements = [...original];
  const places = firstPlaces(original, mergeKey);
  for (const element of patch) {
    if (!Object.hasOwn(element, mergeKey)) throw noMergeKey(element, mergeKey);
    const place = places.get(element[mergeKey]);
    if (place === undefined) {
      places.set(element[mergeKey], elements.length);
      elements.push(element);
    } else elements[place] = mergeElements(elements[place]!, element, schema);
  }
  return { elements, added: elements.slice(original.length) };
}

/** Where each key, or scalar, is found first. */
function firstPlaces(list: readonly unknown[], mergeKey: string): Map<unknown, number> {
  const places = new Map<unknown, number>();
  for (const [place, element] of list.entries()) {
    const key = keyOf(element, mergeKey);
    if (!places.has(key)) places.set(key, place);
  }
  return places;
}

function keyOf(element: unknown, mergeKey: string): unknown {
  return mergeKey && isMembers(element) ? getMember(element, mergeKey) : element;
}

/**
 * Checks that the elements of the patch come in the order asked for, and that it names them all.
 *
 * @throws StatusError
 */
export function validateSetElementOrder(patch: readonly unknown[], order: readonly unknown[], mergeKey: string): void {
  if (!patch.length || !order.length) return;
  const elements = mergeKey ? patch.map(asMembers).filter((element) => !Object.hasOwn(element, PATCH)) : patch;
  let next = 0;
  for (const wanted of order) {
    if (next < elements.length && hasSameKey(elements[next], wanted, mergeKey)) next++;
  }
  if (next < elements.length) {
    const lists = [goValue(patch), goValue(order)];
    throw unexpected(`The order in patch list:\n${lists[0]}\n doesn't match $setElementOrder list:\n${lists[1]}\n`);
  }
}

function hasSameKey(a: unknown, b: unknown, mergeKey: string): boolean {
  if (!mergeKey) return a === b;
  return requiredKey(asMembers(a), mergeKey) === requiredKey(asMembers(b), mergeKey);
}

function requiredKey(element: Members, mergeKey: string): unknown {
  if (!Object.hasOwn(element, mergeKey)) throw noMergeKey(element, mergeKey);
  return element[mergeKey];
}

/** Puts a merged list into the order of a `$setElementOrder`. @throws StatusError */
export function orderBySetElementOrder(lists: {
  merged: unknown[];
  liveOrder: unknown[];
  order: unknown[];
  mergeKey: string;
  original: unknown[] | undefined;
  patch: unknown[] | undefined;
}): unknown[] {
  const { merged, liveOrder, order, mergeKey, original = [], patch = [] } = lists;
  elementType([original, patch]);
  return orderLists({ merged, order, live: liveOrder, mergeKey });
}

interface Ordering {
  merged: readonly unknown[];
  order: readonly unknown[];
  live: readonly unknown[];
  mergeKey: string;
}

/** Elements in `order` come in that order, the others in that of `live`; the two runs are interleaved as `live` is. */
function orderLists({ merged, order, live, mergeKey }: Ordering): unknown[] {
  if (mergeKey) {
    for (const element of merged) checkOrder(order, requiredKey(asMembers(element), mergeKey), mergeKey);
    for (const element of order) requiredKey(asMembers(element), mergeKey);
  }
  const ordered = firstPlaces(order, mergeKey);
  const places = firstPlaces(live, mergeKey);
  const placeIn = (map: Map<unknown, number>) => (element: unknown) => map.get(keyOf(element, mergeKey));
  const isOrdered = (element: unknown) => ordered.has(keyOf(element, mergeKey));
  const named = sortByPlace(merged.filter(isOrdered), placeIn(ordered));
  const others = sortByPlace(
    merged.filter((element) => !isOrdered(element)),
    placeIn(places),
  );
  return interleave(others, named, placeIn(places));
}

/** What is looked through for a key must be objects up to it. (findMapInSliceBasedOnKeyValue) */
function checkOrder(order: readonly unknown[], key: unknown, mergeKey: string): void {
  for (const [place, element] of order.entries()) {
    if (!isMembers(element)) throw unexpected(`value for key ${place} is not a map`);
    if (getMember(element, mergeKey) === key) return;
  }
}

/** An element that has no place goes before all others, and is passed by all that come after it, as upstream has it. */
function sortByPlace(list: unknown[], placeOf: (element: unknown) => number | undefined): unknown[] {
  const placed = list.map((element) => ({ element, place: placeOf(element) }));
  if (placed.every(({ place }) => place !== undefined)) {
    return placed.sort((a, b) => a.place! - b.place!).map(({ element }) => element);
  }
  if (list.length > MAX_INSERTION_SORT) return list;
  for (let end = 1; end < placed.length; end++) {
    for (let index = end; index > 0; index--) {
      const [before, current] = [placed[index - 1]!, placed[index]!];
      if (before.place !== undefined && current.place !== undefined && before.place <= current.place) break;
      placed[index - 1] = current;
      placed[index] = before;
    }
  }
  return placed.map(({ element }) => element);
}

function interleave(
  left: readonly unknown[],
  right: readonly unknown[],
  placeOf: (element: unknown) => number | undefined,
): unknown[] {
  const result: unknown[] = [];
  let next = 0;
  for (const element of right) {
    const limit = placeOf(element);
    for (; next < left.length && limit !== undefined; next++) {
      const place = placeOf(left[next]);
      if (place === undefined || place >= limit) break;
      result.push(left[next]);
    }
    result.push(element);
  }
  return [...result, ...left.slice(next)];
}
