import type { CelType } from "./types.ts";
import { isPlainObject, mapGet, type Value } from "./values.ts";

/** Whether a type is, or holds, a list whose order does not count. */
export function hasUnordered(type: CelType | undefined): boolean {
  if (!type) return false;
  if (type.unorderedBy || type.params.some(hasUnordered)) return true;
  return [...(type.fields?.values() ?? [])].some((field) => hasUnordered(field.type));
}

/**
 * Brings sets and lists with keys into one order, so that equal ones are alike.
 * (apiserver/pkg/cel/common/valuesunstructured.go Equal)
 */
export function inOrder(value: Value, type: CelType | undefined): Value {
  if (!type || !hasUnordered(type)) return value;
  if (Array.isArray(value)) {
    const items = value.map((item: Value) => inOrder(item, type.params[0]));
    const { unorderedBy } = type;
    if (!unorderedBy) return items;
    const keyed = items.map((item) => ({ item, key: keyOf(item, unorderedBy) }));
    return keyed.sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key))).map(({ item }) => item);
  }
  if (!isPlainObject(value)) return value;
  const fields = new Map([...(type.fields?.values() ?? [])].map((field) => [field.key, field.type]));
  const ordered = (name: string, member: unknown) =>
    inOrder(member as Value, type.kind === "map" ? type.params[1] : fields.get(name)); // JSON holds nothing but values
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, ordered(name, member)]));
}

function keyOf(item: Value, keys: readonly string[]): string {
  if (keys.length === 0 || !isPlainObject(item)) return JSON.stringify(item);
  return JSON.stringify(keys.map((key) => mapGet(item, key) ?? null));
}
