import type { CertificateChecks } from "../../pki/checks.ts";
import type { ObjectWriter } from "../admission/plugin.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import type { Authorizer } from "../auth/authorizer.ts";
import type { EscalationCheck } from "../auth/rbac/escalation.ts";
import type { RuleResolver } from "../auth/rule-resolver.ts";
import type { TokenIssuer } from "../auth/service-account/token-issuer.ts";
import type { CheckExpression } from "./admissionregistration/expressions.ts";

/** What a few kinds need besides objects. Wired by start.ts; kinds see it as `context.services`. */
export interface Services {
  /** Answers access reviews. */
  readonly authorizer: Authorizer;
  /** Answers SelfSubjectRulesReviews. */
  readonly ruleResolver: RuleResolver;
  /** Guards roles and bindings. */
  readonly escalation: EscalationCheck;
  /** Answers TokenReviews. */
  readonly authenticator: Authenticator;
  /** The API server's own audiences (`--api-audiences`). */
  readonly apiAudiences: readonly string[];
  /** Judges CertificateSigningRequests. */
  readonly certificates: CertificateChecks;
  /** Signs service-account tokens. */
  readonly tokenIssuer: TokenIssuer;
  /** Writes on the server's own behalf: evictions count against PodDisruptionBudgets. */
  readonly writer: ObjectWriter;
  /** Compiles the CEL of webhooks, policies and selectors of devices; without it expressions are taken as they are. */
  readonly checkExpression?: CheckExpression;
}
