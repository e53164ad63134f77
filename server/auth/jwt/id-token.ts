import { isMembers } from "../../meta/members.ts";
import { type Claims, jsonKind } from "./claims.ts";

/** What is read of each claim that go-oidc itself knows: the Go type, and whether a value is one. */
const FIELDS: Readonly<Record<string, readonly [goType: string, fits: (value: unknown) => boolean]>> = {
  iss: ["string", isText],
  sub: ["string", isText],
  aud: ["[]string", (value) => isText(value) || (Array.isArray(value) && value.every(isTextOrNull))],
  exp: ["json.Number", isNumber],
  iat: ["json.Number", isNumber],
  nbf: ["json.Number", isNumber],
  nonce: ["string", isText],
  at_hash: ["string", isText],
  _claim_names: ["map[string]string", (value) => isMembers(value) && Object.values(value).every(isTextOrNull)],
  _claim_sources: ["map[string]oidc.claimSource", isMembers],
};

function isText(value: unknown): boolean {
  return typeof value === "string";
}
function isTextOrNull(value: unknown): boolean {
  return value === null || isText(value);
}
function isNumber(value: unknown): boolean {
  return typeof value === "number";
}

/** The claims of a signed payload. @throws Error where one that every token may have is of the wrong type (go-oidc/oidc.go idToken) */
export function idTokenOf(payload: string): Claims {
  const claims: unknown = JSON.parse(payload);
  if (!isMembers(claims)) throw undecodable(`cannot unmarshal ${jsonKind(claims)} into Go value of type oidc.idToken`);
  for (const [name, [goType, fits]] of Object.entries(FIELDS)) {
    const value = Object.hasOwn(claims, name) ? claims[name] : null;
    if (value === null || fits(value)) continue;
    if (goType === "json.Number" && typeof value === "string") {
      const quoted = JSON.stringify(JSON.stringify(value));
      throw undecodable(`invalid number literal, trying to unmarshal ${quoted} into Number`);
    }
    throw undecodable(`cannot unmarshal ${jsonKind(value)} into Go struct field idToken.${name} of type ${goType}`);
  }
  checkSources(claims);
  return claims;
}

const undecodable = (message: string) => new Error(`oidc: failed to unmarshal claims: json: ${message}`);

/** Claims that are elsewhere must be somewhere. */
function checkSources({ _claim_names: names, _claim_sources: sources }: Claims): void {
  for (const source of Object.values(names ?? {})) {
    if (!source) throw new Error("oidc: failed to obtain source from claim name");
    if (!isMembers(sources) || !Object.hasOwn(sources, source)) throw new Error("oidc: source does not exist");
  }
}
