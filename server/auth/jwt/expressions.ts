import { type FieldError, fieldInvalid } from "../../meta/field-error.ts";
import type { JwtConfiguration } from "./configuration.ts";
import type { ClaimExpression, ExpressionCompiler } from "./expression.ts";

/** The expressions of one authenticator; undefined where there is none, or where it cannot be compiled. */
export interface JwtExpressions {
  username?: ClaimExpression;
  groups?: ClaimExpression;
  uid?: ClaimExpression;
  readonly extra: { readonly key: string; readonly expression: ClaimExpression }[];
  readonly claimRules: { readonly expression: ClaimExpression; readonly message: string }[];
  readonly userRules: { readonly expression: ClaimExpression; readonly message: string }[];
}

export const noExpressions = (): JwtExpressions => ({ extra: [], claimRules: [], userRules: [] });

/** Compiles one, or notes why that cannot be. */
export function compileInto(
  errors: FieldError[],
  compiler: ExpressionCompiler,
  {
    source,
    variable,
    field,
    wantsBool,
  }: {
    readonly source: string;
    readonly variable: "claims" | "user";
    readonly field: string;
    readonly wantsBool: boolean;
  },
): ClaimExpression | undefined {
  const compiled = compiler.compile(source, variable, wantsBool);
  if (typeof compiled !== "string") return compiled;
  errors.push(fieldInvalid(field, source, compiled));
  return undefined;
}

/** A mail address that nobody verified is no name: whoever maps it must have looked. (validateClaimMappings) */
export function checkVerifiedMail(
  { claimMappings }: JwtConfiguration,
  { username, extra, claimRules }: JwtExpressions,
  field: string,
): FieldError[] {
  if (!username?.selects("email")) return [];
  const all = [username, ...[...extra, ...claimRules].map(({ expression }) => expression)];
  if (all.some((expression) => expression.selects("email_verified"))) return [];
  const places =
    "claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression";
  return [
    fieldInvalid(
      `${field}.claimMappings.username.expression`,
      claimMappings.username.expression,
      `claims.email_verified must be used in ${places} when claims.email is used in claimMappings.username.expression`,
    ),
  ];
}
