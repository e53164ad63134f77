/**
 * What a type's protobuf message holds, by field number. Two things differ from the JSON: Go's embedded structs are
 * messages of their own on the wire, and a few list types are messages with `repeated items = 1`.
 */
import type { Field, Schema } from "../schema.ts";
import { type FactField, type FactType, factsOf, factsOfSchema } from "../types.ts";

/** One field number: a field of the object, or an embedded message whose fields belong to the same object. */
export type Entry =
  | { readonly tag: number; readonly field: Field; readonly items: boolean }
  | { readonly tag: number; readonly embedded: readonly Entry[] };

/** The fields of a type's message in ascending order; those of other types than built-in ones say their own numbers. */
export function planOf(schema: Schema): readonly Entry[] {
  const fact = factsOfSchema(schema);
  if (!fact) {
    const own = [...(schema.fields?.values() ?? [])].flatMap((field) =>
      field.pb === undefined ? [] : [{ tag: field.pb, field, items: false }],
    );
    if (own.length === 0) throw new Error(`no protobuf message for ${schema.name ?? schema.type}`);
    return own.sort((a, b) => a.tag - b.tag);
  }
  return plan(schema, fact, Object.entries(fact.fields ?? {}), undefined);
}

/** Entries of the message `inside` (an embedded one; undefined is the outermost). */
function plan(
  schema: Schema,
  fact: FactType,
  facts: readonly (readonly [string, FactField])[],
  inside: string | undefined,
): readonly Entry[] {
  const entries: Entry[] = [];
  for (const [name, { pb, pbIn, pbItems }] of facts) {
    const field = schema.fields?.get(name);
    if (field && pb !== undefined && pbIn === inside) entries.push({ tag: pb, field, items: pbItems ?? false });
  }
  for (const [name, tag] of Object.entries(embeddedIn(schema, fact, inside)))
    entries.push({ tag, embedded: plan(schema, fact, facts, name) });
  return entries.sort((a, b) => a.tag - b.tag);
}

/** Messages embedded one level down. Deeper ones are told by the embedded type itself, which is of the same package. */
function embeddedIn(schema: Schema, fact: FactType, inside: string | undefined): Readonly<Record<string, number>> {
  if (inside === undefined) return fact.pbEmbedded ?? {};
  const name = schema.name ?? "";
  return factsOf(name.slice(0, name.lastIndexOf(".") + 1) + inside)?.pbEmbedded ?? {};
}
