import { EMPTY_SET, FieldSet, recursiveDifference, setOf } from "./field-set.ts";
import type { PathElement } from "./path-element.ts";

/** Paths of plain member names; `*` stands for any element. */
export type FieldPath = readonly string[];

/**
 * What a strategy leaves alone, and so nobody can own through its resource: `reset` names what is thrown away,
 * `only` names all that is kept. (rest.ResetFieldsStrategy, rest.ResetFieldsFilterStrategy)
 */
export type ResetFields = { readonly reset: readonly FieldPath[] } | { readonly only: readonly FieldPath[] };

/** Takes the paths out of a set that cannot be owned. */
export type FieldFilter = (set: FieldSet) => FieldSet;

/** A filter made once for a resource. */
export function filterOf(fields: ResetFields | undefined): FieldFilter {
  if (!fields) return (set) => set;
  if ("reset" in fields) {
    const reset = resetSetOf(fields.reset);
    return (set) => recursiveDifference(set, reset);
  }
  const { only } = fields;
  return (set) => keep(set, only) ?? EMPTY_SET;
}

/** The set of these paths, which are of members only. */
export function resetSetOf(reset: readonly FieldPath[]): FieldSet {
  return setOf(reset.map((path) => path.map((name) => `f:${name}`)));
}

/** A parent of what is kept is kept as well: `FilterIncludeMatches` matches level by level. */
function keep(set: FieldSet, only: readonly FieldPath[]): FieldSet | undefined {
  if (only.some((path) => path.length === 0)) return set;
  const out = new FieldSet();
  out.member = set.member;
  for (const [element, node] of set.children ?? []) {
    const deeper = only.filter(([first]) => matches(first!, element)).map((path) => path.slice(1));
    if (deeper.length > 0) out.put(element, keep(node, deeper));
  }
  return out.member || out.children ? out : undefined;
}

function matches(pattern: string, element: PathElement): boolean {
  return pattern === "*" || element === `f:${pattern}`;
}
