import {
  type FieldError,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from "../../../meta/field-error.ts";
import { internalForm } from "../../../meta/internal-form.ts";
import type { SchemaDemands } from "../schema-validation.ts";
import { child, itemsOf, type JsonSchema, propertyOf } from "./json-schema.ts";

/** The extensions that say how lists and maps are compared and merged. */
export function validateExtensions(schema: JsonSchema, path: string, demands: SchemaDemands): FieldError[] {
  const at = (name: string) => child(path, name);
  const errors: FieldError[] = [];
  const { type = "" } = schema;
  const mapType = schema["x-kubernetes-map-type"];
  const listType = schema["x-kubernetes-list-type"];
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const mustBe = (wanted: string, keyword: string) => {
    const text = `must be ${wanted} if ${keyword} is specified`;
    errors.push(type ? fieldInvalid(at("type"), type, text) : fieldRequired(at("type"), text));
  };
  if (schema["x-kubernetes-preserve-unknown-fields"] === false) {
    errors.push(fieldInvalid(at("x-kubernetes-preserve-unknown-fields"), false, "must be true or undefined"));
  }
  if (mapType !== undefined && type !== "object") mustBe("object", "x-kubernetes-map-type");
  if (mapType !== undefined && mapType !== "atomic" && mapType !== "granular") {
    errors.push(fieldNotSupported(at("x-kubernetes-map-type"), mapType, ["atomic", "granular"]));
  }
  if (listType !== undefined && type !== "array") mustBe("array", "x-kubernetes-list-type");
  else if (demands.atomicSets) errors.push(...validateSetItems(schema, path));
  if (listType !== undefined && !["atomic", "set", "map"].includes(listType)) {
    errors.push(fieldNotSupported(at("x-kubernetes-list-type"), listType, ["atomic", "set", "map"]));
  }
  if (keys.length > 0 && listType !== "map") {
    const text = "must be map if x-kubernetes-list-map-keys is non-empty";
    const field = at("x-kubernetes-list-type");
    errors.push(listType === undefined ? fieldRequired(field, text) : fieldInvalid(field, listType, text));
  }
  if (listType === "map") errors.push(...validateMapList(schema, keys, path));
  return errors;
}

/** What is wrong with the items of a set: they are compared as a whole. */
export function validateSetItems(schema: JsonSchema, path: string): FieldError[] {
  const items = itemsOf(schema);
  if (schema["x-kubernetes-list-type"] !== "set" || !items) return [];
  const listType = items["x-kubernetes-list-type"];
  const text = "must be atomic as item of a list with x-kubernetes-list-type=set";
  const at = `${child(path, "items")}.x-kubernetes-`;
  if (items.type === "array" && listType !== undefined && listType !== "atomic") {
    return [fieldInvalid(`${at}list-type`, listType, text)];
  }
  const granular = items.type === "object" && items["x-kubernetes-map-type"] !== "atomic";
  return granular ? [fieldInvalid(`${at}map-type`, listType, text)] : [];
}

function validateMapList(schema: JsonSchema, keys: readonly string[], path: string): FieldError[] {
  const at = (name: string) => child(path, name);
  const errors: FieldError[] = [];
  const items = itemsOf(schema);
  if (keys.length === 0) {
    const text = "must not be empty if x-kubernetes-list-type is map";
    errors.push(fieldRequired(at("x-kubernetes-list-map-keys"), text));
  }
  if (schema.items === undefined) {
    errors.push(fieldRequired(at("items"), "must have a schema if x-kubernetes-list-type is map"));
  } else if (!items) {
    const text = "must only have a single schema if x-kubernetes-list-type is map";
    errors.push(fieldInvalid(at("items"), internalForm("apiextensions.JSONSchemaPropsOrArray", schema.items), text));
  } else if (items.type !== "object") {
    const text = "must be object if parent array's x-kubernetes-list-type is map";
    errors.push(fieldInvalid(at("items.type"), items.type ?? "", text));
  } else {
    for (const [index, key] of keys.entries()) {
      const property = propertyOf(items, key);
      const wrong = (text: string) => errors.push(fieldInvalid(at("x-kubernetes-list-map-keys"), keys, text));
      if (!property) wrong("entries must all be names of item properties");
      else if (property.type === "array" || property.type === "object") {
        const text = "must be a scalar type if parent array's x-kubernetes-list-type is map";
        errors.push(fieldInvalid(at(`items.properties[${key}].type`), items.type, text));
      }
      if (keys.indexOf(key) < index) wrong("must not contain duplicate entries");
    }
  }
  return errors;
}

/** Keys of lists are there, and neither they nor the items are null. (validateMapListKeysMapSet) */
export function validateListKeys(schema: JsonSchema, path: string): FieldError[] {
  const items = itemsOf(schema);
  const listType = schema["x-kubernetes-list-type"];
  if (!items || (listType !== "set" && listType !== "map")) return [];
  const at = child(path, "items");
  const errors: FieldError[] = [];
  if (items.nullable) {
    errors.push(fieldForbidden(`${at}.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`));
  }
  if (listType === "set") return errors;
  for (const key of schema["x-kubernetes-list-map-keys"] ?? []) {
    const property = propertyOf(items, key);
    if (!property) continue;
    const about = "this property is in x-kubernetes-list-map-keys, so it";
    if (!items.required?.includes(key) && property.default === undefined) {
      const text = `${about} must have a default or be a required property`;
      errors.push(fieldRequired(`${at}.properties[${key}].default`, text));
    }
    if (property.nullable) {
      errors.push(fieldForbidden(`${at}.properties[${key}].nullable`, `${about} cannot be nullable`));
    }
  }
  return errors;
}
