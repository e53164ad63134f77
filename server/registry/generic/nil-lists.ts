import type { Schema } from "../../../openapi/schema.ts";

/** Takes empty lists out of a value of one schema. */
type Walk = (value: object) => void;

const walks = new WeakMap<Schema, Walk | null>();

/**
 * Upstream stores built-in kinds as protobuf, which does not tell an empty list from none: what comes back, also from
 * the write itself, has none. Lists that are printed even when unset become `null` so. In place.
 */
export function dropEmptyLists(value: object, schema: Schema): void {
  walkOf(schema)?.(value);
}

/** @returns null where no such list can be below: most fields are never looked at */
function walkOf(schema: Schema): Walk | null {
  const known = walks.get(schema);
  if (known !== undefined) return known;
  // Recursive types find this while they are made.
  let walk: Walk | null = null;
  walks.set(schema, (value) => walk?.(value));
  walk = makeWalk(schema);
  walks.set(schema, walk);
  return walk;
}

function makeWalk(schema: Schema): Walk | null {
  if (schema.type === "list" || schema.type === "map") {
    const inner = schema.items && walkOf(schema.items);
    if (!inner) return null;
    return (value) => {
      for (const item of Object.values(value)) if (typeof item === "object" && item !== null) inner(item);
    };
  }
  const lists: string[] = [];
  const deeper: [string, Walk][] = [];
  for (const { name, schema: own, always } of schema.fields?.values() ?? []) {
    if (own.type === "list" && always) lists.push(name);
    const inner = walkOf(own);
    if (inner) deeper.push([name, inner]);
  }
  if (lists.length === 0 && deeper.length === 0) return null;
  return (value) => {
    const object = value as Record<string, unknown>; // plain JSON, by name
    for (const name of lists) {
      const list = object[name];
      if (Array.isArray(list) && list.length === 0) delete object[name];
    }
    for (const [name, inner] of deeper) {
      const member = object[name];
      if (typeof member === "object" && member !== null) inner(member);
    }
  };
}
