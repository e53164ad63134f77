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

const isSchema = (schema: unknown): schema is StructuralSchema => typeof schema === "object" && schema !== null;
const FORMATS: Record<string, CelType> = {
  byte: BYTES,
  duration: DURATION,
  date: TIMESTAMP,
  "date-time": TIMESTAMP,
};
/** The root of a resource has these whether its schema says so or not. */
const META: CelType = objectOf(
  "object",
  new Map(["name", "generateName"].map((key): [string, CelField] => [key, { key, type: STRING }])),
);
const ROOT: readonly (readonly [string, CelType])[] = [
  ["apiVersion", STRING],
  ["kind", STRING],
  ["metadata", META],
];

/**
 * The type of what a structural schema describes. @returns undefined where expressions may not look: objects that
 * keep unknown fields show only those declared. (apiserver/pkg/cel/common/schemas.go)
 */
export function typeOfStructural(schema: unknown, isRoot: boolean): CelType | undefined {
  if (!isSchema(schema)) return undefined;
  if (schema["x-kubernetes-int-or-string"]) return DYN;
  const inner = (child: unknown) =>
    typeOfStructural(child, isSchema(child) && child["x-kubernetes-embedded-resource"] === true);
  switch (isRoot ? "object" : schema.type) {
    case "array": {
      const element = inner(schema.items);
      return element && listOf(element);
    }
    case "object": {
      if (isSchema(schema.additionalProperties)) {
        const value = inner(schema.additionalProperties);
        return value && mapOf(STRING, value);
      }
      const fields = new Map<string, CelField>();
      for (const [key, property] of Object.entries(schema.properties ?? {})) {
        const name = escapeName(key);
        const type = inner(property);
        if (name !== undefined && type) fields.set(name, { key, type });
      }
      if (isRoot) for (const [key, type] of ROOT) fields.set(key, { key, type });
      return objectOf("object", fields);
    }
    case "string":
      return FORMATS[schema.format ?? ""] ?? STRING;
    case "boolean":
      return BOOL;
    case "number":
      return DOUBLE;
    case "integer":
      return INT;
    default:
      return undefined;
  }
}
