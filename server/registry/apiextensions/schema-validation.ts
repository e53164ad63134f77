import { emptyFields } from "../../../openapi/given-empty.ts";
import { type FieldError, fieldForbidden, fieldInvalid } from "../../meta/field-error.ts";
import { internalForm } from "../../meta/internal-form.ts";
import { validateDefaults } from "./schema/default-validation.ts";
import {
  additionalOf,
  child,
  itemsOf,
  type JsonSchema,
  propertyOf,
  someSchema,
  sortedKeys,
} from "./schema/json-schema.ts";
import { validateNode } from "./schema/node-validation.ts";
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
  const given = Object.entries(schema).filter(([, value]) => value !== false);
  const keywords = [...given.map(([keyword]) => keyword), ...emptyFields(schema)];
  if (keywords.every((keyword) => ROOT_KEYWORDS.has(keyword))) return [];
  const text = `only [${AT_ROOT}] fields are allowed at the root of the schema if the status subresource is enabled`;
  return [fieldInvalid(path, internalForm("apiextensions.JSONSchemaProps", schema), text)];
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

/** Whether a schema from former times is not structural. */
export function isNonStructural(schema: JsonSchema): boolean {
  return structuralProblem(schema) !== undefined || validateStructural(schema, "").length > 0;
}
