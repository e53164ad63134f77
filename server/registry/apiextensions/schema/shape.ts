import type { Field, Schema } from "../../../../openapi/schema.ts";
import { schemaOf } from "../../../../openapi/types.ts";
import { additionalOf, itemsOf, type JsonSchema } from "./json-schema.ts";

const TEXT: Schema = { type: "string" };
const OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/** The shape of a custom resource, for everything that is generic over kinds: apply above all. */
export function shapeOf(schema: JsonSchema | undefined): Schema {
  const root: JsonSchema = schema ?? { "x-kubernetes-preserve-unknown-fields": true };
  return objectShape({ ...root, "x-kubernetes-embedded-resource": true });
}

function field(name: string, schema: Schema, node: JsonSchema | undefined, required: boolean): [string, Field] {
  const more = node?.default === undefined ? {} : { default: node.default };
  return [name, { name, schema, pointer: false, always: false, required, ...more }];
}

function objectShape(node: JsonSchema): Schema {
  const required = new Set(node.required);
  const embedded = node["x-kubernetes-embedded-resource"] === true;
  const fields = new Map<string, Field>();
  for (const [name, inner] of Object.entries(node.properties ?? {})) {
    fields.set(...field(name, nodeShape(inner), inner, required.has(name)));
  }
  if (embedded) {
    fields.set(...field("apiVersion", TEXT, undefined, false));
    fields.set(...field("kind", TEXT, undefined, false));
    fields.set(...field("metadata", schemaOf(OBJECT_META), undefined, false));
  }
  return { type: "object", fields, ...traits(node) };
}

function traits(node: JsonSchema): Partial<Schema> {
  const { "x-kubernetes-map-type": mapType, nullable } = node;
  return {
    ...((mapType === "atomic" || mapType === "granular") && { mapType }),
    ...(node["x-kubernetes-preserve-unknown-fields"] && { preserveUnknownFields: true }),
    ...(node["x-kubernetes-embedded-resource"] && { embeddedResource: true }),
    ...(nullable && { nullable }),
  };
}

function nodeShape(node: JsonSchema): Schema {
  if (node["x-kubernetes-int-or-string"]) return { type: "int-or-string", ...traits(node) };
  switch (node.type) {
    case "object": {
      const additional = additionalOf(node);
      if (additional && !node.properties) return { type: "map", items: nodeShape(additional), ...traits(node) };
      return objectShape(node);
    }
    case "array":
      return listShape(node);
    case "string":
      return { type: "string", ...traits(node) };
    case "integer":
      return { type: "int64", ...traits(node) };
    case "number":
      return { type: "double", ...traits(node) };
    case "boolean":
      return { type: "boolean", ...traits(node) };
    default:
      return { type: "any", ...traits(node) };
  }
}

function listShape(node: JsonSchema): Schema {
  const items = itemsOf(node);
  const listType = node["x-kubernetes-list-type"];
  return {
    type: "list",
    items: items ? nodeShape(items) : { type: "any" },
    ...((listType === "map" || listType === "set" || listType === "atomic") && { listType }),
    ...(listType === "map" && { listMapKeys: node["x-kubernetes-list-map-keys"] ?? [] }),
    ...traits(node),
  };
}
