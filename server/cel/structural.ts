import {
  BOOL,
  BYTES,
  type CelField,
  type CelType,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  objectOf,
  STRING,
  TIMESTAMP,
} from "./types.ts";

/** What of a JSON schema decides a type; JSONSchemaProps fits. */
export interface StructuralSchema {
  readonly type?: string;
  readonly format?: string;
  readonly items?: unknown;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly additionalProperties?: unknown;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly "x-kubernetes-list-type"?: string;
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-embedded-resource"?: boolean;
}

/** Words that cannot be identifiers. (apiserver/pkg/cel/escaping.go) */
const RESERVED = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);
const ESCAPES: Record<string, string> = {
  __: "__underscores__",
  ".": "__dot__",
  "-": "__dash__",
  "/": "__slash__",
};

/** The name by which expressions know a property. @returns undefined when none can be made */
export function escapeName(name: string): string | undefined {
  if (name === "" || /^[0-9]/.test(name) || /[^a-zA-Z0-9\-./_]/.test(name)) return undefined;
  return RESERVED.has(name) ? `__${name}__` : name.replace(/__|[-./]/g, (part) => ESCAPES[part] ?? part);
}

const UNESCAPES = new Map(Object.entries(ESCAPES).map(([part, escaped]) => [escaped, part]));

/** The property that such a name is of. @returns undefined for a name that escapeName never gives */
export function unescapeName(name: string): string | undefined {
  const word = /^__([a-z]+)__$/.exec(name)?.[1];
  if (word !== undefined && RESERVED.has(word)) return word;
  let known = true;
  const plain = name.replace(/__[a-z]+__/g, (part) => {
    const found = UNESCAPES.get(part);
    known &&= found !== undefined;
    return found ?? part;
  });
  return known ? plain : undefined;
}

const isSchema = (schema: unknown): schema is StructuralSchema => typeof schema === "object" && schema !== null;

/** Bytes of the largest request, which bounds what nothing else does. (apiserver/pkg/apis/cel/config.go) */
export const MAX_REQUEST_BYTES = 3 * 1024 * 1024;
/** Without the quotes, brackets or braces around it. */
const MAX_INSIDE = MAX_REQUEST_BYTES - 2;
/** A character has up to four bytes. */
const CHARACTER_BYTES = 4;

const bounded = (type: CelType, minSize: number, maxSize = 0): CelType => ({ ...type, minSize, maxSize });
const name = bounded(STRING, 2, MAX_INSIDE);
const fieldsOf = (entries: readonly (readonly [string, CelType])[]) =>
  new Map(entries.map(([key, type]): [string, CelField] => [key, { key, type }]));
/** The root of a resource has these whether its schema says so or not. */
const ROOT: readonly (readonly [string, CelType])[] = [
  ["apiVersion", name],
  ["kind", name],
  [
    "metadata",
    bounded(
      objectOf(
        "object",
        fieldsOf([
          ["name", name],
          ["generateName", name],
        ]),
      ),
      2,
    ),
  ],
];

/**
 * The type of what a structural schema describes, with its sizes. @returns undefined where expressions may not look:
 * objects that keep unknown fields show only those declared. (apiserver/pkg/cel/common/schemas.go)
 */
export function typeOfStructural(schema: unknown, isRoot: boolean): CelType | undefined {
  if (!isSchema(schema)) return undefined;
  const { maxLength } = schema;
  if (schema["x-kubernetes-int-or-string"]) return bounded(DYN, 1, textBytes(maxLength));
  switch (isRoot ? "object" : schema.type) {
    case "array": {
      const element = inner(schema.items);
      if (!element) return undefined;
      const most = Math.floor(MAX_INSIDE / ((element.minSize ?? 0) + 1));
      const list = bounded(listOf(element), 2, atLeastZero(schema.maxItems) ?? most);
      const unorderedBy = keysOf(schema);
      return unorderedBy ? { ...list, unorderedBy } : list;
    }
    case "object":
      return isSchema(schema.additionalProperties) ? mapType(schema) : objectType(schema, isRoot);
    case "string":
      return textType(schema);
    case "boolean":
      return bounded(BOOL, 4);
    case "number":
      return bounded(DOUBLE, 1);
    case "integer":
      return bounded(INT, 1);
    default:
      return undefined;
  }
}

function keysOf(schema: StructuralSchema): readonly string[] | undefined {
  if (schema["x-kubernetes-list-type"] === "set") return [];
  return schema["x-kubernetes-list-type"] === "map" ? schema["x-kubernetes-list-map-keys"] : undefined;
}

function inner(schema: unknown): CelType | undefined {
  return typeOfStructural(schema, isSchema(schema) && schema["x-kubernetes-embedded-resource"] === true);
}

const atLeastZero = (limit: number | undefined) => (limit === undefined ? undefined : Math.max(limit, 0));
const textBytes = (maxLength: number | undefined) =>
  maxLength === undefined ? MAX_INSIDE : Math.max(maxLength, 0) * CHARACTER_BYTES;

function mapType({ additionalProperties, maxProperties }: StructuralSchema): CelType | undefined {
  const value = inner(additionalProperties);
  if (!value) return undefined;
  // Two quotes, colon, comma, and the shortest key.
  const most = Math.floor(MAX_INSIDE / ((value.minSize ?? 0) + 6));
  return bounded(mapOf(bounded(STRING, 2), value), 2, atLeastZero(maxProperties) ?? most);
}

function objectType({ properties = {}, required = [] }: StructuralSchema, isRoot: boolean): CelType {
  const fields = new Map<string, CelField>();
  let minSize = 2;
  for (const [key, property] of Object.entries(properties)) {
    const type = inner(property);
    if (!type) continue;
    const escaped = escapeName(key);
    if (escaped !== undefined) fields.set(escaped, { key, type });
    // What is required is there, unless the server fills it in.
    const isSent = required.includes(key) && isSchema(property) && property.default === undefined;
    if (isSent) minSize += Buffer.byteLength(key) + (type.minSize ?? 0) + 4;
  }
  if (isRoot && !declaresIdentity(properties)) for (const [key, type] of ROOT) fields.set(key, { key, type });
  return bounded(objectOf("object", fields), minSize);
}

/** Whether the identity of a resource is written out in full; then it counts as it is declared. */
function declaresIdentity(properties: Readonly<Record<string, unknown>>): boolean {
  const isOfType = (schema: unknown, type: string) => isSchema(schema) && schema.type === type;
  const { kind, apiVersion, metadata } = properties;
  const { name, generateName } = (isSchema(metadata) && metadata.properties) || {};
  const texts = [kind, apiVersion, name, generateName];
  return texts.every((schema) => isOfType(schema, "string")) && isOfType(metadata, "object");
}

const DURATION_BYTES = 32;
const DATE_BYTES = 12;
const TIME_BYTES = 32;

function textType({ format, maxLength, enum: values = [] }: StructuralSchema): CelType {
  switch (format) {
    case "byte":
      return bounded(BYTES, 2, atLeastZero(maxLength) ?? MAX_INSIDE);
    case "duration":
      return bounded(DURATION, 3, DURATION_BYTES);
    case "date":
      return bounded(TIMESTAMP, DATE_BYTES, DATE_BYTES);
    case "date-time":
      return bounded(TIMESTAMP, 21, TIME_BYTES);
  }
  const lengths = values.map((value) => (typeof value === "string" ? Buffer.byteLength(value) : 0));
  const longest = maxLength === undefined && lengths.length > 0 ? Math.max(...lengths) : textBytes(maxLength);
  return bounded(STRING, 2, longest);
}
