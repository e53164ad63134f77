/** Schemas of built-in types as both OpenAPI versions print them, from the facts. */

import type { Steps } from "../steps.ts";
import { type FactField, type FactType, factsOf, kindOf } from "../types.ts";
import type { JsonSchema } from "./api-resource.ts";
import { type Descriptions, descriptionsOf } from "./descriptions.ts";
import { META } from "./operation.ts";

export type DocumentVersion = 2 | 3;

const LEAVES: Readonly<Record<string, JsonSchema>> = {
  string: { type: "string" },
  int32: { type: "integer", format: "int32" },
  int64: { type: "integer", format: "int64" },
  double: { type: "number", format: "double" },
  boolean: { type: "boolean" },
  bytes: { type: "string", format: "byte" },
  any: {},
};

/** `$ref` to a definition. */
export function refTo(name: string, version: DocumentVersion): { readonly $ref: string } {
  return { $ref: (version === 2 ? "#/definitions/" : "#/components/schemas/") + name };
}

/** A kind as documents tell it. */
export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/**
 * The schema of a built-in definition. @param everywhere the group versions that have kinds such as DeleteOptions
 * @returns undefined when there is no such definition
 */
export function definitionSchema(
  name: string,
  version: DocumentVersion,
  everywhere: readonly { readonly group: string; readonly version: string }[],
): JsonSchema | undefined {
  const descriptions = descriptionsOf(name);
  const described = descriptions.type ? { description: descriptions.type } : {};
  if (name === `${META}Patch`) return { ...described, type: "object" };
  const fact = factsOf(name);
  if (!fact) return undefined;
  if (fact.customJSON) return described;
  if (fact.scalar) return { ...described, ...scalarSchema(name, fact, version) };
  const properties: Record<string, JsonSchema> = {};
  const fields = Object.entries(fact.fields ?? {});
  for (const [field, facts] of fields) properties[field] = fieldSchema(field, facts, version, descriptions);
  const required = fields.flatMap(([field, { required }]) => (required ? [field] : []));
  const kinds = kindsOf(name, fact, everywhere);
  return {
    ...described,
    type: "object",
    ...(required.length > 0 && { required }),
    ...(fields.length > 0 && { properties }),
    ...(kinds.length > 0 && { "x-kubernetes-group-version-kind": kinds }),
    ...(fact.mapType && { "x-kubernetes-map-type": fact.mapType }),
    ...(fact.unions && { "x-kubernetes-unions": fact.unions }),
  };
}

function kindsOf(
  name: string,
  fact: FactType,
  everywhere: readonly { readonly group: string; readonly version: string }[],
): GroupVersionKind[] {
  if (fact.gvk === "*") {
    const kind = name.slice(META.length);
    return everywhere.map(({ group, version }) => ({ group, kind, version }));
  }
  const kind = kindOf(name);
  return kind ? [{ group: kind.group, kind: kind.kind, version: kind.version }] : [];
}

function scalarSchema(name: string, fact: FactType, version: DocumentVersion): JsonSchema {
  if (version === 3 && name.endsWith(".Quantity")) return { oneOf: [{ type: "string" }, { type: "number" }] };
  if (version === 3 && name.endsWith(".IntOrString"))
    return { format: "int-or-string", oneOf: [{ type: "integer" }, { type: "string" }] };
  const [type, format] = (fact.openapi ?? (fact.scalar === "any object" ? "object" : "string")).split(":");
  return { type, ...(format && { format }) };
}

function fieldSchema(name: string, fact: FactField, version: DocumentVersion, descriptions: Descriptions): JsonSchema {
  // The typings have no text for fields that hold an object; clients then show what its type says.
  const text = descriptions.fields.get(name);
  const description = isContainer(fact.type) ? text : withValues(text, fact.enum);
  const extras: JsonSchema = {
    ...(description && { description }),
    // Defaults are left out of version 2, where old clients would take them for their own.
    ...(version === 3 && fact.default !== undefined && { default: fact.default }),
    ...(fact.listMapKeys && { "x-kubernetes-list-map-keys": fact.listMapKeys }),
    ...(fact.listType && { "x-kubernetes-list-type": fact.listType }),
    ...(fact.mapType && { "x-kubernetes-map-type": fact.mapType }),
    ...(fact.patchMergeKey && { "x-kubernetes-patch-merge-key": fact.patchMergeKey }),
    ...(fact.patchStrategy && { "x-kubernetes-patch-strategy": fact.patchStrategy }),
  };
  const schema = typeSchema(fact.type, version, fact.enum);
  // Version 3 allows nothing beside a $ref.
  if ("$ref" in schema && version === 3 && Object.keys(extras).length > 0) return { allOf: [schema], ...extras };
  return { ...schema, ...extras };
}

function isContainer(type: string): boolean {
  return type.startsWith("[]") || type.startsWith("map[string]");
}

/** Upstream ends the text of a field that takes one of a few values with these; most texts that we read have them. */
function withValues(text: string | undefined, values: readonly string[] | undefined): string | undefined {
  if (!text || !values || text.includes("Possible enum values:")) return text;
  return `${text}\n\nPossible enum values:${values.map((value) => `\n - \`${JSON.stringify(value)}\``).join("")}`;
}

/** @param values of the leaf, however deep in lists and maps it lies */
function typeSchema(type: string, version: DocumentVersion, values?: readonly string[]): JsonSchema {
  if (type.startsWith("[]")) return { type: "array", items: typeSchema(type.slice(2), version, values) };
  if (type.startsWith("map[string]"))
    return { type: "object", additionalProperties: typeSchema(type.slice("map[string]".length), version, values) };
  const leaf = LEAVES[type] ?? refTo(type, version);
  return values ? { ...leaf, enum: values } : leaf;
}

/** Names of the definitions that a part of a document refers to. */
export function referencedIn(value: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const item of value) referencedIn(item, found);
  else if (typeof value === "object" && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      if (key === "$ref" && typeof member === "string") found.add(member.slice(member.lastIndexOf("/") + 1));
      else referencedIn(member, found);
    }
  }
  return found;
}

/** Makes the definitions wanted and all that they refer to, in order of their names. */
export function* closure(
  wanted: Iterable<string>,
  make: (name: string) => JsonSchema | undefined,
): Steps<Record<string, JsonSchema>> {
  const made = new Map<string, JsonSchema>();
  const queue = [...wanted];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (made.has(name)) continue;
    const schema = make(name);
    if (!schema) continue;
    made.set(name, schema);
    queue.push(...referencedIn(schema));
    yield;
  }
  return Object.fromEntries([...made].sort(([a], [b]) => (a < b ? -1 : 1)));
}
