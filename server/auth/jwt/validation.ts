import { validateDomainPrefixedPath } from "../../meta/domain-names.ts";
import { type FieldError, fieldDuplicate, fieldInvalid, fieldRequired, fieldTooMany } from "../../meta/field-error.ts";
import type { AuthenticationConfiguration, ClaimMapping, JwtConfiguration } from "./configuration.ts";
import type { ClaimExpression, ExpressionCompiler } from "./expression.ts";
import { checkVerifiedMail, compileInto, type JwtExpressions, noExpressions } from "./expressions.ts";
import { validateIssuer } from "./issuer-validation.ts";

const MAX_AUTHENTICATORS = 64;

/** An authenticator with its expressions compiled. */
export interface CheckedJwt {
  readonly configuration: JwtConfiguration;
  readonly expressions: JwtExpressions;
}

/**
 * What is wrong with a configuration, and its expressions compiled on the way.
 * @param serviceAccountIssuers whose tokens are the server's own to judge
 * (apiserver/pkg/apis/apiserver/validation ValidateAuthenticationConfiguration)
 */
export function validateAuthentication(
  { jwt, anonymous }: AuthenticationConfiguration,
  compiler: ExpressionCompiler,
  serviceAccountIssuers: readonly string[],
): { errors: FieldError[]; checked: readonly CheckedJwt[] } {
  if (jwt.length > MAX_AUTHENTICATORS) {
    return { errors: [fieldTooMany("jwt", jwt.length, MAX_AUTHENTICATORS)], checked: [] };
  }
  const errors: FieldError[] = [];
  const urls = new Set<string>();
  const discoveryUrls = new Set<string>();
  const checked = jwt.map((configuration, i) => {
    const field = `jwt[${i}]`;
    const { url, discoveryURL } = configuration.issuer;
    const expressions = validateOne(configuration, { field, compiler, serviceAccountIssuers, errors });
    if (urls.has(url)) errors.push(fieldDuplicate(`${field}.issuer.url`, url));
    urls.add(url);
    if (discoveryUrls.has(discoveryURL)) errors.push(fieldDuplicate(`${field}.issuer.discoveryURL`, discoveryURL));
    if (discoveryURL) discoveryUrls.add(discoveryURL);
    return { configuration, expressions };
  });
  if (anonymous && !anonymous.enabled && anonymous.conditions.length > 0) {
    const detail = "enabled should be set to true when conditions are defined";
    // The internal type prints the names of its Go fields.
    const conditions = anonymous.conditions.map(({ path }) => ({ Path: path }));
    errors.push(fieldInvalid("anonymous.conditions", conditions, detail));
  }
  return { errors, checked };
}

interface Place {
  readonly field: string;
  readonly compiler: ExpressionCompiler;
  readonly serviceAccountIssuers: readonly string[];
  readonly errors: FieldError[];
}

function validateOne(configuration: JwtConfiguration, place: Place): JwtExpressions {
  const { field, errors, serviceAccountIssuers } = place;
  const expressions = noExpressions();
  errors.push(...validateIssuer(configuration.issuer, serviceAccountIssuers, `${field}.issuer`));
  checkClaimRules(configuration, expressions, place);
  checkMappings(configuration, expressions, place);
  errors.push(...checkVerifiedMail(configuration, expressions, field));
  checkUserRules(configuration, expressions, place);
  return expressions;
}

function checkClaimRules({ claimValidationRules }: JwtConfiguration, into: JwtExpressions, place: Place): void {
  const { errors, compiler } = place;
  const claims = new Set<string>();
  const sources = new Set<string>();
  for (const [i, { claim, requiredValue, expression: source, message }] of claimValidationRules.entries()) {
    const field = `${place.field}.claimValidationRules[${i}]`;
    if (claim && source) errors.push(fieldInvalid(field, claim, "claim and expression can't both be set"));
    else if (claim) {
      if (message) errors.push(fieldInvalid(`${field}.message`, message, "may not be specified when claim is set"));
      if (claims.has(claim)) errors.push(fieldDuplicate(`${field}.claim`, claim));
      claims.add(claim);
    } else if (!source) errors.push(fieldRequired(field, "claim or expression is required"));
    else {
      const detail = "may not be specified when expression is set";
      if (requiredValue) errors.push(fieldInvalid(`${field}.requiredValue`, requiredValue, detail));
      if (sources.has(source)) {
        errors.push(fieldDuplicate(`${field}.expression`, source));
        continue;
      }
      sources.add(source);
      const wanted = { source, variable: "claims", field: `${field}.expression`, wantsBool: true } as const;
      const expression = compileInto(errors, compiler, wanted);
      if (expression) into.claimRules.push({ expression, message });
    }
  }
}

function checkMappings({ claimMappings }: JwtConfiguration, into: JwtExpressions, place: Place): void {
  const { errors, compiler } = place;
  const field = `${place.field}.claimMappings`;
  const compileOne = (source: string, at: string) =>
    compileInto(errors, compiler, { source, variable: "claims", field: at, wantsBool: false });
  const prefixed = (mapping: ClaimMapping, at: string, required: boolean): ClaimExpression | undefined => {
    const { claim, prefix, expression } = mapping;
    if (expression && claim) errors.push(fieldInvalid(at, "", "claim and expression can't both be set"));
    else if (expression) {
      const detail = "may not be specified when expression is set";
      if (prefix !== undefined) errors.push(fieldInvalid(`${at}.prefix`, prefix, detail));
      return compileOne(expression, `${at}.expression`);
    } else if (claim && prefix === undefined) {
      const detail = "prefix is required when claim is set. It can be set to an empty string to disable prefixing";
      errors.push(fieldRequired(`${at}.prefix`, detail));
    } else if (!claim && required) errors.push(fieldRequired(at, "claim or expression is required"));
    return undefined;
  };
  const { username, groups, uid, extra } = claimMappings;
  const compiled = {
    username: prefixed(username, `${field}.username`, true),
    groups: prefixed(groups, `${field}.groups`, false),
    uid: uid.expression && !uid.claim ? compileOne(uid.expression, `${field}.uid.expression`) : undefined,
  };
  if (uid.claim && uid.expression) {
    errors.push(fieldInvalid(`${field}.uid`, "", "claim and expression can't both be set"));
  }
  for (const name of ["username", "groups", "uid"] as const) {
    const expression = compiled[name];
    if (expression) into[name] = expression;
  }
  const keys = new Set<string>();
  for (const [i, { key, valueExpression }] of extra.entries()) {
    const at = `${field}.extra[${i}]`;
    errors.push(...validateExtraKey(key, `${at}.key`));
    if (keys.has(key)) errors.push(fieldDuplicate(`${at}.key`, key));
    else if (!valueExpression) errors.push(fieldRequired(`${at}.valueExpression`, ""));
    else {
      const expression = compileOne(valueExpression, `${at}.valueExpression`);
      if (expression) into.extra.push({ key, expression });
    }
    keys.add(key);
  }
}

function validateExtraKey(key: string, field: string): FieldError[] {
  const errors = validateDomainPrefixedPath(key, field);
  if (key !== key.toLowerCase()) errors.push(fieldInvalid(field, key, "must be lowercase"));
  const domain = key.includes("/") ? key.slice(0, key.indexOf("/")) : "";
  if (/(^|\.)(kubernetes|k8s)\.io$/.test(domain)) {
    const detail = "k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use";
    errors.push(fieldInvalid(field, key, detail));
  }
  return errors;
}

function checkUserRules({ userValidationRules }: JwtConfiguration, into: JwtExpressions, place: Place): void {
  const { errors, compiler } = place;
  const sources = new Set<string>();
  for (const [i, { expression: source, message }] of userValidationRules.entries()) {
    const field = `${place.field}.userValidationRules[${i}].expression`;
    if (!source) errors.push(fieldRequired(field, ""));
    else if (sources.has(source)) errors.push(fieldDuplicate(field, source));
    else {
      sources.add(source);
      const expression = compileInto(errors, compiler, { source, variable: "user", field, wantsBool: true });
      if (expression) into.userRules.push({ expression, message });
    }
  }
}
