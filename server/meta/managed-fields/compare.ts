import { hasGivenEmpty } from "../../../openapi/given-empty.ts";
import {
  type Atom,
  isObject,
  type JsonObject,
  type ListAtom,
  type MapAtom,
  type Member,
  type Side,
  sideOf,
} from "./atom.ts";
import { EMPTY_SET, FieldSet, LEAF } from "./field-set.ts";
import { equalValues, itemElementAt } from "./list-item.ts";
import type { PathElement } from "./path-element.ts";
import { reflectedEqual } from "./reflected-equality.ts";
import { TypedError } from "./typed-error.ts";

/** What differs between two objects; no path is in more than one of the three. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/**
 * Whether members that Go always prints, but which plain JSON lacks because they are nil, stand for null:
 * `typed` = in both objects; `merged` = the new object came out of a merge, so only where the old one has them too.
 */
export type Nils = "typed" | "merged";

/** How two objects are looked at. */
interface View {
  readonly typed: boolean;
  /** Equality of values that are not looked into. */
  equal(before: unknown, after: unknown): boolean;
}

const MERGED: View = { typed: false, equal: equalValues };
const TYPED: View = { typed: true, equal: equalValues };
const TYPED_WITH_EMPTY: View = { typed: true, equal: reflectedEqual };

function viewOf(nils: Nils, after: unknown): View {
  if (nils === "merged") return MERGED;
  return isObject(after) && hasGivenEmpty(after) ? TYPED_WITH_EMPTY : TYPED;
}

/**
 * Compares two objects of one schema. Absent lists that Go prints as null count as null, which is why the containers
 * of a new Pod are owned one by one, without the list itself. Follows structured-merge-diff/typed/compare.go.
 * @throws TypedError when one of them does not fit the schema
 */
export function compare(atom: Atom, before: unknown, after: unknown, nils: Nils): Comparison {
  const change = visit(atom, before, after, viewOf(nils, after));
  return {
    added: change?.added ?? EMPTY_SET,
    modified: change?.modified ?? EMPTY_SET,
    removed: change?.removed ?? EMPTY_SET,
  };
}

/** The three sets of one place, while they are built. */
class Change {
  added: FieldSet | undefined = undefined;
  modified: FieldSet | undefined = undefined;
  removed: FieldSet | undefined = undefined;

  put(element: PathElement, below: Change | undefined): void {
    if (!below) return;
    this.added = hang(this.added, element, below.added);
    this.modified = hang(this.modified, element, below.modified);
    this.removed = hang(this.removed, element, below.removed);
  }

  get empty(): boolean {
    return !this.added && !this.modified && !this.removed;
  }
}

function hang(parent: FieldSet | undefined, element: PathElement, below: FieldSet | undefined): FieldSet | undefined {
  if (!below) return parent;
  const set = parent ?? new FieldSet();
  set.put(element, below);
  return set;
}

function visit(atom: Atom, before: unknown, after: unknown, view: View): Change | undefined {
  if (before === after) return undefined;
  const change = new Change();
  if (before === undefined) change.added = wholeSet(atom, after, view);
  else if (after === undefined) change.removed = wholeSet(atom, before, view);
  else {
    const [left, right] = [sideOf(atom, before), sideOf(atom, after)];
    // Free-form values may change from one kind to another: then each is looked at in its own way.
    if (left !== right) visitSide(left, atom, before, after, view, change);
    visitSide(right, atom, before, after, view, change);
  }
  return change.empty ? undefined : change;
}

function visitSide(side: Side, atom: Atom, before: unknown, after: unknown, view: View, change: Change): void {
  if (side === "list") {
    const [left, right] = [Array.isArray(before) ? before : [], Array.isArray(after) ? after : []];
    if (!atom.list!.atomic && left.length + right.length > 0) {
      // Most updates leave most lists alone: equality is far cheaper to see than names of items are to make.
      if (!view.equal(left, right)) visitItems(atom.list!, left, right, view, change);
      return;
    }
  } else if (side === "map") {
    const [left, right] = [isObject(before) ? before : undefined, isObject(after) ? after : undefined];
    if (!atom.map!.atomic && !(isBare(atom.map!, left) && isBare(atom.map!, right))) {
      visitMembers(atom.map!, left, right, view, change);
      return;
    }
  }
  if (!view.equal(before, after)) change.modified = withMember(change.modified);
}

function withMember(set: FieldSet | undefined): FieldSet {
  if (!set) return LEAF;
  set.member = true;
  return set;
}

/** No keys, not even ones that Go would print. */
function isBare(map: MapAtom, value: JsonObject | undefined): boolean {
  if (value === undefined) return true;
  if (map.always.length > 0) return false;
  for (const _ in value) return false;
  return true;
}

const NOTHING: JsonObject = {};

function visitMembers(
  map: MapAtom,
  left: JsonObject | undefined,
  right: JsonObject | undefined,
  view: View,
  change: Change,
): void {
  const [before, after] = [left ?? NOTHING, right ?? NOTHING];
  // Go prints nil lists of both objects; where one side is null as a whole, the other's members are all new or gone.
  const nil = left !== undefined && right !== undefined ? null : undefined;
  for (const key in before) {
    const member = map.members.get(key);
    const old = seen(member, before[key], view);
    const now = Object.hasOwn(after, key) ? seen(member, after[key], view) : member?.always ? nil : undefined;
    if (old !== now) change.put(member?.element ?? `f:${key}`, visit(atomOfKey(map, key), old, now, view));
  }
  for (const key in after) {
    if (Object.hasOwn(before, key)) continue;
    const member = map.members.get(key);
    const now = seen(member, after[key], view);
    const old = member?.always ? nil : undefined;
    if (old !== now) change.put(member?.element ?? `f:${key}`, visit(atomOfKey(map, key), old, now, view));
  }
}

/** Upstream compares what Go would print of both objects. */
function seen(member: Member | undefined, value: unknown, { typed }: View): unknown {
  return typed && member?.keepsEmpty && Array.isArray(value) && value.length === 0 ? undefined : value;
}

function atomOfKey(map: MapAtom, key: string): Atom {
  const atom = map.members.get(key)?.atom ?? map.items;
  if (!atom) throw new TypedError([{ path: `.${key}`, message: "field not declared in schema" }]);
  return atom;
}

function index(list: ListAtom, items: readonly unknown[]): Map<PathElement, unknown[]> {
  const byElement = new Map<PathElement, unknown[]>();
  for (let i = 0; i < items.length; i++) {
    const element = itemElementAt(list, items[i], i);
    const same = byElement.get(element);
    if (same) same.push(items[i]);
    else byElement.set(element, [items[i]]);
  }
  return byElement;
}

function visitItems(
  list: ListAtom,
  left: readonly unknown[],
  right: readonly unknown[],
  view: View,
  change: Change,
): void {
  const [before, after] = [index(list, left), index(list, right)];
  for (const [element, old] of before) {
    visitItem(list, element, old, after.get(element) ?? [], view, change);
  }
  for (const [element, now] of after) {
    if (!before.has(element)) visitItem(list, element, [], now, view, change);
  }
}

/** Items of one key that come twice are compared as one value, and owned without what is in them. */
function visitItem(
  list: ListAtom,
  element: PathElement,
  before: unknown[],
  after: unknown[],
  view: View,
  change: Change,
): void {
  if (before.length <= 1 && after.length <= 1) {
    change.put(element, visit(list.items, before[0], after[0], view));
    return;
  }
  const below = new Change();
  if (before.length >= 2 && after.length >= 2) {
    if (!view.equal(before, after)) below.modified = LEAF;
  } else if (before.length >= 2) {
    if (after.length > 0) below.added = wholeSet(list.items, after[0], view);
    below.removed = LEAF;
  } else {
    if (before.length > 0) below.removed = wholeSet(list.items, before[0], view);
    below.added = LEAF;
  }
  change.put(element, below);
}

/** All of a value that is there on one side only: every container and every leaf. */
function wholeSet(atom: Atom, value: unknown, view: View): FieldSet {
  if (typeof value !== "object" || value === null) return LEAF;
  const set = new FieldSet();
  if (Array.isArray(value)) {
    const list = sideOf(atom, value) === "list" ? atom.list! : undefined;
    if (!list || list.atomic || value.length === 0) return LEAF;
    for (let i = 0; i < value.length; i++) {
      const element = itemElementAt(list, value[i], i);
      set.put(element, set.children?.has(element) ? LEAF : wholeSet(list.items, value[i], view));
    }
  } else {
    const map = sideOf(atom, value) === "map" ? atom.map! : undefined;
    if (!map || map.atomic) return LEAF;
    const members = value as JsonObject; // neither null nor a list
    for (const key in members) {
      const member = map.members.get(key);
      const value = seen(member, members[key], view);
      if (value !== undefined) set.put(member?.element ?? `f:${key}`, wholeSet(atomOfKey(map, key), value, view));
    }
    if (view) {
      for (const [name, member] of map.always) if (!Object.hasOwn(members, name)) set.put(member.element, LEAF);
    }
  }
  if (!set.children) return LEAF;
  set.member = true;
  return set;
}
