import { type Atom, isObject, type JsonObject, type ListAtom, type MapAtom, type Member, sideOf } from "./atom.ts";
import { compare } from "./compare.ts";
import { difference, EMPTY_SET, type FieldSet, recursiveDifference, union } from "./field-set.ts";
import { type FieldsV1, fieldsInOrder, serializeNode } from "./fields-v1.ts";
import { itemElementAt } from "./list-item.ts";
import type { PathElement } from "./path-element.ts";
import { TypedError } from "./typed-error.ts";

/** What is not owned, at one place of the walk. Absent: all is. */
export interface Unowned {
  /** Not owned, nor is what is below. */
  readonly reset: FieldSet | undefined;
  /** Not owned themselves. */
  readonly stripped: FieldSet | undefined;
}

const ALL_OWNED: Unowned = { reset: undefined, stripped: undefined };

/**
 * What a create comes to own: `compare` with the kind's zero value, the filters and `serializeFields` in one walk. Most
 * objects are created and never fought over, and sets of their paths would be made for nothing else.
 * @param empty the zero value of the kind @returns undefined when nothing is owned
 * @throws TypedError when the object does not fit the schema
 */
export function createdFields(atom: Atom, empty: unknown, object: unknown, unowned: Unowned): FieldsV1 | undefined {
  return changed(atom, empty, object, unowned);
}

/** A place that the zero value has, too; null where Go prints nil. */
function changed(atom: Atom, before: unknown, after: unknown, unowned: Unowned): FieldsV1 | undefined {
  if (sideOf(atom, before) === "map" && isObject(before) && isObject(after) && atom.map && !atom.map.atomic) {
    return changedMembers(atom.map, before, after, unowned);
  }
  const list = atom.map || atom.scalar ? undefined : atom.list;
  if (before === null && Array.isArray(after) && after.length > 0 && list && !list.atomic) return items(list, after);
  const { added, modified } = compare(atom, before, after, "typed");
  const written = union(modified, added);
  const set = difference(recursiveDifference(written, unowned.reset ?? EMPTY_SET), unowned.stripped ?? EMPTY_SET);
  return set.member || set.children ? serializeNode(set) : undefined;
}

function changedMembers(map: MapAtom, before: JsonObject, after: JsonObject, unowned: Unowned): FieldsV1 | undefined {
  const elements: PathElement[] = [];
  const nodes: FieldsV1[] = [];
  const put = (key: string, member: Member | undefined, old: unknown, now: unknown): void => {
    const element = member?.element ?? `f:${key}`;
    const here = below(unowned, element);
    if (old === now) return;
    const atom = atomOfKey(map, member, key);
    // What is reset has to fit, too.
    const node = old === undefined ? whole(atom, now, here ?? ALL_OWNED) : changed(atom, old, now, here ?? ALL_OWNED);
    if (!node || !here) return;
    elements.push(element);
    nodes.push(node);
  };
  for (const key in after) {
    const member = map.members.get(key);
    const now = seen(member, after[key]);
    const old = Object.hasOwn(before, key) ? seen(member, before[key]) : member?.always ? null : undefined;
    if (now !== undefined) put(key, member, old, now);
  }
  for (const key in before) {
    const member = map.members.get(key);
    if (member?.always && !Object.hasOwn(after, key)) put(key, member, seen(member, before[key]), null);
  }
  return elements.length > 0 ? fieldsInOrder(elements, nodes, false) : undefined;
}

/** Go leaves some lists out when they are empty. */
function seen(member: Member | undefined, value: unknown): unknown {
  return member?.keepsEmpty && Array.isArray(value) && value.length === 0 ? undefined : value;
}

/** @returns undefined when nothing there is owned */
function below(unowned: Unowned, element: PathElement): Unowned | undefined {
  if (unowned === ALL_OWNED) return unowned;
  const reset = unowned.reset?.children?.get(element);
  if (reset?.member) return undefined;
  const stripped = unowned.stripped?.children?.get(element);
  return reset || stripped ? { reset, stripped } : ALL_OWNED;
}

/** All of a value that the zero value lacks: every container and every leaf. */
function whole(atom: Atom, value: unknown, unowned: Unowned): FieldsV1 | undefined {
  const isOwned = !unowned.stripped?.member;
  const filled =
    typeof value === "object" && value !== null ? wholeContainer(atom, value, isOwned, unowned) : undefined;
  return filled ?? (isOwned ? {} : undefined);
}

function wholeContainer(atom: Atom, value: object, isOwned: boolean, unowned: Unowned): FieldsV1 | undefined {
  if (Array.isArray(value)) {
    const list = sideOf(atom, value) === "list" ? atom.list : undefined;
    return list && !list.atomic && value.length > 0 ? items(list, value, isOwned) : undefined;
  }
  const map = sideOf(atom, value) === "map" ? atom.map : undefined;
  return map && !map.atomic ? wholeMembers(map, value as JsonObject, isOwned, unowned) : undefined; // no list
}

function wholeMembers(map: MapAtom, value: JsonObject, isOwned: boolean, unowned: Unowned): FieldsV1 | undefined {
  const elements: PathElement[] = [];
  const nodes: FieldsV1[] = [];
  const put = (key: string, member: Member | undefined, item: unknown): void => {
    const element = member?.element ?? `f:${key}`;
    const here = below(unowned, element);
    const node = whole(atomOfKey(map, member, key), item, here ?? ALL_OWNED);
    if (!node || !here) return;
    elements.push(element);
    nodes.push(node);
  };
  for (const key in value) {
    const member = map.members.get(key);
    const item = seen(member, value[key]);
    if (item !== undefined) put(key, member, item);
  }
  for (const [name, member] of map.always) if (!Object.hasOwn(value, name)) put(name, member, null);
  return elements.length > 0 ? fieldsInOrder(elements, nodes, isOwned) : undefined;
}

function atomOfKey(map: MapAtom, member: Member | undefined, key: string): Atom {
  const atom = member?.atom ?? map.items;
  if (!atom) throw new TypedError([{ path: `.${key}`, message: "field not declared in schema" }]);
  return atom;
}

/** Items of lists are reset by nobody. Those of one key that come twice are owned without what is in them. */
function items(list: ListAtom, values: readonly unknown[], isOwned = false): FieldsV1 {
  const elements: PathElement[] = [];
  const nodes: FieldsV1[] = [];
  for (let i = 0; i < values.length; i++) {
    const element = itemElementAt(list, values[i], i);
    const known = elements.indexOf(element);
    if (known >= 0) {
      nodes[known] = {};
      continue;
    }
    elements.push(element);
    nodes.push(whole(list.items, values[i], ALL_OWNED) ?? {});
  }
  return fieldsInOrder(elements, nodes, isOwned);
}
