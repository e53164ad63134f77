import { isMembers } from "../../meta/members.ts";
import { asString, type Claims, untrustedIssuer } from "./claims.ts";
import type { Provider } from "./provider.ts";

export interface DistributedClaimOptions {
  /** The only claim that is looked for elsewhere: that of groups. */
  readonly claim: string;
  readonly fetch: typeof fetch;
  /** A started provider for another issuer. */
  readonly providerOf: (issuer: string) => Provider;
}

/**
 * Fetches a claim that a token leaves to another endpoint. (OpenID Connect Core 1.0, 5.6.2)
 * @returns the claims with that one among them. @throws Error where the token names an endpoint that gives none
 */
export async function expandClaims(claims: Claims, options: DistributedClaimOptions): Promise<Claims> {
  const { claim } = options;
  if (Object.hasOwn(claims, claim) || !Object.hasOwn(claims, "_claim_names")) return claims;
  const names = membersOf(claims._claim_names, "oidc: error parsing distributed claim names");
  if (!Object.hasOwn(claims, "_claim_sources")) throw new Error("oidc: no claim sources");
  const sources = membersOf(claims._claim_sources, "oidc: could not parse claim sources");
  if (!Object.hasOwn(names, claim)) return claims;
  const name = asString(names[claim]);
  const source = sources[name];
  if (!isMembers(source)) {
    throw new Error(`id token _claim_names contained a source ${name} missing in _claims_sources`);
  }
  const { endpoint, access_token: token } = source;
  if (typeof endpoint !== "string" || !endpoint) return claims; // perhaps one that came along, which is not supported
  const value = await resolve(endpoint, typeof token === "string" ? token : "", options);
  return { ...claims, [claim]: value };
}

function membersOf(value: unknown, what: string): Record<string, unknown> {
  if (isMembers(value)) return value;
  throw new Error(`${what}: json: cannot unmarshal into an object`);
}

async function resolve(endpoint: string, accessToken: string, options: DistributedClaimOptions): Promise<unknown> {
  const { claim, fetch: get, providerOf } = options;
  let token: string;
  try {
    const answer = await get(endpoint, accessToken ? { headers: { authorization: `Bearer ${accessToken}` } } : {});
    if (!answer.ok) throw new Error(`error while getting distributed claim JWT: ${answer.status} ${answer.statusText}`);
    token = await answer.text();
  } catch (error) {
    throw new Error(`while getting distributed claim "${claim}": ${error instanceof Error ? error.message : error}`);
  }
  const issuer = untrustedIssuer(token);
  if (issuer === undefined) {
    throw new Error(`getting untrusted issuer from endpoint ${endpoint} failed for claim "${claim}": malformed token`);
  }
  const provider = providerOf(issuer);
  if (provider.problem !== undefined) {
    throw new Error(`verifying untrusted issuer ${issuer} failed: verifier not initialized for issuer: "${issuer}"`);
  }
  const claims = await provider.verify(token).catch((error) => {
    throw new Error(`verify distributed claim token: ${error.message}`);
  });
  if (Object.hasOwn(claims, claim)) return claims[claim];
  throw new Error(`jwt returned by distributed claim endpoint "${endpoint}" did not contain claim: ${claim}`);
}
