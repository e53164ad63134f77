import { type Atom, getOwn, isObject, type JsonObject, type ListAtom, type MapAtom, setOwn, sideOf } from "./atom.ts";
import { itemElementAt } from "./list-item.ts";
import type { PathElement } from "./path-element.ts";

/**
 * Lays an applied configuration over the live object: leaves are the configuration's, maps and keyed lists are merged,
 * nothing is taken away. Parts of the result are shared with both. Follows structured-merge-diff/typed/merge.go.
 * @returns undefined for nothing at all
 */
export function merge(atom: Atom, live: unknown, config: unknown): unknown {
  if (config === undefined) return live;
  const side = sideOf(atom, config);
  if (side === "list" && !atom.list!.atomic) {
    const [left, right] = [Array.isArray(live) ? live : [], Array.isArray(config) ? config : []];
    if (left.length + right.length > 0) return mergeItems(atom.list!, left, right);
  }
  if (side === "map" && !atom.map!.atomic) {
    const [left, right] = [isObject(live) ? live : {}, isObject(config) ? config : {}];
    if (Object.keys(left).length + Object.keys(right).length > 0) return mergeMembers(atom.map!, left, right);
  }
  return config;
}

function mergeMembers(map: MapAtom, left: JsonObject, right: JsonObject): JsonObject {
  const out: JsonObject = {};
  for (const key of Object.keys(left)) {
    const value = Object.hasOwn(right, key) ? mergeMember(map, key, left[key], right[key]) : left[key];
    if (value !== undefined) setOwn(out, key, value);
  }
  for (const key of Object.keys(right)) {
    if (Object.hasOwn(left, key)) continue;
    const value = mergeMember(map, key, undefined, getOwn(right, key));
    if (value !== undefined) setOwn(out, key, value);
  }
  return out;
}

function mergeMember(map: MapAtom, key: string, left: unknown, right: unknown): unknown {
  const atom = map.members.get(key)?.atom ?? map.items;
  return atom ? merge(atom, left, right) : right;
}

/** Items by name; one that comes twice is null, as it cannot be merged with anything. */
function index(list: ListAtom, items: readonly unknown[]): [PathElement[], Map<PathElement, unknown>] {
  const elements = items.map((item, i) => itemElementAt(list, item, i));
  const byElement = new Map<PathElement, unknown>();
  for (const [i, element] of elements.entries()) byElement.set(element, byElement.has(element) ? null : items[i]);
  return [elements, byElement];
}

/** Keeps the configuration's order among its own items, and the others where they were between them. */
function mergeItems(list: ListAtom, left: readonly unknown[], right: readonly unknown[]): unknown[] {
  const [leftElements, leftItems] = index(list, left);
  const [rightElements, rightItems] = index(list, right);
  const shared = rightElements.filter((element) => leftItems.has(element));
  let nextShared = shared.shift();
  const done = new Set<PathElement>();
  const out: unknown[] = [];
  const push = (value: unknown): void => {
    if (value !== undefined) out.push(value);
  };
  let [l, r] = [0, 0];
  while (l < leftElements.length || r < rightElements.length) {
    if (l < leftElements.length && r < rightElements.length) {
      const element = leftElements[l]!;
      if (element === rightElements[r]) {
        done.add(element);
        push(merge(list.items, leftItems.get(element), rightItems.get(element)));
        l++;
        r++;
        nextShared = shared.shift();
        continue;
      }
      if (rightItems.has(element) && nextShared !== undefined && nextShared !== element) {
        l++; // shared, but its turn comes later
        continue;
      }
    }
    if (l < leftElements.length) {
      const element = leftElements[l]!;
      if (!rightItems.has(element)) {
        push(left[l]);
        l++;
        continue;
      }
      if (done.has(element)) l++;
    }
    if (r < rightElements.length) {
      const element = rightElements[r]!;
      done.add(element);
      push(merge(list.items, leftItems.get(element), rightItems.get(element)));
      r++;
      if (nextShared === element) nextShared = shared.shift();
    }
  }
  return out;
}
