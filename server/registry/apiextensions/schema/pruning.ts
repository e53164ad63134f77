import { additionalOf, child, isObject, itemsOf, type JsonSchema, propertyOf } from "./json-schema.ts";

const META_FIELDS = new Set(["apiVersion", "kind", "metadata"]);

/** Hears the path of each field that was taken out. */
export type OnUnknown = (path: string) => void;

/**
 * Takes out of a value what its schema does not name; identity and metadata of embedded resources stay. In place.
 * (apiextensions-apiserver/pkg/apiserver/schema/pruning)
 * @param isResourceRoot the value is an object with apiVersion, kind and metadata whatever the schema says
 */
export function prune(value: unknown, schema: JsonSchema | undefined, isResourceRoot: boolean, onUnknown?: OnUnknown) {
  const root = isResourceRoot ? { ...schema, "x-kubernetes-embedded-resource": true } : schema;
  pruneNode(value, root, "", onUnknown);
}

function pruneNode(value: unknown, schema: JsonSchema | undefined, path: string, onUnknown?: OnUnknown): void {
  if (Array.isArray(value)) {
    const items = schema && itemsOf(schema);
    const keeps = schema?.["x-kubernetes-preserve-unknown-fields"];
    if (keeps && !items) return;
    for (const [index, item] of value.entries()) {
      const at = `${path}[${index}]`;
      if (keeps && items) pruneKept(item, items, at, onUnknown);
      else pruneNode(item, items, at, onUnknown);
    }
    return;
  }
  if (!isObject(value)) return;
  if (schema?.["x-kubernetes-preserve-unknown-fields"]) return pruneKept(value, schema, path, onUnknown);
  for (const name of Object.keys(value)) {
    if (schema?.["x-kubernetes-embedded-resource"] && META_FIELDS.has(name)) continue;
    const inner = schema && propertyOf(schema, name);
    if (inner) pruneNode(value[name], inner, child(path, name), onUnknown);
    else if (schema && schema.additionalProperties !== undefined) {
      pruneNode(value[name], additionalOf(schema), child(path, name), onUnknown);
    } else {
      onUnknown?.(child(path, name));
      delete value[name];
    }
  }
}

/** Below x-kubernetes-preserve-unknown-fields, where what is named is pruned as usual and the rest is kept. */
function pruneKept(value: unknown, schema: JsonSchema, path: string, onUnknown?: OnUnknown): void {
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (items) for (const [i, item] of value.entries()) pruneKept(item, items, `${path}[${i}]`, onUnknown);
    return;
  }
  if (!isObject(value)) return;
  for (const name of Object.keys(value)) {
    if (schema["x-kubernetes-embedded-resource"] && META_FIELDS.has(name)) continue;
    const inner = propertyOf(schema, name);
    if (inner) pruneNode(value[name], inner, child(path, name), onUnknown);
    else if (schema.additionalProperties !== undefined) {
      pruneNode(value[name], additionalOf(schema), child(path, name), onUnknown);
    }
  }
}
