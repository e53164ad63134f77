import type { JWTPayload } from "jose";
import type { TokenAuthenticator, UserInfo } from "../authenticator.ts";
import { parseToken } from "../service-account/jwt.ts";

/** `--oidc-*` flags. */
export interface OidcOptions {
  readonly issuerUrl: string;
  readonly clientId: string;
  readonly usernameClaim: string;
  /** "" takes upstream's default: the issuer and `#`, unless the claim is `email`; `-` is none. */
  readonly usernamePrefix: string;
  readonly groupsClaim: string;
  readonly groupsPrefix: string;
  readonly requiredClaims: Readonly<Record<string, string>>;
  readonly signingAlgorithms: readonly string[];
  /** Fetches the discovery document and keys. Its own option so that a private CA can be used. */
  readonly fetch: typeof fetch;
  readonly now: () => Date;
}

/**
 * ID tokens of an OpenID Connect provider. Its keys are fetched when the first token comes, and again when one is
 * signed with a key not yet known. (apiserver/plugin/pkg/authenticator/token/oidc)
 */
export function oidcAuthenticator(options: OidcOptions): TokenAuthenticator {
  const { issuerUrl, clientId, signingAlgorithms, now } = options;
  let keys: Promise<Awaited<ReturnType<typeof remoteKeys>>> | undefined;
  return {
    name: "oidc",
    async authenticateToken(token) {
      const parsed = parseToken(token);
      if (parsed?.claims.iss !== issuerUrl) return undefined;
      const { jwtVerify } = await import("jose");
      keys ??= remoteKeys(options);
      try {
        const { payload } = await jwtVerify(token, await keys, {
          issuer: issuerUrl,
          audience: clientId,
          algorithms: [...signingAlgorithms],
          currentDate: now(),
          requiredClaims: ["exp"],
        });
        return { user: userOf(payload, options) };
      } catch (error) {
        throw new Error(`oidc: ${error instanceof Error ? error.message : error}`);
      }
    },
  };

  /** A provider that cannot be reached is asked again with the next token. */
  async function remoteKeys({ fetch: get }: OidcOptions) {
    try {
      const { createRemoteJWKSet, customFetch } = await import("jose");
      const answer = await get(`${issuerUrl.replace(/\/$/, "")}/.well-known/openid-configuration`);
      // Checked right below.
      const { issuer, jwks_uri } = (await answer.json()) as { issuer?: string; jwks_uri?: string };
      if (issuer !== issuerUrl)
        throw new Error(
          `issuer did not match the issuer returned by provider, expected "${issuerUrl}" got "${issuer}"`,
        );
      if (!jwks_uri) throw new Error("provider has no jwks_uri");
      return createRemoteJWKSet(new URL(jwks_uri), { [customFetch]: get });
    } catch (error) {
      keys = undefined;
      throw new Error(
        `verifier not initialized for issuer "${issuerUrl}": ${error instanceof Error ? error.message : error}`,
      );
    }
  }
}

function userOf(claims: JWTPayload, options: OidcOptions): UserInfo {
  const { usernameClaim, groupsClaim, groupsPrefix, requiredClaims, issuerUrl } = options;
  const username = claims[usernameClaim];
  if (typeof username !== "string") throw new Error(`parse username claims "${usernameClaim}": claim not present`);
  if (usernameClaim === "email" && claims.email_verified !== undefined && claims.email_verified !== true) {
    throw new Error("email not verified");
  }
  for (const [name, wanted] of Object.entries(requiredClaims)) {
    if (claims[name] === undefined) throw new Error(`required claim ${name} not present in ID token`);
    if (claims[name] !== wanted) {
      throw new Error(`required claim ${name} value does not match. Got = ${claims[name]}, want = ${wanted}`);
    }
  }
  const prefix = options.usernamePrefix || (usernameClaim === "email" ? "-" : `${issuerUrl}#`);
  return {
    name: prefix === "-" ? username : prefix + username,
    groups: groupsOf(claims, groupsClaim).map((group) => groupsPrefix + group),
    ...(claims.jti && { extra: { "authentication.kubernetes.io/credential-id": [`JTI=${claims.jti}`] } }),
  };
}

/** One group may come as a plain string. */
function groupsOf(claims: JWTPayload, claim: string): string[] {
  const value = claim ? claims[claim] : undefined;
  if (value === undefined) return [];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (!list.every((group): group is string => typeof group === "string")) {
    throw new Error(`parse groups claim "${claim}": json: cannot unmarshal into a list of strings`);
  }
  return list;
}
