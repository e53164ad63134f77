import type { Schema } from "../../../openapi/schema.ts";
import type { JsonObject } from "./atom.ts";

const cache = new WeakMap<Schema, JsonObject>();

/** What Go's zero value of a kind looks like: that is what a new object is compared with. Shared: never written to. */
export function emptyObject(schema: Schema): JsonObject {
  let object = cache.get(schema);
  if (!object) {
    object = {};
    for (const [name, field] of schema.fields ?? []) {
      if (!field.always || field.pointer) continue;
      if (field.schema.type === "object" && field.unset !== null) object[name] = emptyObject(field.schema);
      else if (field.unset !== null && field.unset !== undefined) object[name] = field.unset;
    }
    cache.set(schema, object);
  }
  return object;
}
