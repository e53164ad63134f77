import type { UserInfo } from "../authenticator.ts";
import { asBoolean, asStrings, type Claims, stringClaim } from "./claims.ts";
import type { ClaimMapping, JwtConfiguration } from "./configuration.ts";
import type { ClaimExpression } from "./expression.ts";
import type { JwtExpressions } from "./expressions.ts";
import type { CheckedJwt } from "./validation.ts";

/** Who a token with these claims is of. @throws Error in upstream's words when it says too little, or breaks a rule */
export function userOf(claims: Claims, { configuration, expressions }: CheckedJwt): UserInfo {
  const name = nameOf(claims, configuration.claimMappings.username, expressions);
  const groups = groupsOf(claims, configuration.claimMappings.groups, expressions);
  const uid = uidOf(claims, configuration.claimMappings.uid.claim, expressions);
  const extra = extraOf(claims, expressions);
  checkClaims(claims, configuration, expressions);
  const user = { name, ...(uid && { uid }), groups, ...(Object.keys(extra).length > 0 && { extra }) };
  checkUser(user, expressions);
  return user;
}

const failed = (what: string, error: unknown) =>
  new Error(`oidc: error evaluating ${what}: ${error instanceof Error ? error.message : error}`);

function evaluated(what: string, expression: ClaimExpression, claims: Claims): unknown {
  try {
    return expression.evaluate(claims);
  } catch (error) {
    throw failed(what, error);
  }
}

function parsed<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`oidc: parse ${what}: ${error instanceof Error ? error.message : error}`);
  }
}

function nameOf(claims: Claims, { claim, prefix = "" }: ClaimMapping, { username }: JwtExpressions): string {
  if (username) {
    const what = "username claim expression";
    const name = evaluated(what, username, claims);
    if (typeof name !== "string") throw failed(what, "username claim expression must return a string");
    if (!name) throw new Error("oidc: empty username via CEL expression is not allowed");
    return name;
  }
  const name = parsed(`username claims ${JSON.stringify(claim)}`, () => stringClaim(claims, claim));
  if (claim === "email" && Object.hasOwn(claims, "email_verified")) {
    if (!parsed("'email_verified' claim", () => asBoolean(claims.email_verified)))
      throw new Error("oidc: email not verified");
  }
  return prefix + name;
}

function groupsOf(claims: Claims, { claim, prefix = "" }: ClaimMapping, { groups }: JwtExpressions): string[] {
  if (claim && Object.hasOwn(claims, claim)) {
    const named = parsed(`groups claim ${JSON.stringify(claim)}`, () => asStrings(claims[claim]));
    return named.map((group) => prefix + group);
  }
  const what = "group claim expression";
  return groups ? stringsOf(evaluated(what, groups, claims), what) : [];
}

function uidOf(claims: Claims, claim: string, { uid }: JwtExpressions): string {
  if (claim) return parsed(`uid claim ${JSON.stringify(claim)}`, () => stringClaim(claims, claim));
  if (!uid) return "";
  const what = "uid claim expression";
  const value = evaluated(what, uid, claims);
  if (typeof value !== "string") throw failed(what, "uid claim expression must return a string");
  return value;
}

function extraOf(claims: Claims, { extra: mappings }: JwtExpressions): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  if (typeof claims.jti === "string" && claims.jti) {
    extra["authentication.kubernetes.io/credential-id"] = [`JTI=${claims.jti}`];
  }
  for (const { key, expression } of mappings) {
    const values = stringsOf(expression.evaluate(claims), `extra claim expression: ${expression.source}`);
    if (values.length > 0) extra[key] = values;
  }
  return extra;
}

/** Empty strings count as absent. (convertCELValueToStringList) */
function stringsOf(value: unknown, what: string): string[] {
  const list: unknown[] = value === null ? [] : Array.isArray(value) ? value : [value];
  if (list.every((item): item is string => typeof item === "string")) return list.filter(Boolean);
  throw failed(what, "expression must return a string or a list of strings");
}

function checkClaims(claims: Claims, { claimValidationRules }: JwtConfiguration, { claimRules }: JwtExpressions): void {
  for (const { claim, requiredValue } of claimValidationRules) {
    if (!claim) continue;
    if (!Object.hasOwn(claims, claim)) throw new Error(`oidc: required claim ${claim} not present in ID token`);
    const value = parsed(`claim ${claim}`, () => stringClaim(claims, claim));
    if (value !== requiredValue) {
      throw new Error(`oidc: required claim ${claim} value does not match. Got = ${value}, want = ${requiredValue}`);
    }
  }
  checkRules("claim validation expression", claimRules, claims);
}

function checkUser({ name, uid = "", groups, extra = {} }: UserInfo, { userRules }: JwtExpressions): void {
  if (userRules.length > 0) checkRules("user info validation rule", userRules, { username: name, uid, groups, extra });
}

/** All are evaluated before any is judged. */
function checkRules(what: string, rules: JwtExpressions["claimRules"], value: Claims): void {
  const results = rules.map(({ expression }) => evaluated(what, expression, value));
  for (const [i, { expression, message }] of rules.entries()) {
    if (results[i] !== true) {
      throw failed(what, `validation expression '${expression.source}' failed: ${message}`);
    }
  }
}
