import { badRequest } from "./errors.ts";
import { getMember, isMembers, jsonTypeName, type Members, setMember } from "./members.ts";

/**
 * Checks the body of a merge patch as the API server does before it looks at the object.
 *
 * @param strict fieldValidation is Warn or Strict; otherwise a list is let through, to fail when decoded
 * @throws StatusError 400
 */
export function validateMergePatch(patch: unknown, strict: boolean): void {
  if (patch === null) throw badRequest("Invalid JSON Patch");
  if (isMembers(patch)) return;
  if (strict) {
    const type = jsonTypeName(patch);
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
    );
  }
  if (!Array.isArray(patch)) throw badRequest("Invalid JSON Patch");
}

/**
 * Applies a JSON merge patch (RFC 7386) as evanphx/json-patch does: nulls in what is new are dropped, also inside
 * lists. Neither argument is changed; untouched parts are shared with the result. Objects that were looked into have
 * their keys sorted, which shows in the errors that print the result.
 *
 * @param patch has passed validateMergePatch
 */
export function mergePatch(document: Readonly<Members>, patch: unknown): unknown {
  return isMembers(patch) ? mergeMembers(document, patch) : withoutNulls(patch);
}

function mergeMembers(current: Readonly<Members>, patch: Readonly<Members>): Members {
  const merged: Members = {};
  for (const key of [...new Set([...Object.keys(current), ...Object.keys(patch)])].sort()) {
    const old = getMember(current, key);
    if (!Object.hasOwn(patch, key)) setMember(merged, key, old);
    else if (patch[key] !== null) setMember(merged, key, mergeValue(old, patch[key]));
  }
  return merged;
}

function mergeValue(old: unknown, value: unknown): unknown {
  if (!isMembers(old)) return withoutNulls(value);
  return isMembers(value) ? mergeMembers(old, value) : value;
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  return isMembers(value) ? mergeMembers({}, value) : value;
}
