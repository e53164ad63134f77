import { deepCopy, semanticEqual } from "../../../meta/equality.ts";
import { aggregateMessage, FieldError, fieldInvalid } from "../../../meta/field-error.ts";
import { coerceEmbedded, validateEmbedded } from "./embedded-meta.ts";
import { child, isObject, itemsOf, type JsonObject, type JsonSchema, sortedKeys } from "./json-schema.ts";
import { prune } from "./pruning.ts";
import { ruleEngine } from "./rules.ts";
import { validateValue } from "./validator.ts";

/** Puts a value where it belongs in an otherwise empty resource. */
type Surround = (value: unknown) => JsonObject;

interface Place {
  /** Schema of the resource around: the root, or the nearest embedded one. */
  readonly root: JsonSchema;
  readonly surround: Surround;
  /** Inside apiVersion, kind or metadata of a resource. */
  readonly insideMeta: boolean;
  readonly requirePruned: boolean;
}

const resource: Surround = (value) => ({
  kind: "Validation",
  apiVersion: "validation/v1",
  ...(isObject(value) ? value : {}),
});

/**
 * Defaults must pass the schema they stand in, and hold nothing that would be pruned.
 * (apiextensions-apiserver/pkg/apiserver/schema/defaulting/validation.go)
 */
export function validateDefaults(schema: JsonSchema, path: string, requirePruned: boolean): FieldError[] {
  const root = { ...schema, "x-kubernetes-embedded-resource": true };
  return validateNode(root, path, { root, surround: resource, insideMeta: false, requirePruned });
}

/** Whether some default would be pruned: such definitions from former times may stay so. */
export function hasUnprunedDefaults(schema: JsonSchema): boolean {
  return validateDefaults(schema, "", true).some(({ detail }) => detail === UNPRUNED);
}

const UNPRUNED = "must not have unknown fields";

function validateNode(schema: JsonSchema, path: string, from: Place): FieldError[] {
  const embedded = schema["x-kubernetes-embedded-resource"] === true;
  const place = embedded ? { ...from, root: schema, surround: resource, insideMeta: false } : from;
  const errors = schema.default === undefined ? [] : validateDefault(schema, `${path}.default`, place);
  const items = itemsOf(schema);
  // Not below additionalProperties, where upstream forbids nothing and checks nothing.
  if (items) {
    errors.push(...validateNode(items, child(path, "items"), { ...place, surround: (v) => place.surround([v]) }));
  }
  for (const name of sortedKeys(schema.properties)) {
    const inner = schema.properties?.[name];
    if (!inner) continue;
    const isMeta = embedded && (name === "metadata" || name === "apiVersion" || name === "kind");
    errors.push(
      ...validateNode(inner, `${child(path, "properties")}[${name}]`, {
        ...place,
        insideMeta: place.insideMeta || isMeta,
        surround: (value) => place.surround({ [name]: value }),
      }),
    );
  }
  return errors;
}

function validateDefault(schema: JsonSchema, path: string, { root, surround, insideMeta, requirePruned }: Place) {
  const value: unknown = schema.default;
  const embedded = schema["x-kubernetes-embedded-resource"] === true;
  const errors: FieldError[] = [];
  if (insideMeta) {
    const object = deepCopy(surround(value));
    const wrong = coerceEmbedded(object, root, true, { lenient: false });
    const invalid = wrong ? [wrong] : validateEmbedded(object, root, true);
    if (invalid.length > 0) {
      return [fieldInvalid(path, value, `must result in valid metadata: ${aggregateMessage(invalid)}`)];
    }
  } else {
    const pruned = deepCopy(value);
    prune(pruned, schema, embedded);
    if (requirePruned && !semanticEqual(pruned, value)) errors.push(fieldInvalid(path, value, UNPRUNED));
    const wrong = coerceEmbedded(deepCopy(value), schema, embedded, { lenient: false });
    const invalid = wrong ? [wrong] : validateEmbedded(value, schema, embedded);
    if (invalid.length > 0) return [...errors, ...invalid.map((error) => error.under(path))];
  }
  const invalid = validateValue(value, schema, path);
  if (invalid.length > 0) return [...errors, ...invalid];
  const rules = ruleEngine()?.compile(schema, embedded);
  const broken = rules?.validate(value, value).errors ?? [];
  if (broken.length > 0) return [...errors, ...broken.map((error) => below(path, error))];
  // Once more as on create, for rules whose oldSelf is optional.
  const onCreate = rules?.validate(value, undefined).errors ?? [];
  return [...errors, ...onCreate.map((error) => below(path, error))];
}

/** An error about a default itself has no path of its own. */
function below(path: string, error: FieldError): FieldError {
  return error.field === "<nil>" ? new FieldError(error.type, path, error.body(), error.detail) : error.under(path);
}
