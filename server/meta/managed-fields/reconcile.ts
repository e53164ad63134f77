import type { Atom } from "./atom.ts";
import { type FieldSet, recursiveDifference, setOf, union } from "./field-set.ts";
import type { PathElement } from "./path-element.ts";

/**
 * Fits a set to a schema that has since turned a granular place into an atomic one: what was owned below it becomes
 * the place itself. The other way needs nothing. Follows structured-merge-diff/typed/reconcile_schema.go.
 * @returns the set itself when nothing is to be done
 */
export function reconcileWithSchema(atom: Atom, set: FieldSet): FieldSet {
  const atomics: PathElement[][] = [];
  for (const [element, node] of set.children ?? []) {
    if (node.children) visit(childAtom(atom, element), node, { element, parent: undefined }, atomics);
  }
  if (atomics.length === 0) return set;
  const places = setOf(atomics);
  return union(recursiveDifference(set, places), places);
}

/** A path from its end: only those that are reported are written out. */
interface Trail {
  readonly element: PathElement;
  readonly parent: Trail | undefined;
}

function pathOf(trail: Trail | undefined): PathElement[] {
  return trail ? [...pathOf(trail.parent), trail.element] : [];
}

function childAtom(atom: Atom, element: PathElement): Atom | undefined {
  if (!element.startsWith("f:")) return atom.map ? atom.map.items : atom.list?.items;
  return atom.map?.members.get(element.slice(2))?.atom ?? atom.map?.items;
}

function visit(atom: Atom | undefined, node: FieldSet, trail: Trail, atomics: PathElement[][]): void {
  if (!atom || (!atom.map && !atom.list)) return;
  // What is free-form has no say in how it is owned.
  if (atom.map?.free) return;
  const atomic = atom.map ? atom.map.atomic : !atom.scalar && atom.list!.atomic;
  if (atomic) {
    atomics.push(pathOf(trail));
    return;
  }
  for (const [element, below] of node.children ?? []) {
    if (below.children) visit(childAtom(atom, element), below, { element, parent: trail }, atomics);
  }
}
