import { createHash } from "node:crypto";
import type { TokenReview } from "../../../openapi/api/authentication.k8s.io.v1.ts";
import type { Authenticated, TokenAuthenticator } from "../authenticator.ts";
import { ExpiringCache } from "./expiring-cache.ts";
import type { ReviewClient } from "./kubeconfig-client.ts";

export interface WebhookTokenOptions {
  readonly client: ReviewClient;
  /** `--authentication-token-webhook-version`: both have the same fields. */
  readonly version: "v1" | "v1beta1";
  readonly apiAudiences: readonly string[];
  /** `--authentication-token-webhook-cache-ttl`, upstream 2 minutes. */
  readonly cacheMilliseconds: number;
  readonly now: () => Date;
}

const CACHED = 4096;

/** Asks a TokenReview of another server. (apiserver/plugin/pkg/authenticator/token/webhook) */
export function webhookTokenAuthenticator(options: WebhookTokenOptions): TokenAuthenticator {
  const { cacheMilliseconds, now } = options;
  const cache = new ExpiringCache<{ result: Authenticated | undefined }>(CACHED, now);
  return {
    name: "webhook",
    async authenticateToken(token, audiences) {
      // Tokens themselves are not kept.
      const key = createHash("sha256")
        .update(JSON.stringify([token, audiences]))
        .digest("base64");
      const known = cache.get(key);
      if (known) return known.result;
      const result = await review(options, token, audiences);
      cache.set(key, { result }, cacheMilliseconds);
      return result;
    },
  };
}

async function review(
  { client, version, apiAudiences }: WebhookTokenOptions,
  token: string,
  audiences: readonly string[],
): Promise<Authenticated | undefined> {
  const asked = {
    kind: "TokenReview",
    apiVersion: `authentication.k8s.io/${version}`,
    metadata: {},
    spec: { token, ...(audiences.length > 0 && { audiences }) },
  };
  // Only the fields of a status are read.
  const { status } = (await client.post(asked)) as Partial<TokenReview>;
  if (!status?.authenticated) {
    if (status?.error) throw new Error(status.error);
    return undefined;
  }
  // A webhook that knows nothing of audiences speaks for the API server's own.
  const answered = status.audiences?.length ? status.audiences : apiAudiences;
  const common = audiences.filter((audience) => answered.includes(audience));
  if (audiences.length && !common.length) return undefined;
  const { username = "", uid, groups = [], extra } = status.user ?? {};
  const user = { name: username, ...(uid && { uid }), groups, ...(extra && { extra }) };
  return audiences.length ? { user, audiences: common } : { user };
}
