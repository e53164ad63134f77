import type { MatchCondition } from "../../../openapi/api/admissionregistration.k8s.io.v1.ts";
import { neededBy, qualifiedName } from "../../meta/field-checks.ts";
import {
  type FieldError,
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
  fieldTooMany,
} from "../../meta/field-error.ts";

/** What an expression must give, and may name. A device selector gives a bool and names only `device`. */
export interface ExpressionUse {
  readonly result: "bool" | "string" | "stringOrNull" | "any" | "Object" | "JSONPatch" | "device selector";
  readonly hasParams: boolean;
  readonly hasAuthorizer: boolean;
  /** Variables before it, by name, in order. Undefined: there is no `variables`. */
  readonly variables?: readonly { readonly name: string; readonly expression: string }[];
}

/**
 * Compiles CEL as admission does.
 * @returns what is wrong, in upstream's words; `forbidden` where it is no fault of the expression's form; undefined when
 * nothing is
 */
export type CheckExpression = (
  expression: string,
  use: ExpressionUse,
) => string | { readonly forbidden: string } | undefined;

const MAX_CONDITIONS = 64;

/** An expression that compiles. */
export function validateExpression(
  expression: string,
  use: ExpressionUse,
  { check, field }: { check: CheckExpression | undefined; field: string },
): FieldError[] {
  const wrong = check?.(expression, use);
  if (wrong === undefined) return [];
  return [typeof wrong === "string" ? fieldInvalid(field, expression, wrong) : fieldForbidden(field, wrong.forbidden)];
}

/** (validateMatchConditions) */
export function validateMatchConditions(
  conditions: readonly MatchCondition[] = [],
  hasParams: boolean,
  { check, field }: { check: CheckExpression | undefined; field: string },
): FieldError[] {
  const errors = conditions.length > MAX_CONDITIONS ? [fieldTooMany(field, conditions.length, MAX_CONDITIONS)] : [];
  for (const [index, { name, expression = "" }] of conditions.entries()) {
    const path = `${field}[${index}]`;
    const trimmed = expression.trim();
    const use: ExpressionUse = { result: "bool", hasParams, hasAuthorizer: true };
    if (trimmed) errors.push(...validateExpression(trimmed, use, { check, field: `${path}.expression` }));
    else errors.push(fieldRequired(`${path}.expression`, ""));
    errors.push(...neededBy(name, qualifiedName, `${path}.name`));
    const isRepeated = name && conditions.slice(0, index).some((other) => other.name === name);
    if (isRepeated) errors.push(fieldDuplicate(`${path}.name`, name));
  }
  return errors;
}
