import type { PolicyRule } from "../../../openapi/api/rbac.authorization.k8s.io.v1.ts";
import { goQuote } from "../../meta/go-quote.ts";
import type { UserInfo } from "../authenticator.ts";
import type { Attributes, Authorizer, Decision } from "../authorizer.ts";
import type { ResolvedRules, RuleResolver } from "../rule-resolver.ts";
import { ruleAllows } from "./policy-rule.ts";
import { describeGrant, type GrantedRule, type RoleIndex } from "./role-index.ts";

const NO_OPINION: Decision = { decision: "no-opinion", reason: "" };

/** Allows what any bound rule allows, and never denies. (plugin/pkg/auth/authorizer/rbac) */
export function rbacAuthorizer(index: RoleIndex): Authorizer & RuleResolver {
  return {
    name: "RBAC",
    authorize: (attributes) => authorize(index, attributes),
    rulesFor: (user, namespace) => rulesFor(index, user, namespace),
  };
}

function authorize(index: RoleIndex, attributes: Attributes): Decision {
  let found: GrantedRule | undefined;
  let errors: string[] | undefined;
  index.visit(attributes.user, attributes.namespace, {
    rule(granted) {
      if (!ruleAllows(attributes, granted.rule)) return undefined;
      found = granted;
      return "stop";
    },
    missing(kind, name) {
      errors ??= [];
      errors.push(roleNotFound(kind.toLowerCase(), name));
    },
  });
  if (found) return allowed(found, attributes.user);
  return errors ? { decision: "no-opinion", reason: `RBAC: ${aggregate(errors)}` } : NO_OPINION;
}

/** The text is made only when somebody reads it: on most requests nobody does. */
function allowed(granted: GrantedRule, user: UserInfo): Decision {
  let reason: string | undefined;
  return {
    decision: "allow",
    get reason() {
      reason ??= `RBAC: allowed by ${describeGrant(granted, user)}`;
      return reason;
    },
  };
}

/** Every rule of a user, and an error text when some bindings' roles are missing. `resource` is named in that text. */
export function collectRules(
  index: RoleIndex,
  user: UserInfo,
  namespace: string,
  resource: (roleKind: string) => string,
): { rules: Readonly<PolicyRule>[]; error: string } {
  // A set, because a binding may reach a user in more than one way.
  const rules = new Set<Readonly<PolicyRule>>();
  const errors: string[] = [];
  index.visit(user, namespace, {
    rule({ rule }) {
      rules.add(rule);
      return undefined;
    },
    missing: (kind, name) => void errors.push(roleNotFound(resource(kind), name)),
  });
  return { rules: [...rules], error: errors.length ? aggregate(errors) : "" };
}

function rulesFor(index: RoleIndex, user: UserInfo, namespace: string): ResolvedRules {
  const { rules, error } = collectRules(index, user, namespace, (kind) => kind.toLowerCase());
  return {
    resourceRules: rules.filter((rule) => rule.resources?.length),
    nonResourceRules: rules.filter((rule) => rule.nonResourceURLs?.length),
    incomplete: false,
    error,
  };
}

export const roleNotFound = (resource: string, name: string): string =>
  `${resource}.rbac.authorization.k8s.io ${goQuote(name)} not found`;

/** Go's Aggregate: duplicates dropped, one error bare, several in brackets. */
function aggregate(errors: readonly string[]): string {
  const unique = [...new Set(errors)];
  return unique.length === 1 ? unique[0]! : `[${unique.join(", ")}]`;
}
