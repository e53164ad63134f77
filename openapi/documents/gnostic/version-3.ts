import { isReference, type Messages, OPERATIONS, SCHEMA_NUMBERS } from "./messages.ts";

/** google/gnostic openapiv3/OpenAPIv3.proto */
export const VERSION_3: Messages = {
  Document: {
    fields: { openapi: [1, "string"], info: [2, "Info"], paths: [4, "Paths"], components: [5, "Components"] },
  },
  Info: { fields: { title: [1, "string"], version: [6, "string"] } },
  Paths: { others: [1, "PathItem"] },
  PathItem: { fields: { ...OPERATIONS([4, 5, 6, 7, 8, 9, 10]), parameters: [13, ["ParameterItem"]] } },
  Operation: {
    fields: {
      tags: [1, ["string"]],
      description: [3, "string"],
      operationId: [5, "string"],
      parameters: [6, ["ParameterItem"]],
      requestBody: [7, "RequestBodyItem"],
      responses: [8, "Responses"],
    },
    extensions: 13,
  },
  ParameterItem: () => [1, "Parameter"],
  Parameter: {
    fields: {
      name: [1, "string"],
      in: [2, "string"],
      description: [3, "string"],
      required: [4, "bool"],
      schema: [10, "SchemaItem"],
    },
  },
  RequestBodyItem: () => [1, "RequestBody"],
  RequestBody: { fields: { content: [2, "MediaTypes"], required: [3, "bool"] } },
  MediaTypes: { others: [1, "MediaType"] },
  MediaType: { fields: { schema: [1, "SchemaItem"] } },
  Responses: { others: [2, "ResponseItem"] },
  ResponseItem: () => [1, "Response"],
  Response: { fields: { description: [1, "string"], content: [3, "MediaTypes"] } },
  Components: { fields: { schemas: [1, "Schemas"], securitySchemes: [7, "SecuritySchemes"] } },
  SecuritySchemes: { others: [1, "SecuritySchemeItem"] },
  SecuritySchemeItem: () => [1, "SecurityScheme"],
  SecurityScheme: {
    fields: { type: [1, "string"], description: [2, "string"], name: [3, "string"], in: [4, "string"] },
  },
  Schemas: { others: [1, "SchemaItem"] },
  SchemaItem: (value) => (isReference(value) ? [2, "Reference"] : [1, "Schema"]),
  Reference: { fields: { $ref: [1, "string"] } },
  Schema: {
    fields: {
      nullable: [1, "bool"],
      externalDocs: [6, "ExternalDocs"],
      example: [7, "Any"],
      title: [9, "string"],
      ...SCHEMA_NUMBERS(10),
      required: [23, ["string"]],
      enum: [24, ["Any"]],
      type: [25, "string"],
      allOf: [26, ["SchemaItem"]],
      oneOf: [27, ["SchemaItem"]],
      anyOf: [28, ["SchemaItem"]],
      not: [29, "Schema"],
      items: [30, "Items"],
      properties: [31, "Schemas"],
      additionalProperties: [32, "AdditionalProperties"],
      default: [33, "Default"],
      description: [34, "string"],
      format: [35, "string"],
    },
    extensions: 36,
  },
  ExternalDocs: { fields: { description: [1, "string"], url: [2, "string"] } },
  Items: () => [1, "SchemaItem"],
  AdditionalProperties: (value) => (typeof value === "boolean" ? [2, "bool"] : [1, "SchemaItem"]),
  Default: (value) =>
    typeof value === "number"
      ? [1, "double"]
      : typeof value === "boolean"
        ? [2, "bool"]
        : typeof value === "string"
          ? [3, "string"]
          : undefined, // the message has no room for objects and lists
};
