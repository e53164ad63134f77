import { type Atom, isObject, type ListAtom, type MapAtom, sideOf } from "./atom.ts";
import { EMPTY_SET, FieldSet, LEAF } from "./field-set.ts";
import { itemElementAt } from "./list-item.ts";

/**
 * The paths that someone who applies this value comes to own: leaves, list items and empty containers, but not the
 * named containers on the way. Follows structured-merge-diff/typed/tofieldset.go.
 */
export function toFieldSet(atom: Atom, value: unknown): FieldSet {
  return visit(atom, value) ?? EMPTY_SET;
}

/** The node of this place; undefined when nothing at or below it is owned. */
function visit(atom: Atom, value: unknown): FieldSet | undefined {
  switch (sideOf(atom, value)) {
    case "scalar":
      return LEAF;
    case "list":
      if (atom.list!.atomic) return LEAF;
      return Array.isArray(value) ? visitItems(atom.list!, value) : undefined;
    case "map":
      if (atom.map!.atomic) return LEAF;
      return isObject(value) ? visitMembers(atom.map!, value) : undefined;
  }
}

function filled(set: FieldSet): FieldSet | undefined {
  return set.children ? set : undefined;
}

/** A copy that is a member: nodes may be shared. */
function asMember(set: FieldSet | undefined): FieldSet {
  if (!set?.children) return LEAF;
  set.member = true; // visit made it for this very place
  return set;
}

function visitMembers(map: MapAtom, value: Record<string, unknown>): FieldSet | undefined {
  const set = new FieldSet();
  for (const key in value) {
    const member = map.members.get(key);
    const atom = member?.atom ?? map.items;
    if (!atom) continue;
    const item = value[key];
    const below = visit(atom, item);
    const empty = item === null || (isObject(item) && Object.keys(item).length === 0);
    set.put(member?.element ?? `f:${key}`, empty || !member ? asMember(below) : below);
  }
  return filled(set);
}

function visitItems(list: ListAtom, items: readonly unknown[]): FieldSet | undefined {
  const set = new FieldSet();
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    const element = itemElementAt(list, item, index);
    // Duplicates are owned as one, without what is in them.
    set.put(element, seen.has(element) ? LEAF : asMember(visit(list.items, item)));
    seen.add(element);
  }
  return filled(set);
}
