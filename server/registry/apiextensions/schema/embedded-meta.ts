import { coerce } from "../../../../openapi/decode.ts";
import { schemaOf } from "../../../../openapi/types.ts";
import { type FieldError, fieldInvalid, fieldRequired } from "../../../meta/field-error.ts";
import { validateDNS1035Label, validatePathSegmentName } from "../../../meta/names.ts";
import type { ObjectMeta } from "../../../meta/object.ts";
import { validateObjectMeta } from "../../../meta/object-meta.ts";
import {
  additionalOf,
  child,
  isObject,
  itemsOf,
  type JsonObject,
  type JsonSchema,
  propertyOf,
  sortedKeys,
} from "./json-schema.ts";

const OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

export interface MetaOptions {
  /** Drops fields of a wrong type instead of complaining: for what is stored already. */
  readonly lenient: boolean;
  /** Hears the paths of unknown fields. */
  readonly onUnknown?: ((path: string) => void) | undefined;
}

/**
 * Metadata as the type ObjectMeta has it: unknown fields go. (schema/objectmeta/coerce.go)
 * @throws DecodeError when a field has a wrong type
 */
export function coerceMetadata(metadata: unknown, path: string, { lenient, onUnknown }: MetaOptions): ObjectMeta {
  const schema = schemaOf(OBJECT_META);
  try {
    const { value, problems } = coerce<ObjectMeta>(metadata, schema, onUnknown ? "Strict" : "Ignore");
    for (const problem of problems) {
      const name = /^unknown field "(.*)"$/.exec(problem)?.[1];
      if (name) onUnknown?.(`${path}.${name}`);
    }
    return value;
  } catch (error) {
    if (!lenient || !isObject(metadata)) throw error;
    const kept = Object.entries(metadata).filter(([name, value]) => isGood({ [name]: value }));
    return coerce<ObjectMeta>(Object.fromEntries(kept), schema, "Ignore").value;
  }
}

function isGood(metadata: JsonObject): boolean {
  try {
    coerce(metadata, schemaOf(OBJECT_META), "Ignore");
    return true;
  } catch {
    return false;
  }
}

/**
 * Brings identity and metadata of embedded resources into form. In place. (schema/objectmeta/algorithm.go)
 * @param isResourceRoot the value itself is one, whatever the schema says
 */
export function coerceEmbedded(
  value: unknown,
  schema: JsonSchema | undefined,
  isResourceRoot: boolean,
  options: MetaOptions,
): FieldError | undefined {
  const root = isResourceRoot ? { ...schema, "x-kubernetes-embedded-resource": true } : schema;
  return root && mayEmbed(root) ? coerceNode(value, root, "", options) : undefined;
}

function coerceNode(value: unknown, schema: JsonSchema, path: string, options: MetaOptions): FieldError | undefined {
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (!items) return undefined;
    for (const [index, item] of value.entries()) {
      const error = coerceNode(item, items, `${path}[${index}]`, options);
      if (error) return error;
    }
    return undefined;
  }
  if (!isObject(value)) return undefined;
  for (const name of Object.keys(value)) {
    const at = child(path, name);
    if (schema["x-kubernetes-embedded-resource"]) {
      const error = coerceIdentity(value, name, at, options);
      if (error) return error;
    }
    const own = propertyOf(schema, name);
    const inner = own ?? additionalOf(schema);
    const error = inner && coerceNode(value[name], inner, own ? at : `${path}[${name}]`, options);
    if (error) return error;
  }
  return undefined;
}

function coerceIdentity(object: JsonObject, name: string, path: string, options: MetaOptions): FieldError | undefined {
  const value = object[name];
  if (name === "apiVersion" || name === "kind") {
    if (typeof value === "string") return undefined;
    if (!options.lenient) return fieldInvalid(path, value, "must be a string");
    delete object[name];
  }
  if (name !== "metadata") return undefined;
  try {
    object.metadata = coerceMetadata(value, path, options);
  } catch (error) {
    if (!options.lenient) return fieldInvalid(path, value, error instanceof Error ? error.message : String(error));
  }
  return undefined;
}

/** Identity and metadata of embedded resources. (schema/objectmeta/validation.go) */
export function validateEmbedded(
  value: unknown,
  schema: JsonSchema | undefined,
  isResourceRoot: boolean,
  path = "",
): FieldError[] {
  const root = isResourceRoot ? { ...schema, "x-kubernetes-embedded-resource": true } : schema;
  return root && mayEmbed(root) ? validateNode(value, root, path) : [];
}

function validateNode(value: unknown, schema: JsonSchema, path: string): FieldError[] {
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    return items ? value.flatMap((item, index) => validateNode(item, items, `${path}[${index}]`)) : [];
  }
  if (!isObject(value)) return [];
  const errors = schema["x-kubernetes-embedded-resource"] ? validateIdentity(value, path) : [];
  for (const name of sortedKeys(value)) {
    const own = propertyOf(schema, name);
    const inner = own ?? additionalOf(schema);
    if (inner) errors.push(...validateNode(value[name], inner, own ? child(path, name) : `${path}[${name}]`));
  }
  return errors;
}

function validateIdentity(object: JsonObject, path: string): FieldError[] {
  const { apiVersion, kind, metadata } = object;
  const at = (name: string) => child(path, name);
  return [
    ...("apiVersion" in object ? [] : [fieldRequired(at("apiVersion"), "")]),
    ...("kind" in object ? [] : [fieldRequired(at("kind"), "")]),
    ...("apiVersion" in object ? validateText(apiVersion, at("apiVersion"), versionMessages) : []),
    ...("kind" in object ? validateText(kind, at("kind"), kindMessages) : []),
    ...("metadata" in object ? validateMeta(metadata, at("metadata")) : []),
  ];
}

function validateText(value: unknown, path: string, check: (text: string) => string | undefined): FieldError[] {
  const message = typeof value !== "string" ? "must be a string" : value === "" ? "must not be empty" : check(value);
  return message ? [fieldInvalid(path, value, message)] : [];
}

function versionMessages(text: string): string | undefined {
  return text.split("/").length > 2 ? `unexpected GroupVersion string: ${text}` : undefined;
}

function kindMessages(text: string): string | undefined {
  const messages = validateDNS1035Label(text.toLowerCase());
  return messages.length > 0 ? `may have mixed case, but should otherwise match: ${messages.join(",")}` : undefined;
}

function validateMeta(value: unknown, path: string): FieldError[] {
  let metadata: ObjectMeta;
  try {
    metadata = coerceMetadata(value, path, { lenient: false });
  } catch (error) {
    return [fieldInvalid(path, value, error instanceof Error ? error.message : String(error))];
  }
  const named = { ...metadata, name: metadata.name || "fakename" };
  const rules = { namespaced: Boolean(metadata.namespace), validateName: validatePathSegmentName };
  return validateObjectMeta(named, rules, path);
}

const embedding = new WeakMap<JsonSchema, boolean>();

/** Whether there are embedded resources at or below a node: mostly there are none. */
function mayEmbed(schema: JsonSchema): boolean {
  let known = embedding.get(schema);
  if (known === undefined) {
    const inner = [itemsOf(schema), additionalOf(schema), ...Object.values(schema.properties ?? {})];
    known =
      schema["x-kubernetes-embedded-resource"] === true || inner.some((node) => node !== undefined && mayEmbed(node));
    embedding.set(schema, known);
  }
  return known;
}
