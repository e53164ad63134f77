/**
 * Schemas of custom resources in documents: the CRD's own, with what every object has added to it. Follows
 * apiextensions-apiserver/pkg/controller/openapi/{builder,v2}.
 */

import type { Steps } from "../steps.ts";
import type { ApiResource, JsonSchema } from "./api-resource.ts";
import { type DocumentVersion, refTo } from "./definitions.ts";
import { descriptionsOf } from "./descriptions.ts";
import { definitionName, META } from "./operation.ts";

const PRESERVE = "x-kubernetes-preserve-unknown-fields";
const EMBEDDED = "x-kubernetes-embedded-resource";

/** Schemas of custom resources and their lists by definition name. */
export function* allCustomDefinitions(
  resources: readonly ApiResource[],
  version: DocumentVersion,
): Steps<Map<string, JsonSchema>> {
  const all = new Map<string, JsonSchema>();
  for (const resource of resources) {
    if (!resource.custom) continue;
    for (const [name, schema] of customDefinitions(resource, version)) all.set(name, schema);
    yield;
  }
  return all;
}

function customDefinitions(resource: ApiResource, version: DocumentVersion): Map<string, JsonSchema> {
  const { group, kind, listKind } = resource;
  const objectName = definitionName(group, resource.version, kind);
  const selectable = resource.custom?.selectableFields ?? [];
  const extras = (kindName: string): JsonSchema => ({
    "x-kubernetes-group-version-kind": [{ group, kind: kindName, version: resource.version }],
    ...(selectable.length > 0 &&
      version === 3 && { "x-kubernetes-selectable-fields": selectable.map((fieldPath) => ({ fieldPath })) }),
  });
  const list: JsonSchema = {
    description: `${listKind} is a list of ${kind}`,
    type: "object",
    required: ["items"],
    properties: {
      ...typeMeta(),
      items: { ...asOfPods("items", resource.plural), type: "array", items: refTo(objectName, version) },
      metadata: metadata("ListMeta", version),
    },
    ...extras(listKind),
  };
  return new Map([
    [objectName, { ...objectSchema(resource.custom?.schema, version), ...extras(kind) }],
    [definitionName(group, resource.version, listKind), list],
  ]);
}

function objectSchema(schema: JsonSchema | undefined, version: DocumentVersion): JsonSchema {
  // kubectl takes listed properties for all there are, so where anything is allowed none may be listed.
  if (!schema || (version === 2 && schema[PRESERVE] === true)) return { type: "object" };
  const converted = convert(version === 2 ? forVersion2(schema) : schema, version);
  const properties = { ...properties_(converted), ...typeMeta(), metadata: metadata("ObjectMeta", version) };
  return { ...converted, properties };
}

function properties_(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return (schema.properties ?? {}) as Record<string, JsonSchema>; // of a structural schema
}

/** Adds what embedded resources have, at every depth. */
function convert(schema: JsonSchema, version: DocumentVersion): JsonSchema {
  const converted = mapChildren(schema, (child) => convert(child, version));
  if (schema[EMBEDDED] !== true || (version === 2 && schema[PRESERVE] === true)) return converted;
  const required = new Set([...((schema.required ?? []) as string[]), "kind", "apiVersion"]); // of a structural schema
  const properties = { ...properties_(converted), ...typeMeta(), metadata: metadata("ObjectMeta", version) };
  return { ...converted, required: [...required], properties };
}

/** Takes out what version 2 or its clients cannot express. */
function forVersion2(schema: JsonSchema): JsonSchema {
  const { allOf: _allOf, oneOf: _oneOf, anyOf: _anyOf, not: _not, nullable, default: _default, ...kept } = schema;
  const untyped = nullable === true || schema[PRESERVE] === true;
  let result: JsonSchema = kept;
  if (untyped) {
    const { items: _items, properties: _properties, ...rest } = kept;
    result = rest;
  }
  const dropType =
    nullable === true ||
    (result.type === "array" && !result.items) ||
    (schema[PRESERVE] === true && result.type === "object");
  if (dropType) {
    const { type: _type, ...rest } = result;
    result = rest;
  }
  const nullableFields = Object.entries(properties_(schema)).filter(([, child]) => child.nullable === true);
  if (nullableFields.length > 0 && Array.isArray(result.required)) {
    const names = nullableFields.map(([name]) => name);
    result = { ...result, required: result.required.filter((name) => !names.includes(name)) };
  }
  return mapChildren(result, forVersion2);
}

function mapChildren(schema: JsonSchema, change: (child: JsonSchema) => JsonSchema): JsonSchema {
  const isSchema = (value: unknown): value is JsonSchema =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  const { properties, items, additionalProperties } = schema;
  return {
    ...schema,
    ...(isSchema(properties) && {
      properties: Object.fromEntries(Object.entries(properties_(schema)).map(([name, child]) => [name, change(child)])),
    }),
    ...(isSchema(items) && { items: change(items) }),
    ...(isSchema(additionalProperties) && { additionalProperties: change(additionalProperties) }),
  };
}

function typeMeta(): Record<string, JsonSchema> {
  const { fields } = descriptionsOf(`${META}Status`);
  const member = (name: string): JsonSchema => {
    const description = fields.get(name);
    return { ...(description && { description }), type: "string" };
  };
  return { apiVersion: member("apiVersion"), kind: member("kind") };
}

function metadata(type: "ObjectMeta" | "ListMeta", version: DocumentVersion): JsonSchema {
  const ref = refTo(META + type, version);
  const described = type === "ObjectMeta" ? ofPod("metadata") : asOfPods("metadata");
  return version === 3 ? { allOf: [ref], ...described } : { ...ref, ...described };
}

const described = (definition: string, field: string, change = (text: string) => text): JsonSchema => {
  const text = descriptionsOf(definition).fields.get(field);
  return text ? { description: change(text) } : {};
};

/** Upstream tells of the fields that all objects have in the same words as of a Pod's. */
const ofPod = (field: string) => described("io.k8s.api.core.v1.Pod", field);
const asOfPods = (field: string, plural = "pods") =>
  described("io.k8s.api.core.v1.PodList", field, (text) => text.replace(/\bpods\b/, plural));
