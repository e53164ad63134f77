import type { Attributes, Authorizer, Decision } from "../auth/authorizer.ts";
import { SYSTEM_MASTERS } from "../auth/well-known.ts";

/** Lets system:masters do everything, before anyone else is asked. (authorizerfactory NewPrivilegedGroups) */
export const privilegedGroup: Authorizer = {
  name: "privileged-group",
  authorize: ({ user }) => ({
    decision: user.groups.includes(SYSTEM_MASTERS) ? "allow" : "no-opinion",
    reason: "",
  }),
};

/** Asks in order; the first that allows or denies wins. (apiserver/pkg/authorization/union) */
export function authorizerUnion(authorizers: readonly Authorizer[]): Authorizer {
  return {
    name: "union",
    authorize(attributes) {
      const reasons: string[] = [];
      for (const [index, authorizer] of authorizers.entries()) {
        const decision = authorizer.authorize(attributes);
        // No await on the way of those that know at once.
        if (decision instanceof Promise) return rest(decision, authorizers.slice(index + 1), attributes, reasons);
        if (decision.decision !== "no-opinion") return decision;
        if (decision.reason) reasons.push(decision.reason);
      }
      return noOpinion(reasons);
    },
  };
}

async function rest(
  first: Promise<Decision>,
  authorizers: readonly Authorizer[],
  attributes: Attributes,
  reasons: string[],
): Promise<Decision> {
  let decision = await first;
  for (const authorizer of [...authorizers, undefined]) {
    if (decision.decision !== "no-opinion") return decision;
    if (decision.reason) reasons.push(decision.reason);
    if (authorizer) decision = await authorizer.authorize(attributes);
  }
  return noOpinion(reasons);
}

function noOpinion(reasons: readonly string[]): Decision {
  return { decision: "no-opinion", reason: reasons.join("\n") };
}
