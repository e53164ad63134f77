import { NumberText } from "../../openapi/exact-json.ts";

/** A JSON object whose keys come from a client. */
export type Members = Record<string, unknown>;

/** Says whether a JSON value is an object: neither a list nor null. */
export function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof NumberText);
}

/** Reads a member of the object itself: a key such as "constructor" must not reach the prototype. */
export function getMember<T>(object: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Writes a member; "__proto__" is a key like any other. */
export function setMember(object: Members, key: string, value: unknown): void {
  if (key !== "__proto__") object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
}

/** A copy with the keys in byte order, which is how Go prints maps. */
export function sortedMembers(object: Readonly<Members>): Members {
  const sorted: Members = {};
  for (const key of Object.keys(object).sort()) setMember(sorted, key, object[key]);
  return sorted;
}

/** What encoding/json calls the type of a JSON value in its errors. */
export function jsonTypeName(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (value instanceof NumberText || typeof value === "bigint") return "number";
  return typeof value === "boolean" ? "bool" : typeof value;
}
