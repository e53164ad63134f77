import { encodeSorted } from "../../../../openapi/encode.ts";
import { type FieldError, fieldDuplicate, fieldInvalid } from "../../../meta/field-error.ts";
import { additionalOf, child, isObject, itemsOf, type JsonObject, type JsonSchema, propertyOf } from "./json-schema.ts";

/**
 * Sets hold no value twice, and lists of objects no key twice.
 * (apiextensions-apiserver/pkg/apiserver/schema/listtype)
 */
export function validateListTypes(value: unknown, schema: JsonSchema | undefined, path = ""): FieldError[] {
  if (!schema) return [];
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    const inner = items ? value.flatMap((item, i) => validateListTypes(item, items, `${path}[${i}]`)) : [];
    return [...duplicates(value, schema, path), ...inner];
  }
  if (!isObject(value)) return [];
  const additional = additionalOf(schema);
  return Object.keys(value)
    .sort()
    .flatMap((name) => {
      const inner = propertyOf(schema, name);
      if (inner) return validateListTypes(value[name], inner, child(path, name));
      return additional ? validateListTypes(value[name], additional, `${path}[${name}]`) : [];
    });
}

function duplicates(list: readonly unknown[], schema: JsonSchema, path: string): FieldError[] {
  switch (schema["x-kubernetes-list-type"]) {
    case "set":
      return repeated(list).map((index) => fieldDuplicate(`${path}[${index}]`, list[index]));
    case "map":
      return duplicateKeys(list, schema["x-kubernetes-list-map-keys"] ?? [], path);
    default:
      return [];
  }
}

function duplicateKeys(list: readonly unknown[], names: readonly string[], path: string): FieldError[] {
  const wrong = list.findIndex((item) => item !== null && !isObject(item));
  if (wrong >= 0) {
    return [fieldInvalid(`${path}[${wrong}]`, list[wrong], "must be an object for an array of list-type map")];
  }
  const keys = list.map((item) => {
    const key: JsonObject = {};
    for (const name of names) if (isObject(item) && Object.hasOwn(item, name)) key[name] = item[name];
    return key;
  });
  return repeated(keys).map((index) => fieldDuplicate(`${path}[${index}]`, sorted(keys[index] ?? {})));
}

function sorted(key: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Where values stand for the second time. */
function repeated(list: readonly unknown[]): number[] {
  if (list.length <= 1) return [];
  const seen = new Map<string, number>();
  return list.flatMap((value, index) => {
    const text = encodeSorted(value);
    const times = (seen.get(text) ?? 0) + 1;
    seen.set(text, times);
    return times === 2 ? [index] : [];
  });
}
