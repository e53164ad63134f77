import { type StructuralSchema, typeOfStructural } from "./structural.ts";
import type { CelType } from "./types.ts";

/** Schemas of an OpenAPI v3 document by their names in `components`. */
export type OpenApiSchemas = Readonly<Record<string, unknown>>;

/** What is read of one; the rest is as in structural schemas. */
interface OpenApiSchema extends StructuralSchema {
  readonly $ref?: string;
  readonly allOf?: readonly unknown[];
}

const PREFIX = "#/components/schemas/";
const isSchema = (schema: unknown): schema is OpenApiSchema => typeof schema === "object" && schema !== null;

/**
 * The type of a resource that a document describes. @returns undefined when it is not in there
 * (apiserver/pkg/cel/openapi/resolver, common.SchemaDeclType)
 */
export function typeOfOpenApi(schemas: OpenApiSchemas, name: string): CelType | undefined {
  const schema = schemas[name];
  return schema === undefined ? undefined : typeOfStructural(expand(schema, schemas, new Set([name])), true);
}

/** With what references stand for in their place; one into a schema that it is part of becomes an empty object. */
function expand(schema: unknown, schemas: OpenApiSchemas, open: ReadonlySet<string>): unknown {
  if (!isSchema(schema)) return schema;
  const reference = referenceOf(schema);
  if (reference !== undefined) {
    if (open.has(reference)) return { type: "object" };
    return expand(schemas[reference], schemas, new Set([...open, reference]));
  }
  if (schema.format === "int-or-string") return { "x-kubernetes-int-or-string": true };
  const { properties, additionalProperties, items } = schema;
  return {
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, property]) => [key, expand(property, schemas, open)]),
      ),
    }),
    ...(isSchema(additionalProperties) && { additionalProperties: expand(additionalProperties, schemas, open) }),
    ...(isSchema(items) && { items: expand(items, schemas, open) }),
  };
}

/** References with a description or a default of their own stand in an allOf. */
function referenceOf({ $ref, allOf = [] }: OpenApiSchema): string | undefined {
  if ($ref !== undefined) return $ref.startsWith(PREFIX) ? $ref.slice(PREFIX.length) : $ref;
  for (const inner of allOf) {
    const reference = isSchema(inner) ? referenceOf(inner) : undefined;
    if (reference !== undefined) return reference;
  }
  return undefined;
}
