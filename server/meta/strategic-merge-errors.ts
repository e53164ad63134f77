import { badRequest, genericServerResponse, StatusError } from "./errors.ts";
import { goType, goValue } from "./go-value.ts";
import { isMembers, type Members } from "./members.ts";

/** The words of apimachinery/pkg/util/mergepatch with the codes that patch.go of the API server gives them. */

export const badPrimitiveList = (): StatusError => badRequest("invalid patch format of primitive list");
export const badRetainKeys = (): StatusError => badRequest("invalid patch format of retainKeys");
export const badSetElementOrder = (): StatusError => badRequest("invalid patch format of setElementOrder list");

/** 422 without a reason given. */
export function noListOfLists(): StatusError {
  const serverMessage = "lists of lists are not supported";
  return genericServerResponse(422, { verb: "", resource: { group: "", resource: "" }, name: "", serverMessage });
}

/** 500 without a reason: upstream does not expect these errors, and clients know them so. */
export function unexpected(message: string): StatusError {
  return new StatusError(500, "", message);
}

export function noMergeKey(map: Members, mergeKey: string): StatusError {
  return unexpected(`map: ${goValue(map)} does not contain declared merge key: ${mergeKey}`);
}

export function badPatchType(directive: unknown, map: Members): StatusError {
  // `%s` of something that is no string.
  const text = typeof directive === "string" ? directive : `%!s(${goType(directive)}=${goValue(directive)})`;
  return unexpected(`unknown patch type: ${text} in map: ${goValue(map)}`);
}

/** @throws StatusError when it is no list */
export function asList(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw unexpected(`expected a []interface {}, but received a ${goType(value)}`);
}

/** @throws StatusError when it is no object */
export function asMembers(value: unknown): Members {
  if (isMembers(value)) return value;
  throw unexpected(`expected a map[string]interface {}, but received a ${goType(value)}`);
}
