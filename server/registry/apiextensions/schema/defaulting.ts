import { deepCopy } from "../../../meta/equality.ts";
import { additionalOf, isObject, itemsOf, type JsonSchema, propertyOf } from "./json-schema.ts";

/**
 * Fills in the defaults of a schema, also for nulls where null is no value. In place.
 * (apiextensions-apiserver/pkg/apiserver/schema/defaulting/algorithm.go)
 */
export function applyDefaults(value: unknown, schema: JsonSchema | undefined): void {
  if (!schema || !hasDefaults(schema)) return;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    for (const [index, item] of value.entries()) {
      if (items && isMisplacedNull(item, items) && items.default !== undefined) value[index] = deepCopy(items.default);
      applyDefaults(value[index], items);
    }
    return;
  }
  if (!isObject(value)) return;
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    if (inner.default === undefined) continue;
    if (!Object.hasOwn(value, name) || isMisplacedNull(value[name], inner)) value[name] = deepCopy(inner.default);
  }
  const additional = additionalOf(schema);
  for (const name of Object.keys(value)) {
    const inner = propertyOf(schema, name) ?? additional;
    if (!inner) continue;
    if (inner === additional && isMisplacedNull(value[name], inner) && inner.default !== undefined) {
      value[name] = deepCopy(inner.default);
    }
    applyDefaults(value[name], inner);
  }
}

/** Takes out nulls where null is no value and nothing takes its place. In place. (defaulting/prunenulls.go) */
export function dropMisplacedNulls(value: unknown, schema: JsonSchema | undefined): void {
  if (!schema) return;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (items) for (const item of value) dropMisplacedNulls(item, items);
    return;
  }
  if (!isObject(value)) return;
  const additional = additionalOf(schema);
  for (const [name, member] of Object.entries(value)) {
    const inner = propertyOf(schema, name) ?? additional;
    if (!inner) continue;
    if (isMisplacedNull(member, inner) && inner.default === undefined) delete value[name];
    else dropMisplacedNulls(member, inner);
  }
}

function isMisplacedNull(value: unknown, schema: JsonSchema): boolean {
  return value === null && !schema.nullable;
}

const withDefaults = new WeakMap<JsonSchema, boolean>();

/** Whether a node or any below has a default: most of a schema is never walked. */
function hasDefaults(schema: JsonSchema): boolean {
  let known = withDefaults.get(schema);
  if (known === undefined) {
    const inner = [itemsOf(schema), additionalOf(schema), ...Object.values(schema.properties ?? {})];
    known = inner.some((node) => node !== undefined && (node.default !== undefined || hasDefaults(node)));
    withDefaults.set(schema, known);
  }
  return known;
}
