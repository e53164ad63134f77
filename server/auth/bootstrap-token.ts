import { timingSafeEqual } from "node:crypto";
import type { Secret } from "../../openapi/api/core.v1.ts";
import type { ObjectReader } from "../admission/plugin.ts";
import type { TokenAuthenticator } from "./authenticator.ts";

const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const DEFAULT_GROUP = "system:bootstrappers";
const GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

/** Tokens of joining nodes, kept as Secrets of kube-system. (plugin/pkg/auth/authenticator/token/bootstrap) */
export function bootstrapTokenAuthenticator(reader: ObjectReader, now: () => Date): TokenAuthenticator {
  return {
    name: "bootstrap-token",
    authenticateToken(token) {
      const [, id, secretPart] = TOKEN.exec(token) ?? [];
      if (!id || !secretPart) return undefined;
      const resource = { group: "", resource: "secrets" };
      const secret = reader.get<Secret>(resource, "kube-system", `bootstrap-token-${id}`);
      const groups = secret && groupsOf(secret, id, secretPart, now());
      return groups && { user: { name: `system:bootstrap:${id}`, groups } };
    },
  };
}

/** Undefined when the Secret does not make this a good token. */
function groupsOf(secret: Readonly<Secret>, id: string, part: string, now: Date): string[] | undefined {
  const value = (key: string) => Buffer.from(secret.data?.[key] ?? "", "base64").toString("utf8");
  if (secret.metadata.deletionTimestamp || secret.type !== "bootstrap.kubernetes.io/token") return undefined;
  if (!sameSecret(value("token-secret"), part) || value("token-id") !== id) return undefined;
  const expiration = value("expiration");
  // A date that cannot be read counts as past.
  if (expiration && !(new Date(expiration) > now)) return undefined;
  if (value("usage-bootstrap-authentication") !== "true") return undefined;
  const extra = value("auth-extra-groups");
  const groups = extra ? [...new Set(extra.split(","))] : [];
  if (!groups.every((group) => GROUP.test(group))) return undefined;
  return [...new Set([DEFAULT_GROUP, ...groups])].sort();
}

/** Takes as long for a wrong one as for a right one. */
export function sameSecret(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
