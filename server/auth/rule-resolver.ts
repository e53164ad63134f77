import type { UserInfo } from "./authenticator.ts";

/** What a user may do in a namespace, as far as an authorizer can list it. */
export interface ResolvedRules {
  readonly resourceRules: readonly {
    readonly verbs?: readonly string[];
    readonly apiGroups?: readonly string[];
    readonly resources?: readonly string[];
    readonly resourceNames?: readonly string[];
  }[];
  readonly nonResourceRules: readonly {
    readonly verbs?: readonly string[];
    readonly nonResourceURLs?: readonly string[];
  }[];
  /** There may be more. */
  readonly incomplete: boolean;
  /** Why some are missing; "" = none are. */
  readonly error: string;
}

/** Answers SelfSubjectRulesReviews. (apiserver/pkg/authorization/authorizer RuleResolver) */
export interface RuleResolver {
  rulesFor(user: UserInfo, namespace: string): ResolvedRules;
}
