import { badRequest, genericServerResponse, requestEntityTooLarge, type StatusError } from "../errors.ts";
import { goQuote } from "../go-quote.ts";
import { getMember, isMembers, jsonTypeName } from "../members.ts";
import type { JsonPatchError, JsonPatchOperation } from "./operation.ts";

const MAX_OPERATIONS = 10_000;
const MEMBERS = ["op", "path", "from", "value"];

/**
 * Checks the body of a JSON patch as the API server does before it looks at the object.
 *
 * @param strict fieldValidation is Warn or Strict: members are typed, and unknown ones are reported
 * @returns problems for warnings or for the strict error
 * @throws StatusError 400, or 413 for more than 10,000 operations
 */
export function parseJsonPatch(
  body: unknown,
  strict: boolean,
): { operations: JsonPatchOperation[]; problems: string[] } {
  if (body === null) return { operations: [], problems: [] };
  if (!Array.isArray(body)) throw wrongType(body, strict ? "[]handlers.jsonPatchOp" : "jsonpatch.Patch", strict);
  const problems: string[] = [];
  const operations = body.map((operation: unknown, index): JsonPatchOperation => {
    if (operation === null) return {};
    if (!isMembers(operation)) {
      throw wrongType(operation, strict ? "handlers.jsonPatchOp" : "jsonpatch.Operation", strict);
    }
    if (strict) problems.push(...checkMembers(operation, index));
    return operation;
  });
  if (operations.length > MAX_OPERATIONS) {
    const text = `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${operations.length}`;
    throw requestEntityTooLarge(text);
  }
  return { operations, problems };
}

function wrongType(value: unknown, type: string, strict: boolean): StatusError {
  const message = `json: cannot unmarshal ${jsonTypeName(value)} into Go value of type ${type}`;
  return badRequest(strict ? `error decoding patch: ${message}` : message);
}

function checkMembers(operation: JsonPatchOperation, index: number): string[] {
  for (const member of ["op", "path", "from"]) {
    const value = getMember(operation, member);
    if (value === undefined || value === null || typeof value === "string") continue;
    const message = `json: cannot unmarshal ${jsonTypeName(value)} into Go struct field jsonPatchOp.${member} of type string`;
    throw badRequest(`error decoding patch: ${message}`);
  }
  const unknown = Object.keys(operation).filter((member) => !MEMBERS.includes(member));
  return unknown.map((member) => `json patch unknown field ${goQuote(`[${index}].${member}`)}`);
}

/** 422 without a reason: all that the API server says of a patch that does not apply. */
export function jsonPatchFailure(error: JsonPatchError): StatusError {
  const resource = { group: "", resource: "" };
  return genericServerResponse(422, { verb: "", resource, name: "", serverMessage: error.message });
}
