import { createPublicKey, type JsonWebKey, verify } from "node:crypto";
import type { Process, Program } from "../behaviour.ts";
import { askWithToken } from "./in-cluster.ts";
import { longFlags } from "./long-flags.ts";
import { log } from "./servers.ts";

interface Claims {
  readonly iss?: string;
  readonly aud?: string | readonly string[];
  readonly exp?: number;
}

/** Checks a service account's token with nothing but what its issuer publishes. (OpenID Connect Discovery) */
export const tokenCheck: Program = async (process) => {
  const flags = longFlags(process.args);
  try {
    const token = (await process.files.read(flags.get("token-path") ?? "")).toString("utf8");
    log(process, "OK: Got token");
    log(process, "validating with in-cluster discovery");
    await validate(process, token, flags.get("audience") ?? "");
    return 0;
  } catch (error) {
    log(
      process,
      `failed to validate with in-cluster discovery: ${error instanceof Error ? error.message : String(error)}`,
    );
    return 1;
  }
};

async function validate(process: Process, token: string, audience: string): Promise<void> {
  const [head = "", payload = "", signature = ""] = token.trim().split(".");
  const { alg, kid } = decode(head) as { alg?: string; kid?: string };
  const claims = decode(payload) as Claims;
  const { iss = "" } = claims;
  log(process, `OK: got issuer ${iss}`);
  log(process, `Full, not-validated claims: \n${JSON.stringify(claims)}`);
  const discovery = await getJson(process, `${iss.replace(/\/$/, "")}/.well-known/openid-configuration`);
  const { issuer, jwks_uri: keysAt = "" } = discovery as { issuer?: string; jwks_uri?: string };
  if (issuer !== iss) {
    throw new Error(`oidc: issuer did not match the issuer returned by provider, expected "${iss}" got "${issuer}"`);
  }
  log(process, `OK: Constructed OIDC provider for issuer ${iss}`);
  const { keys = [] } = (await getJson(process, keysAt)) as { keys?: (JsonWebKey & { kid?: string })[] };
  const key = keys.find((each) => each.kid === kid);
  const isSigned = key && (alg === "RS256" || alg === "ES256") && verified(`${head}.${payload}`, signature, key);
  if (!isSigned) throw new Error("failed to verify signature: failed to verify id token signature");
  if (![claims.aud ?? []].flat().includes(audience)) {
    throw new Error(`oidc: expected audience "${audience}" got ${JSON.stringify(claims.aud)}`);
  }
  if ((claims.exp ?? 0) * 1000 < process.clock.now().getTime()) throw new Error("oidc: token is expired");
  log(process, "OK: Validated signature on JWT");
  log(process, "OK: Got valid claims from token!");
  log(process, `Full, validated claims: \n${JSON.stringify(claims)}`);
}

const decode = (part: string): unknown => JSON.parse(Buffer.from(part, "base64url").toString("utf8"));

/** ECDSA signatures stand in tokens as two numbers. (RFC 7518, 3.4) */
const verified = (text: string, signature: string, key: JsonWebKey) =>
  verify(
    "sha256",
    Buffer.from(text),
    { key: createPublicKey({ key, format: "jwk" }), dsaEncoding: "ieee-p1363" },
    Buffer.from(signature, "base64url"),
  );

async function getJson(process: Process, text: string): Promise<unknown> {
  const { code, body } = await askWithToken(process, new URL(text));
  if (code !== 200) throw new Error(`${code}: ${body}`);
  return JSON.parse(body);
}
