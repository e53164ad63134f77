import { isMembers } from "../../meta/members.ts";

export type Claims = Readonly<Record<string, unknown>>;

/** What a token says of its issuer, which nothing has proved. @returns undefined for what is no token */
export function untrustedIssuer(token: string): string | undefined {
  const parts = token.split(".");
  if (parts.length !== 3) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1]!, "base64url").toString("utf8"));
    const issuer = isMembers(claims) ? claims.iss : undefined;
    if (issuer === "accounts.google.com") return "https://accounts.google.com";
    return typeof issuer === "string" ? issuer : undefined;
  } catch {
    return undefined;
  }
}

/** @throws Error when there is none, or none that is a string */
export function stringClaim(claims: Claims, name: string): string {
  if (!Object.hasOwn(claims, name)) throw new Error("claim not present");
  return asString(claims[name]);
}

/** @throws Error for a list or an object; null is empty, as everywhere in Go */
export function asString(value: unknown): string {
  if (value === null) return "";
  if (typeof value === "string") return value;
  throw new Error(`json: cannot unmarshal ${jsonKind(value)} into Go value of type string`);
}

/** @throws Error for anything but true, false and null */
export function asBoolean(value: unknown): boolean {
  if (value === null) return false;
  if (typeof value === "boolean") return value;
  throw new Error(`json: cannot unmarshal ${jsonKind(value)} into Go value of type bool`);
}

/** One group may come as a plain string. @throws Error for anything but strings */
export function asStrings(value: unknown): string[] {
  if (value === null) return [];
  if (Array.isArray(value) && value.every((item) => item === null || typeof item === "string")) {
    return value.map((item) => item ?? "");
  }
  return [asString(value)];
}

/** A value's kind, as encoding/json names it. */
export function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}
