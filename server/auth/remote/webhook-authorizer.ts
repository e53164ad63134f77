import type { SubjectAccessReview } from "../../../openapi/api/authorization.k8s.io.v1.ts";
import type { Authorizer, Decision } from "../authorizer.ts";
import type { RuleResolver } from "../rule-resolver.ts";
import { ExpiringCache } from "./expiring-cache.ts";
import type { ReviewClient } from "./kubeconfig-client.ts";
import { reviewSpec } from "./review-spec.ts";

export interface WebhookAuthorizerOptions {
  readonly client: ReviewClient;
  /** `--authorization-webhook-cache-authorized-ttl`, upstream 5 minutes. */
  readonly authorizedMilliseconds: number;
  /** `--authorization-webhook-cache-unauthorized-ttl`, upstream 30 seconds. */
  readonly unauthorizedMilliseconds: number;
  readonly version: "v1" | "v1beta1";
  /** What it says when the webhook cannot be asked. */
  readonly failurePolicy: "NoOpinion" | "Deny";
  /** Whether a review is for it. @throws Error when that cannot be told */
  readonly matches?: (spec: SubjectAccessReview["spec"]) => boolean;
  readonly now: () => Date;
}

/** Requests with longer answers in the cache would let a user fill the memory. */
const CACHED_KEY_LENGTH = 10_000;
const CACHED = 8192;

/** Asks a SubjectAccessReview of another server. (apiserver/plugin/pkg/authorizer/webhook) */
export function webhookAuthorizer(options: WebhookAuthorizerOptions): Authorizer & RuleResolver {
  const cache = new ExpiringCache<Decision>(CACHED, options.now);
  return {
    name: "Webhook",
    authorize(attributes) {
      const spec = reviewSpec(attributes);
      try {
        if (options.matches?.(spec) === false) return NO_OPINION;
      } catch (error) {
        return failed(options, error);
      }
      const key = JSON.stringify(spec);
      return cache.get(key) ?? ask(options, spec, key, cache);
    },
    rulesFor: () => ({
      resourceRules: [],
      nonResourceRules: [],
      incomplete: true,
      error: "webhook authorizer does not support user rule resolution",
    }),
  };
}

async function ask(
  options: WebhookAuthorizerOptions,
  spec: SubjectAccessReview["spec"],
  key: string,
  cache: ExpiringCache<Decision>,
): Promise<Decision> {
  const { client, authorizedMilliseconds, unauthorizedMilliseconds, version } = options;
  const apiVersion = `authorization.k8s.io/${version}`;
  const review = {
    kind: "SubjectAccessReview",
    apiVersion,
    metadata: {},
    spec: version === "v1" ? spec : former(spec),
  };
  try {
    // Only the fields of a status are read.
    const { status } = (await client.post(review)) as Partial<SubjectAccessReview>;
    if (!status) throw new Error("the answer has no status");
    const { allowed, denied, reason = "" } = status;
    const decision: Decision = {
      decision: denied ? "deny" : allowed ? "allow" : "no-opinion",
      reason,
      ...(allowed && denied && { error: "webhook subject access review returned both allow and deny response" }),
    };
    const keep = allowed ? authorizedMilliseconds : unauthorizedMilliseconds;
    if (key.length < CACHED_KEY_LENGTH) cache.set(key, decision, keep);
    return decision;
  } catch (error) {
    return failed(options, error);
  }
}

const NO_OPINION: Decision = { decision: "no-opinion", reason: "" };

/** A webhook that cannot be asked has no opinion, so that others may still allow; or it is to be on the safe side. */
function failed({ failurePolicy }: WebhookAuthorizerOptions, error: unknown): Decision {
  const decision = failurePolicy === "Deny" ? "deny" : "no-opinion";
  return { decision, reason: "", error: error instanceof Error ? error.message : String(error) };
}

/** v1beta1 has its groups in the singular. */
function former({ groups, ...rest }: SubjectAccessReview["spec"]): object {
  return { ...rest, ...(groups && { group: groups }) };
}
