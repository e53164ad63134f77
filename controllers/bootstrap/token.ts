import type { Secret } from "../../openapi/api/core.v1.ts";

/** Type of the Secrets that hold bootstrap tokens, in kube-system. */
export const TOKEN_TYPE = "bootstrap.kubernetes.io/token";

/** A value of a Secret as text; "" when it is not there. */
export function textOf({ data }: Readonly<Secret>, key: string): string {
  return Buffer.from(data?.[key] ?? "", "base64").toString("utf8");
}

/** Milliseconds until a token expires: Infinity when never, 0 when it has, or when its time cannot be read. */
export function expiresInMs(secret: Readonly<Secret>, now: Date): number {
  const text = textOf(secret, "expiration");
  if (!text) return Number.POSITIVE_INFINITY;
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text);
  return isTime ? Math.max(0, Date.parse(text) - now.getTime()) : 0;
}
