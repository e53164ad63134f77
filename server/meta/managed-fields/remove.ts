import { type Atom, isObject, type ListAtom, type MapAtom, setOwn, sideOf } from "./atom.ts";
import { FieldSet } from "./field-set.ts";
import { itemElementAt } from "./list-item.ts";

/**
 * The value without the places that are members of the set. Containers that only lost what was in them stay, empty.
 * Follows structured-merge-diff/typed/remove.go.
 */
export function removeFields(atom: Atom, value: unknown, remove: FieldSet): unknown {
  switch (sideOf(atom, value)) {
    case "scalar":
      return value;
    case "list":
      return Array.isArray(value) && !atom.list!.atomic ? removeItems(atom.list!, value, remove) : null;
    case "map":
      return isObject(value) && !atom.map!.atomic ? removeMembers(atom.map!, value, remove) : null;
  }
}

/** Goes below a place that stays; a container that is a leaf of its own kind comes back empty. */
function within(atom: Atom | undefined, value: unknown, remove: FieldSet): unknown {
  const rest = atom ? removeFields(atom, value, remove) : value;
  if (rest !== null) return rest;
  if (Array.isArray(value)) return [];
  return isObject(value) ? {} : null;
}

function removeItems(list: ListAtom, items: readonly unknown[], remove: FieldSet): unknown[] | null {
  const rest: unknown[] = [];
  let touched = false;
  for (const [index, item] of items.entries()) {
    const node = remove.children?.get(itemElementAt(list, item, index));
    if (node?.member) continue;
    if (node?.children) touched = true;
    rest.push(node?.children ? within(list.items, item, node) : item);
  }
  return rest.length > 0 || touched ? rest : null;
}

function removeMembers(map: MapAtom, value: Record<string, unknown>, remove: FieldSet): Record<string, unknown> | null {
  const rest: Record<string, unknown> = {};
  let kept = false;
  for (const key of Object.keys(value)) {
    const member = map.members.get(key);
    const node = remove.children?.get(member?.element ?? `f:${key}`);
    if (node?.member) continue;
    kept = true;
    setOwn(rest, key, node?.children ? within(member?.atom ?? map.items, value[key], node) : value[key]);
  }
  return kept ? rest : null;
}

/**
 * Adds the named members on the way to each path: `spec.a` of `spec.a.b`, but not the keys of maps and lists.
 * (fieldpath.Set.EnsureNamedFieldsAreMembers)
 */
export function withNamedFields(atom: Atom | undefined, set: FieldSet): FieldSet {
  const out = new FieldSet();
  out.member = set.member;
  for (const [element, node] of set.children ?? []) {
    const isField = element.startsWith("f:");
    const member = isField ? atom?.map?.members.get(element.slice(2)) : undefined;
    const next = isField
      ? (member?.atom ?? atom?.map?.items)
      : element.startsWith("k:")
        ? atom?.list?.items
        : undefined;
    const below = withNamedFields(next, node);
    if (member && node.children) below.member = true;
    out.put(element, below);
  }
  return out;
}
