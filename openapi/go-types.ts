/**
 * Names of Go types, which errors about wrong JSON types tell. Most follow from the schema; openapi/facts/go-types.json
 * holds the others (named strings such as v1.PullPolicy) by definition and field.
 */
import type { Field, Schema } from "./schema.ts";
import { factsOf, readFacts } from "./types.ts";

const NAMES: Readonly<Record<string, string>> = {
  boolean: "bool",
  double: "float64",
  bytes: "[]uint8",
  quantity: "resource.Quantity",
  "int-or-string": "intstr.IntOrString",
  raw: "runtime.RawExtension",
  time: "v1.Time",
  "micro-time": "v1.MicroTime",
  duration: "v1.Duration",
  "fields-v1": "v1.FieldsV1",
  any: "interface {}",
};

let exceptions: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;

/** The Go type of a field without its pointer, as in `[]v1.Container`. */
export function goType(definitionName: string, field: Field): string {
  // Our own file: definition, then field, to type.
  exceptions ??= readFacts("go-types") as Record<string, Record<string, string>>;
  return exceptions[definitionName]?.[field.name] ?? goTypeName(field.schema);
}

/** The Go type that follows from a schema alone. */
export function goTypeName(schema: Schema): string {
  if (schema.type === "list") return `[]${schema.items ? goTypeName(schema.items) : "interface {}"}`;
  if (schema.type === "map") return `map[string]${schema.items ? goTypeName(schema.items) : "interface {}"}`;
  if (!schema.name) return schema.type === "object" ? "map[string]interface {}" : (NAMES[schema.type] ?? schema.type);
  return schema.name.split(".").slice(-2).join(".");
}

/** The Go type of the elements of a list or map type. */
export function itemType(type: string, items: Schema): string {
  const match = /^(?:\[\]|map\[[^\]]*\])\*?(.+)$/.exec(type);
  return match?.[1] ?? goTypeName(items);
}

/** Names of the embedded Go structs that a field sits in, outermost first: errors name them, JSON does not. */
export function embeddingOf(definitionName: string, field: Field): readonly string[] {
  const fact = factsOf(definitionName);
  const inner = fact?.fields?.[field.name]?.pbIn;
  if (inner === undefined) return isTypeMeta(field) ? ["TypeMeta"] : [];
  if (fact?.pbEmbedded?.[inner] !== undefined) return [inner];
  // Embedded twice: in a type of the same package that is embedded itself.
  const packageName = definitionName.slice(0, definitionName.lastIndexOf(".") + 1);
  const outer = Object.keys(fact?.pbEmbedded ?? {}).find((name) => factsOf(packageName + name)?.pbEmbedded?.[inner]);
  return outer ? [outer, inner] : [inner];
}

function isTypeMeta({ name, pb }: Field): boolean {
  return pb === undefined && (name === "kind" || name === "apiVersion");
}
