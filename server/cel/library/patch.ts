import { free, type Overload } from "../overload.ts";
import type { StructType } from "../syntax.ts";
import { type CelType, DYN, objectOf, openObject, STRING } from "../types.ts";
import { Double, fail, isInt, Struct, Uint, type Value } from "../values.ts";

/** One step of a JSON Patch. (apiserver/pkg/cel/mutation/jsonpatch.go) */
export const JSON_PATCH_TYPE: CelType = objectOf(
  "JSONPatch",
  new Map(
    Object.entries({ op: STRING, from: STRING, path: STRING, value: DYN }).map(([key, type]) => [key, { key, type }]),
  ),
);
/** A configuration to be applied to an object. (apiserver/pkg/cel/mutation/dynamic) */
export const OBJECT_TYPE: CelType = openObject("Object");

const jsonPatch: StructType = {
  type: JSON_PATCH_TYPE,
  create(fields) {
    for (const [name, value] of fields) {
      if (!JSON_PATCH_TYPE.fields?.has(name)) return fail(`unexpected JSONPatchType field: ${name}`);
      if (name === "value" || typeof value === "string") continue;
      return fail(`unexpected type ${goTypeOf(value)} for JSONPatchType '${name}' field`);
    }
    return new Struct("JSONPatch", fields);
  },
};

function goTypeOf(value: Value): string {
  if (value === null) return "structpb.NullValue";
  if (typeof value === "boolean") return "bool";
  if (isInt(value)) return "int64";
  if (value instanceof Uint) return "uint64";
  if (value instanceof Double) return "float64";
  if (value instanceof Uint8Array) return "[]uint8";
  return Array.isArray(value) ? "[]interface {}" : "map[string]interface {}";
}

/** `Object`, `Object.spec` and so on, named by the path of fields, and `JSONPatch`. */
export function patchStruct(name: string): StructType | undefined {
  if (name === "JSONPatch") return jsonPatch;
  if (name !== "Object" && !name.startsWith("Object.")) return undefined;
  return { type: openObject(name), create: (fields) => new Struct(name, fields) };
}

/** (apiserver/pkg/cel/library/jsonpatch.go) */
export const patchLibrary: readonly Overload[] = [
  free("jsonpatch.escapeKey", "string_jsonpatch_escapeKey_string", "string -> string", (key: string) =>
    key.replace(/[/~]/g, (character) => (character === "/" ? "~1" : "~0")),
  ),
];
