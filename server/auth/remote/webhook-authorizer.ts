import type { SubjectAccessReview } from "../../../openapi/api/authorization.k8s.io.v1.ts";
import type { Attributes, Authorizer, Decision } from "../authorizer.ts";
import type { RuleResolver } from "../rule-resolver.ts";
import { ExpiringCache } from "./expiring-cache.ts";
import type { JsonPoster } from "./kubeconfig-client.ts";

export interface WebhookAuthorizerOptions {
  readonly client: JsonPoster;
  /** `--authorization-webhook-cache-authorized-ttl`, upstream 5 minutes. */
  readonly authorizedMilliseconds: number;
  /** `--authorization-webhook-cache-unauthorized-ttl`, upstream 30 seconds. */
  readonly unauthorizedMilliseconds: number;
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
  { client, authorizedMilliseconds, unauthorizedMilliseconds }: WebhookAuthorizerOptions,
  spec: SubjectAccessReview["spec"],
  key: string,
  cache: ExpiringCache<Decision>,
): Promise<Decision> {
  const review = { kind: "SubjectAccessReview", apiVersion: "authorization.k8s.io/v1", metadata: {}, spec };
  try {
    // Only the fields of a status are read.
    const { status } = (await client.post(review)) as Partial<SubjectAccessReview>;
    if (!status) throw new Error("the answer has no status");
    const { allowed, denied, reason = "", evaluationError } = status;
    if (allowed && denied) throw new Error(`webhook subject access review returned both allow and deny response`);
    const decision: Decision = {
      decision: allowed ? "allow" : denied ? "deny" : "no-opinion",
      reason,
      ...(evaluationError && { error: evaluationError }),
    };
    const keep = allowed ? authorizedMilliseconds : unauthorizedMilliseconds;
    if (key.length < CACHED_KEY_LENGTH) cache.set(key, decision, keep);
    return decision;
  } catch (error) {
    // A webhook that cannot be asked has no opinion: others may still allow.
    return { decision: "no-opinion", reason: "", error: error instanceof Error ? error.message : String(error) };
  }
}

function reviewSpec(attributes: Attributes): SubjectAccessReview["spec"] {
  const { user, verb, resourceRequest, path, fieldSelector, labelSelector } = attributes;
  const extra: Record<string, string[]> = {};
  for (const [key, values] of Object.entries(user.extra ?? {})) extra[key] = [...values];
  const who = {
    ...(user.name && { user: user.name }),
    ...(user.groups.length && { groups: [...user.groups] }),
    ...(Object.keys(extra).length && { extra }),
    ...(user.uid && { uid: user.uid }),
  };
  if (!resourceRequest) return { nonResourceAttributes: { path, verb }, ...who };
  const { namespace, group, version, resource, subresource, name } = attributes;
  const given = { namespace, verb, group, version, resource, subresource, name };
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value));
  return {
    resourceAttributes: {
      ...set,
      ...(fieldSelector && { fieldSelector: { rawSelector: fieldSelector } }),
      ...(labelSelector && { labelSelector: { rawSelector: labelSelector } }),
    },
    ...who,
  };
}
