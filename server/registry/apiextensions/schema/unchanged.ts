import { semanticEqual } from "../../../meta/equality.ts";
import { additionalOf, isObject, itemsOf, type JsonSchema, propertyOf } from "./json-schema.ts";

/**
 * Whether a value is as it was, for all that its schema can tell: what it does not know counts as changed, and items of
 * lists with keys are compared by key. (apiserver/pkg/cel/common/equality.go CachedDeepEqual)
 */
export function isUnchanged(value: unknown, old: unknown, schema: JsonSchema): boolean {
  if (value === null || value === undefined || old === null || old === undefined)
    return (value ?? null) === (old ?? null);
  if (Array.isArray(value)) return Array.isArray(old) && isListUnchanged(value, old, schema);
  if (!isObject(value)) return semanticEqual(value, old);
  if (!isObject(old) || Object.keys(value).length !== Object.keys(old).length) return false;
  return Object.keys(value).every((name) => {
    const inner = propertyOf(schema, name) ?? additionalOf(schema);
    return inner !== undefined && Object.hasOwn(old, name) && isUnchanged(value[name], old[name], inner);
  });
}

function isListUnchanged(list: readonly unknown[], old: readonly unknown[], schema: JsonSchema): boolean {
  const items = itemsOf(schema);
  if (list.length !== old.length) return false;
  if (schema["x-kubernetes-list-type"] !== "map" || !items) return semanticEqual(list, old);
  return list.every((item) => {
    const before = itemByKey(item, old, schema);
    return before !== undefined && isUnchanged(item, before, items);
  });
}

/** The first item of a list that has the same keys. @returns undefined in lists without */
export function itemByKey(item: unknown, list: unknown, schema: JsonSchema): unknown {
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  if (schema["x-kubernetes-list-type"] !== "map" || keys.length === 0 || !Array.isArray(list)) return undefined;
  const isScalar = (value: unknown) => ["string", "number", "bigint", "boolean"].includes(typeof value);
  const same = (other: unknown) =>
    isObject(item) && isObject(other) && keys.every((key) => isScalar(item[key]) && item[key] === other[key]);
  return list.find(same);
}
