import { getMember, type Members } from "../members.ts";

/** One step of a patch. Members that are absent or null are found out when the step is taken. */
export type JsonPatchOperation = Readonly<Members>;

/** A step that cannot be taken. The API server tells its clients less: see jsonPatchFailure. */
export class JsonPatchError extends Error {}

/** A member that is text; undefined for anything else. */
export function textOf(operation: JsonPatchOperation, member: string): string | undefined {
  const value = getMember(operation, member);
  return typeof value === "string" ? value : undefined;
}

/** @throws JsonPatchError */
export function pathOf(operation: JsonPatchOperation, kind: string): string {
  const path = textOf(operation, "path");
  if (path === undefined) throw missing(`${kind} operation failed to decode path: operation missing path field`);
  return path;
}

/** @throws JsonPatchError */
export function fromOf(operation: JsonPatchOperation, kind: string): string {
  const from = textOf(operation, "from");
  if (from === undefined) throw missing(`${kind} operation failed to decode from: operation, missing from field`);
  return from;
}

/** What the step needs is not there. */
export function missing(text: string): JsonPatchError {
  return new JsonPatchError(`${text}: missing value`);
}

/** Says of what goes wrong in a step where it does. */
export function within<T>(prefix: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof JsonPatchError) throw new JsonPatchError(`${prefix}: ${error.message}`);
    throw error;
  }
}
