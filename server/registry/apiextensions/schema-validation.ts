import {
  type FieldError,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from "../../meta/field-error.ts";
import { validateDefaults } from "./schema/default-validation.ts";
import { followFieldPath } from "./schema/field-path.ts";
import {
  additionalOf,
  child,
  itemListOf,
  itemsOf,
  type JsonSchema,
  propertyOf,
  someSchema,
  sortedKeys,
} from "./schema/json-schema.ts";
import { type RuleContext, ruleEngine } from "./schema/rules.ts";
import { structuralProblem, validateStructural } from "./schema/structural.ts";

/** What an update may leave as it was, although it would be refused today. */
export interface SchemaDemands {
  readonly validTypes: boolean;
  readonly structural: boolean;
  readonly prunedDefaults: boolean;
  readonly atomicSets: boolean;
  readonly soundListKeys: boolean;
}

export const ALL_DEMANDS: SchemaDemands = {
  validTypes: true,
  structural: true,
  prunedDefaults: true,
  atomicSets: true,
  soundListKeys: true,
};

const TYPES = ["array", "boolean", "integer", "number", "object", "string"];
const REASONS = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];
const META_FIELDS = new Set(["metadata", "kind", "apiVersion"]);

/** Keywords that may stand at the root of a schema beside the status subresource, in Go's words. */
const AT_ROOT =
  "Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations";
const ROOT_KEYWORDS = new Set(
  AT_ROOT.split(" ").map((name) =>
    name === "XPreserveUnknownFields"
      ? "x-kubernetes-preserve-unknown-fields"
      : name === "XValidations"
        ? "x-kubernetes-validations"
        : name[0]?.toLowerCase() + name.slice(1),
  ),
);

/**
 * One version's schema. (pkg/apis/apiextensions/validation validateCustomResourceDefinitionValidation)
 * @param old the same version's schema before an update
 */
export function validateSchema(
  schema: JsonSchema | undefined,
  path: string,
  { demands, hasStatus, old }: { demands: SchemaDemands; hasStatus: boolean; old: JsonSchema | undefined },
): FieldError[] {
  if (!schema) return [];
  const errors = hasStatus ? validateRoot(schema, path) : [];
  if (schema.nullable) errors.push(fieldForbidden(`${path}.nullable`, "nullable cannot be true at the root"));
  const problem = demands.structural ? structuralProblem(schema) : undefined;
  let sound = false;
  if (demands.structural && !problem) {
    const wrong = validateStructural(schema, path);
    const found = wrong.length > 0 ? wrong : validateDefaults(schema, path, demands.prunedDefaults);
    sound = found.length === 0;
    errors.push(...found);
  }
  const wrongNodes = validateNode(schema, path, { demands, isRoot: true, insideMeta: false });
  errors.push(...wrongNodes);
  if (errors.length === 0 && problem) errors.push(fieldInvalid(path, "", problem));
  const isBroken = (node: string) => wrongNodes.some(({ field }) => isAtOrBelow(field, node));
  if (sound) errors.push(...validateRules(schema, path, { old, isBroken }));
  return errors;
}

function validateRoot(schema: JsonSchema, path: string): FieldError[] {
  if (schema.type !== undefined && schema.type !== "object") {
    const text = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
    return [fieldInvalid(`${path}.type`, schema.type, text)];
  }
  const other = Object.keys(schema).find((keyword) => !ROOT_KEYWORDS.has(keyword) && keyword !== "nullable");
  if (!other) return [];
  const text = `only [${AT_ROOT}] fields are allowed at the root of the schema if the status subresource is enabled`;
  return [fieldInvalid(path, schema, text)];
}

function isAtOrBelow(field: string, node: string): boolean {
  return field.startsWith(node) && (field.length === node.length || /[.[]/.test(field.charAt(node.length)));
}

function validateRules(schema: JsonSchema, path: string, context: RuleContext): FieldError[] {
  if (!someSchema(schema, hasRules)) return [];
  const engine = ruleEngine();
  if (engine) return engine.validateRules(schema, path, context);
  return rulePaths(schema, path).map((at) => fieldForbidden(at, "CEL rules are not supported by this server yet"));
}

function hasRules(schema: JsonSchema): boolean {
  return (schema["x-kubernetes-validations"]?.length ?? 0) > 0;
}

function rulePaths(schema: JsonSchema, path: string): string[] {
  const items = itemsOf(schema);
  const additional = additionalOf(schema);
  return [
    ...(hasRules(schema) ? [child(path, "x-kubernetes-validations")] : []),
    ...(items ? rulePaths(items, child(path, "items")) : []),
    ...(additional ? rulePaths(additional, child(path, "additionalProperties")) : []),
    ...sortedKeys(schema.properties).flatMap((name) => {
      const inner = propertyOf(schema, name);
      return inner ? rulePaths(inner, `${child(path, "properties")}[${name}]`) : [];
    }),
  ];
}

interface Place {
  readonly demands: SchemaDemands;
  readonly isRoot: boolean;
  /** Inside apiVersion, kind or metadata of the object or an embedded one. */
  readonly insideMeta: boolean;
  /** Why there may be no defaults here. */
  readonly noDefaults?: string;
}

/** (ValidateCustomResourceDefinitionOpenAPISchema) */
function validateNode(schema: JsonSchema, path: string, place: Place): FieldError[] {
  const { demands, insideMeta } = place;
  const at = (name: string) => child(path, name);
  const below = { ...place, isRoot: false };
  const errors = validateKeywords(schema, path, place);
  const visit = (inner: JsonSchema | undefined, name: string, more: Partial<Place> = {}) => {
    if (inner) errors.push(...validateNode(inner, at(name), { ...below, ...more }));
  };
  if (schema.uniqueItems) {
    const text = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
    errors.push(fieldForbidden(at("uniqueItems"), text));
  }
  const additional: unknown = schema.additionalProperties;
  if (additional !== undefined) {
    if (Object.keys(schema.properties ?? {}).length > 0 && additional !== true) {
      errors.push(
        fieldForbidden(at("additionalProperties"), "additionalProperties and properties are mutual exclusive"),
      );
    }
    const reason = "inside additionalProperties applying to object metadata";
    visit(additionalOf(schema), "additionalProperties", insideMeta ? { noDefaults: reason } : {});
  }
  for (const name of sortedKeys(schema.properties)) {
    const isMeta = (place.isRoot || schema["x-kubernetes-embedded-resource"] === true) && META_FIELDS.has(name);
    visit(propertyOf(schema, name), `properties[${name}]`, {
      ...(isMeta && { insideMeta: true }),
      ...(isMeta && place.isRoot && { noDefaults: `in top-level ${name}` }),
    });
  }
  visit(schema.not, "not");
  for (const keyword of ["allOf", "oneOf", "anyOf"] as const) {
    for (const [index, inner] of (schema[keyword] ?? []).entries()) visit(inner, `${keyword}[${index}]`);
  }
  visit(itemsOf(schema), "items");
  for (const [index, inner] of itemListOf(schema).entries()) visit(inner, `items[${index}]`);
  errors.push(...validateExtensions(schema, path, demands));
  if (demands.soundListKeys) errors.push(...validateListKeys(schema, path));
  errors.push(...validateRuleTexts(schema, path));
  return errors;
}

/** (specStandardValidatorV3) */
function validateKeywords(schema: JsonSchema, path: string, { demands, noDefaults, insideMeta }: Place): FieldError[] {
  const at = (name: string) => child(path, name);
  const errors: FieldError[] = [];
  const { type } = schema;
  if (demands.validTypes && type && !TYPES.includes(type)) errors.push(fieldNotSupported(at("type"), type, TYPES));
  if (schema.default !== undefined && noDefaults !== undefined) {
    errors.push(fieldForbidden(at("default"), `must not be set ${noDefaults}`));
  }
  for (const keyword of [
    "id",
    "additionalItems",
    "patternProperties",
    "definitions",
    "dependencies",
    "$ref",
  ] as const) {
    if (schema[keyword] !== undefined) errors.push(fieldForbidden(at(keyword), `${keyword} is not supported`));
  }
  if (type === "null") {
    errors.push(fieldForbidden(at("type"), "type cannot be set to null, use nullable as an alternative"));
  }
  if (itemListOf(schema).length > 0) {
    errors.push(fieldForbidden(at("items"), "items must be a schema object and not an array"));
  }
  if (insideMeta && schema["x-kubernetes-embedded-resource"]) {
    errors.push(fieldForbidden(at("x-kubernetes-embedded-resource"), "must not be used inside of resource meta"));
  }
  return errors;
}

function validateExtensions(schema: JsonSchema, path: string, demands: SchemaDemands): FieldError[] {
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
    errors.push(fieldInvalid(at("items"), schema.items, text));
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

const NEWLINE = /[\n\r]/;

/** What can be said of rules without compiling them. */
function validateRuleTexts(schema: JsonSchema, path: string): FieldError[] {
  return (schema["x-kubernetes-validations"] ?? []).flatMap((rule, index) => {
    const at = (name: string) => `${child(path, "x-kubernetes-validations")}[${index}].${name}`;
    const errors: FieldError[] = [];
    const { message = "", messageExpression = "", reason, fieldPath = "" } = rule;
    const text = (rule.rule ?? "").trim();
    if (!text) errors.push(fieldRequired(at("rule"), "rule is not specified"));
    else if (message && !message.trim()) {
      errors.push(fieldInvalid(at("message"), message, "must be non-empty if specified"));
    } else if (NEWLINE.test(message.trim())) {
      errors.push(fieldInvalid(at("message"), message, "must not contain line breaks"));
    } else if (NEWLINE.test(text) && !message.trim()) {
      errors.push(fieldRequired(at("message"), "message must be specified if rule contains line breaks"));
    }
    if (messageExpression && !messageExpression.trim()) {
      errors.push(fieldRequired(at("messageExpression"), "messageExpression must be non-empty if specified"));
    }
    if (reason !== undefined && !REASONS.includes(reason)) {
      errors.push(fieldNotSupported(at("reason"), reason, REASONS));
    }
    if (fieldPath && !fieldPath.trim()) {
      errors.push(fieldInvalid(at("fieldPath"), fieldPath, "must be non-empty if specified"));
    }
    if (NEWLINE.test(fieldPath)) errors.push(fieldInvalid(at("fieldPath"), fieldPath, "must not contain line breaks"));
    if (fieldPath && typeof followFieldPath(fieldPath, schema, true) === "string") {
      errors.push(fieldInvalid(at("fieldPath"), fieldPath, "must be a valid path"));
    }
    return errors;
  });
}

/** Whether a type is none of OpenAPI's. */
export function hasInvalidType({ type }: JsonSchema): boolean {
  return type !== undefined && type !== "" && !TYPES.includes(type);
}

/** Whether a schema from former times is not structural. */
export function isNonStructural(schema: JsonSchema): boolean {
  return structuralProblem(schema) !== undefined || validateStructural(schema, "").length > 0;
}
