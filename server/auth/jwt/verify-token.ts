import { syntaxErrorOf } from "../../../openapi/json-tree.ts";
import { goQuote } from "../../meta/go-quote.ts";
import { isMembers } from "../../meta/members.ts";
import { asStrings } from "./claims.ts";
import { idTokenOf } from "./id-token.ts";
import type { KeySet } from "./key-set.ts";

export interface TokenChecks {
  readonly issuer: string;
  /** One of these is enough. */
  readonly audiences: readonly string[];
  readonly signingAlgorithms: readonly string[];
  readonly now: () => Date;
}

/** A clock may be behind by this much. */
const NOT_BEFORE_LEEWAY_SECONDS = 60;

/** @returns the claims of a signed token. @throws Error in upstream's words for one that is bad (go-oidc/verify.go) */
export async function verifyToken(token: string, keys: KeySet, checks: TokenChecks): Promise<Record<string, unknown>> {
  const { kid, alg } = headerOf(token);
  if (!checks.signingAlgorithms.includes(alg)) {
    const expected = goQuotes(checks.signingAlgorithms);
    throw new Error(`oidc: id token signed with unsupported algorithm, expected ${expected} got ${goQuote(alg)}`);
  }
  let payload: Uint8Array;
  try {
    payload = await keys.verify(token, { kid, alg });
  } catch (error) {
    throw new Error(`failed to verify signature: ${error instanceof Error ? error.message : error}`);
  }
  const claims = idTokenOf(Buffer.from(payload).toString("utf8"));
  checkIssuer(claims.iss, checks.issuer);
  checkAudience(claims.aud, checks.audiences);
  checkTimes(claims, checks.now());
  return claims;
}

function headerOf(token: string): { kid: string; alg: string } {
  const text = Buffer.from(token.split(".", 1)[0]!, "base64url").toString("utf8");
  const problem = syntaxErrorOf(text);
  if (problem) throw new Error(`oidc: malformed jwt: ${problem}`);
  const header: unknown = JSON.parse(text);
  const { kid, alg } = isMembers(header) ? header : {};
  return { kid: typeof kid === "string" ? kid : "", alg: typeof alg === "string" ? alg : "" };
}

const GOOGLE = "https://accounts.google.com";

/** Google's has no scheme in its tokens. */
function checkIssuer(got: unknown, wanted: string): void {
  if (got === wanted || (wanted === GOOGLE && got === GOOGLE.slice("https://".length))) return;
  const texts = `expected ${goQuote(wanted)} got ${goQuote(String(got ?? ""))}`;
  throw new Error(`oidc: id token issued by a different provider, ${texts}`);
}

function checkAudience(aud: unknown, wanted: readonly string[]): void {
  const got = asStrings(aud ?? []);
  if (got.some((audience) => wanted.includes(audience))) return;
  // One is looked for by the library, several by Kubernetes itself, which sorts them.
  const expected =
    wanted.length === 1
      ? `expected audience ${goQuote(wanted[0]!)}`
      : `expected audience in ${goQuotes([...wanted].sort())}`;
  throw new Error(`oidc: ${expected} got ${goQuotes(got)}`);
}

function checkTimes({ exp, nbf }: Record<string, unknown>, now: Date): void {
  const seconds = now.getTime() / 1000;
  const expiry = typeof exp === "number" ? exp : undefined;
  if (expiry === undefined || expiry < seconds)
    throw new Error(`oidc: token is expired (Token Expiry: ${goTime(expiry)})`);
  if (typeof nbf === "number" && seconds + NOT_BEFORE_LEEWAY_SECONDS < nbf) {
    throw new Error(`oidc: current time ${goTime(seconds)} before the nbf (not before) time: ${goTime(nbf)}`);
  }
}

const goQuotes = (list: readonly string[]) => `[${list.map(goQuote).join(" ")}]`;

/** As Go prints a time, in seconds. */
function goTime(seconds: number | undefined): string {
  if (seconds === undefined) return "0001-01-01 00:00:00 +0000 UTC";
  return `${new Date(Math.trunc(seconds) * 1000).toISOString().replace("T", " ").slice(0, 19)} +0000 UTC`;
}
