import type { Schema, SchemaType } from "../../openapi/schema.ts";
import { goQuote } from "./go-quote.ts";
import { unexpected } from "./strategic-merge-errors.ts";

/** How a field is merged; `schema` is the shape of the field, or of the elements of a list. */
export interface MergeRule {
  readonly schema: Schema;
  /** "merge", "replace" or nothing. */
  readonly strategy: string;
  readonly mergeKey: string;
}

/** What Go calls the types that are no structs. */
const KIND: Partial<Record<SchemaType, string>> = {
  map: "map",
  list: "slice",
  string: "string",
  int32: "int32",
  int64: "int64",
  double: "float64",
  boolean: "bool",
  bytes: "slice",
};
/** Structs whose JSON form is not that of their fields. */
const STRUCT: Partial<Record<SchemaType, string>> = {
  quantity: "Quantity",
  "int-or-string": "IntOrString",
  time: "Time",
  "micro-time": "MicroTime",
  duration: "Duration",
  "fields-v1": "FieldsV1",
  raw: "RawExtension",
  any: "JSON",
};

/** The kind of a shape in Go. */
export function goKind(schema: Schema): string {
  return KIND[schema.type] ?? "struct";
}

/** Follows LookupPatchMetadataForStruct. @throws StatusError 500 for a field that is not there */
export function ruleOfField(schema: Schema, key: string): MergeRule {
  const kind = KIND[schema.type];
  if (kind) throw unexpected(`merging an object in json but data type is not struct, instead is: ${kind}`);
  const field = schema.fields?.get(key);
  if (!field) {
    const name = STRUCT[schema.type] ?? schema.name?.split(".").at(-1) ?? "";
    throw unexpected(`unable to find api field in struct ${name} for the json field ${goQuote(key)}`);
  }
  const strategies = (field.patchStrategy ?? "").split(",").filter((strategy) => strategy !== "retainKeys");
  return { schema: field.schema, strategy: strategies[0] ?? "", mergeKey: field.patchMergeKey ?? "" };
}

/** Follows LookupPatchMetadataForSlice. @throws StatusError 500 when the field is no list */
export function ruleOfList(schema: Schema, key: string): MergeRule {
  const rule = ruleOfField(schema, key);
  const { items } = rule.schema;
  if (rule.schema.type !== "list" || !items) {
    throw unexpected(`expected slice or array type, but got: ${goKind(schema)}`);
  }
  if (items.type === "list") throw unexpected("unexpected slice of slice");
  return { ...rule, schema: items };
}
