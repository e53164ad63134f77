import { AggregatedError } from "./aggregate-error.ts";
import type { Attributes, Authorizer, Decision } from "./authorizer.ts";
import type { ResolvedRules, RuleResolver } from "./rule-resolver.ts";
import { SYSTEM_MASTERS } from "./well-known.ts";

/**
 * Asks each in order until one allows or denies; what the others said is told together.
 * (apiserver/pkg/authorization/union)
 */
export function authorizerUnion(authorizers: readonly Authorizer[]): Authorizer {
  return {
    name: "union",
    // Stays in step with the caller as long as nobody has to wait: RBAC and Node never do.
    authorize: (attributes) => askFrom(authorizers, 0, attributes, []),
  };
}

function askFrom(
  authorizers: readonly Authorizer[],
  start: number,
  attributes: Attributes,
  said: Decision[],
): Decision | Promise<Decision> {
  for (let i = start; i < authorizers.length; i++) {
    const answer = authorizers[i]!.authorize(attributes);
    if (answer instanceof Promise) {
      return answer.then((decision) => {
        if (decision.decision !== "no-opinion") return decision;
        return askFrom(authorizers, i + 1, attributes, [...said, decision]);
      });
    }
    if (answer.decision !== "no-opinion") return answer;
    said.push(answer);
  }
  return together(said);
}

function together(said: readonly Decision[]): Decision {
  const errors = said.flatMap(({ error }) => (error ? [error] : []));
  return {
    decision: "no-opinion",
    reason: said.flatMap(({ reason }) => (reason ? [reason] : [])).join("\n"),
    ...(errors.length && { error: new AggregatedError(errors).message }),
  };
}

/** All rules of all. */
export function ruleResolverUnion(resolvers: readonly RuleResolver[]): RuleResolver {
  return {
    rulesFor(user, namespace): ResolvedRules {
      const all = resolvers.map((resolver) => resolver.rulesFor(user, namespace));
      const errors = all.flatMap(({ error }) => (error ? [error] : []));
      return {
        resourceRules: all.flatMap(({ resourceRules }) => resourceRules),
        nonResourceRules: all.flatMap(({ nonResourceRules }) => nonResourceRules),
        incomplete: all.some(({ incomplete }) => incomplete),
        error: errors.length ? new AggregatedError(errors).message : "",
      };
    },
  };
}

const ALLOWED: Decision = { decision: "allow", reason: "" };
const NO_OPINION: Decision = { decision: "no-opinion", reason: "" };

/** system:masters may do anything, whatever the roles say: the way back in. (authorizerfactory NewPrivilegedGroups) */
export const privilegedGroupAuthorizer: Authorizer = {
  name: "PrivilegedGroups",
  authorize: ({ user }) => (user.groups.includes(SYSTEM_MASTERS) ? ALLOWED : NO_OPINION),
};

const EVERYTHING: ResolvedRules = {
  resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }],
  nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
  incomplete: false,
  error: "",
};

/** `--authorization-mode=AlwaysAllow` */
export const alwaysAllowAuthorizer: Authorizer & RuleResolver = {
  name: "AlwaysAllow",
  authorize: () => ALLOWED,
  rulesFor: () => EVERYTHING,
};

/** `--authorization-mode=AlwaysDeny` */
export const alwaysDenyAuthorizer: Authorizer & RuleResolver = {
  name: "AlwaysDeny",
  authorize: () => ({ decision: "no-opinion", reason: "Everything is forbidden." }),
  rulesFor: () => ({ resourceRules: [], nonResourceRules: [], incomplete: false, error: "" }),
};
