import { compareElements, type PathElement } from "./path-element.ts";

/**
 * A set of paths, as a tree. A node is a member of the set when `member` is true; that it has children says nothing
 * of itself. Sets are not changed once others can see them: the operations below give new sets, or one of their
 * arguments when that is the answer. Follows structured-merge-diff/fieldpath/set.go.
 */
export class FieldSet {
  member = false;
  children: Map<PathElement, FieldSet> | undefined = undefined;

  /** Only while building. */
  child(element: PathElement): FieldSet {
    this.children ??= new Map();
    let node = this.children.get(element);
    if (!node) {
      node = new FieldSet();
      this.children.set(element, node);
    }
    return node;
  }

  /** Only while building: hangs a subtree below this one; undefined is nothing. */
  put(element: PathElement, node: FieldSet | undefined): void {
    if (!node) return;
    this.children ??= new Map();
    this.children.set(element, node);
  }
}

export const EMPTY_SET: FieldSet = new FieldSet();

/** A leaf that is a member: shared, as leaves are all the same. */
export const LEAF: FieldSet = new FieldSet();
LEAF.member = true;

/** The set of these paths. */
export function setOf(paths: readonly (readonly PathElement[])[]): FieldSet {
  const set = new FieldSet();
  for (const path of paths) {
    let node = set;
    for (const element of path) node = node.child(element);
    node.member = true;
  }
  return set;
}

/** Whether no path is in it. Operations never leave nodes behind that hold nothing, so this looks at the top only. */
export function isEmpty(set: FieldSet): boolean {
  return !set.children || set.children.size === 0;
}

function node(member: boolean, children: Map<PathElement, FieldSet> | undefined): FieldSet | undefined {
  const filled = children !== undefined && children.size > 0;
  if (!filled) return member ? LEAF : undefined;
  const set = new FieldSet();
  set.member = member;
  set.children = children;
  return set;
}

/** Paths in either. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || (isEmpty(b) && (a.member || !b.member))) return a;
  if (isEmpty(a) && (b.member || !a.member)) return b;
  let changed = b.member && !a.member;
  const children = new Map(a.children);
  for (const [element, theirs] of b.children ?? []) {
    const ours = children.get(element);
    const both = ours ? union(ours, theirs) : theirs;
    if (both !== ours) {
      children.set(element, both);
      changed = true;
    }
  }
  return changed ? (node(a.member || b.member, children) ?? EMPTY_SET) : a;
}

function intersect(a: FieldSet, b: FieldSet): FieldSet | undefined {
  let children: Map<PathElement, FieldSet> | undefined;
  if (a.children && b.children) {
    for (const [element, ours] of a.children) {
      const theirs = b.children.get(element);
      const both = theirs && intersect(ours, theirs);
      if (!both) continue;
      children ??= new Map();
      children.set(element, both);
    }
  }
  return node(a.member && b.member, children);
}

/** Paths in both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return intersect(a, b) ?? EMPTY_SET;
}

function subtract(a: FieldSet, b: FieldSet, recursive: boolean): FieldSet | undefined {
  if (recursive && b.member) return undefined;
  const member = a.member && !b.member;
  let children: Map<PathElement, FieldSet> | undefined;
  if (a.children && b.children) {
    for (const [element, theirs] of b.children) {
      const ours = a.children.get(element);
      if (!ours) continue;
      const rest = subtract(ours, theirs, recursive);
      if (rest === ours) continue;
      children ??= new Map(a.children);
      if (rest) children.set(element, rest);
      else children.delete(element);
    }
  }
  if (member === a.member && !children) return a;
  return node(member, children ?? a.children);
}

/** Paths of `a` that are not in `b`; a parent in `b` does not take its children along. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return subtract(a, b, false) ?? EMPTY_SET;
}

/** Paths of `a` that are not in `b` nor below one of `b`. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  return subtract(a, b, true) ?? EMPTY_SET;
}

/** Whether the path itself is a member. */
export function has(set: FieldSet, path: readonly PathElement[]): boolean {
  let current: FieldSet | undefined = set;
  for (const element of path) current = current?.children?.get(element);
  return path.length > 0 && current?.member === true;
}

/** Same paths. */
export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  if (a.member !== b.member || (a.children?.size ?? 0) !== (b.children?.size ?? 0)) return false;
  for (const [element, ours] of a.children ?? []) {
    const theirs = b.children?.get(element);
    if (!theirs || !equalSets(ours, theirs)) return false;
  }
  return true;
}

/** Every path, in upstream's order of conflicts: the members of a level, then what is below each. */
export function paths(set: FieldSet, prefix: readonly PathElement[] = []): PathElement[][] {
  const children = [...(set.children ?? [])].sort(([a], [b]) => compareElements(a, b));
  return [
    ...children.filter(([, below]) => below.member).map(([element]) => [...prefix, element]),
    ...children.flatMap(([element, below]) => paths(below, [...prefix, element])),
  ];
}
