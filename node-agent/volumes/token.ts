import type { Client, Clock } from "../../client/index.ts";
import type { Pod, ServiceAccountTokenProjection } from "../../openapi/api/core.v1.ts";

/** Tokens are renewed after this part of their life, or this long. (pkg/kubelet/token/token_manager.go) */
const RENEW_AFTER = 0.8;
const LONGEST_MS = 24 * 60 * 60 * 1000;

interface TokenAnswer {
  readonly status: { readonly token: string; readonly expirationTimestamp: string };
}

/** Tokens of a Pod's service account, bound to the Pod; asked for when needed and kept until they get old. */
export function tokenSource(
  { metadata, spec }: Pod,
  client: Client,
  clock: Clock,
): (projection: ServiceAccountTokenProjection) => Promise<string> {
  const known = new Map<string, { token: string; renewAt: number }>();
  return async ({ audience, expirationSeconds = 3600 }) => {
    const key = `${audience ?? ""}/${expirationSeconds}`;
    const now = clock.now().getTime();
    const old = known.get(key);
    if (old && now < old.renewAt) return old.token;
    const { name, uid, namespace = "" } = metadata;
    const answer = (await client.post(
      "v1/serviceaccounts",
      { name: spec.serviceAccountName || "default", namespace, subresource: "token" },
      {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: {
          audiences: audience ? [audience] : [],
          expirationSeconds,
          boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
        },
      },
    )) as TokenAnswer; // what the API server answers to a TokenRequest
    const { token, expirationTimestamp } = answer.status;
    const life = new Date(expirationTimestamp).getTime() - now;
    known.set(key, { token, renewAt: now + Math.min(life * RENEW_AFTER, LONGEST_MS) });
    return token;
  };
}
