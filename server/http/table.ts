import { badRequest } from "../meta/errors.ts";
import { fieldInvalid } from "../meta/field-error.ts";
import type { KubeObject } from "../meta/object.ts";
import type { Kind } from "../registry/kind.ts";

/** How much of each object a Table carries. */
export type IncludeObject = "None" | "Metadata" | "Object";

/** `?includeObject=`. @throws StatusError 400 */
export function includeObject(query: URLSearchParams): IncludeObject {
  const value = (query.size > 0 && query.get("includeObject")) || "Metadata";
  if (value === "None" || value === "Metadata" || value === "Object") return value;
  const error = fieldInvalid("includeObject", value, "must be 'Metadata', 'Object', 'None', or empty");
  throw badRequest(`Unable to convert to Table as requested: ${error.message()}`);
}

/** `columnDefinitions` of a kind's Table. */
export function columnDefinitions(kind: Kind): Record<string, unknown>[] {
  const named = kind.columns.filter(({ name }) => name);
  return named.map(({ name, type, format = "", description, priority = 0 }) => ({
    name,
    type,
    format,
    description: description?.() ?? "",
    priority,
  }));
}

/** The printed cells of one object. */
export function cells(kind: Kind, object: Readonly<KubeObject>, now: Date): unknown[] {
  return kind.columns.map((column) => column.value(object, now) ?? null);
}
