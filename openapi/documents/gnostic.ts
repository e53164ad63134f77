/**
 * The protobuf form of OpenAPI documents, which kubectl and client-go read: messages of google/gnostic, given here by
 * their field numbers as far as our documents use them. What JSON calls x-… travels as a list of named YAML texts, and
 * JSON is YAML.
 */
import { BYTES, FIXED64, VARINT, Writer } from "../protobuf/wire.ts";

/** A scalar, a message by name, or a list of either. */
type Type = string | readonly [string];

/** A message: its fields by JSON name, where other keys go, and where x-… keys go. */
interface Message {
  readonly fields?: Readonly<Record<string, readonly [tag: number, type: Type]>>;
  /** Keys that are data (names of properties, paths): repeated pairs of name and value. */
  readonly others?: readonly [tag: number, type: Type];
  readonly extensions?: number;
}

/** A message that holds one of several things; undefined leaves it out. */
type Choice = (value: unknown) => readonly [tag: number, type: Type] | undefined;
type Messages = Readonly<Record<string, Message | Choice>>;

const has = (key: string) => (value: unknown) => typeof value === "object" && value !== null && key in value;
const isReference = has("$ref");
const member = (value: unknown, key: string): unknown => (value as Record<string, unknown>)[key]; // of a document we made

const SCHEMA_NUMBERS = (first: number) =>
  ["multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength", "pattern"]
    .concat(["maxItems", "minItems", "uniqueItems", "maxProperties", "minProperties"])
    .reduce<Record<string, readonly [number, Type]>>((fields, key, index) => {
      const type =
        key === "pattern"
          ? "string"
          : /^exclusive|^unique/.test(key)
            ? "bool"
            : /^m[a-z]+(Length|Items|Properties)$/.test(key)
              ? "int64"
              : "double";
      fields[key] = [first + index, type];
      return fields;
    }, {});

const OPERATIONS = (numbers: readonly number[]) =>
  Object.fromEntries(
    ["get", "put", "post", "delete", "options", "head", "patch"].map((method, index) => [
      method,
      [numbers[index] ?? 0, "Operation"] as const,
    ]),
  );

const VERSION_2: Messages = {
  Document: {
    fields: {
      swagger: [1, "string"],
      info: [2, "Info"],
      paths: [8, "Paths"],
      definitions: [9, "Schemas"],
      parameters: [10, "Parameters"],
      security: [12, ["Requirement"]],
      securityDefinitions: [13, "SecurityDefinitions"],
    },
  },
  Info: { fields: { title: [1, "string"], version: [2, "string"] } },
  Paths: { others: [2, "PathItem"] },
  PathItem: { fields: { ...OPERATIONS([2, 3, 4, 5, 6, 7, 8]), parameters: [9, ["ParameterItem"]] } },
  Operation: {
    fields: {
      tags: [1, ["string"]],
      description: [3, "string"],
      operationId: [5, "string"],
      produces: [6, ["string"]],
      consumes: [7, ["string"]],
      parameters: [8, ["ParameterItem"]],
      responses: [9, "Responses"],
      schemes: [10, ["string"]],
    },
    extensions: 13,
  },
  ParameterItem: (value) => (isReference(value) ? [2, "Reference"] : [1, "Parameter"]),
  Reference: { fields: { $ref: [1, "string"] } },
  Parameters: { others: [1, "Parameter"] },
  Parameter: (value) => (member(value, "in") === "body" ? [1, "BodyParameter"] : [2, "OtherParameter"]),
  OtherParameter: (value) => (member(value, "in") === "query" ? [3, "QueryParameter"] : [4, "PathParameter"]),
  BodyParameter: {
    fields: { name: [2, "string"], in: [3, "string"], required: [4, "bool"], schema: [5, "Schema"] },
  },
  QueryParameter: {
    fields: {
      required: [1, "bool"],
      in: [2, "string"],
      description: [3, "string"],
      name: [4, "string"],
      type: [6, "string"],
      uniqueItems: [20, "bool"],
    },
  },
  PathParameter: {
    fields: {
      required: [1, "bool"],
      in: [2, "string"],
      description: [3, "string"],
      name: [4, "string"],
      type: [5, "string"],
      uniqueItems: [19, "bool"],
    },
  },
  Responses: { others: [1, "ResponseValue"] },
  ResponseValue: () => [1, "Response"],
  Response: { fields: { description: [1, "string"], schema: [2, "SchemaItem"] } },
  SchemaItem: () => [1, "Schema"],
  Schemas: { others: [1, "Schema"] },
  Schema: {
    fields: {
      $ref: [1, "string"],
      format: [2, "string"],
      title: [3, "string"],
      description: [4, "string"],
      default: [5, "Any"],
      ...SCHEMA_NUMBERS(6),
      required: [19, ["string"]],
      enum: [20, ["Any"]],
      additionalProperties: [21, "AdditionalProperties"],
      type: [22, "TypeItem"],
      items: [23, "Items"],
      allOf: [24, ["Schema"]],
      properties: [25, "Schemas"],
      externalDocs: [29, "ExternalDocs"],
      example: [30, "Any"],
    },
    extensions: 31,
  },
  ExternalDocs: { fields: { description: [1, "string"], url: [2, "string"] } },
  AdditionalProperties: (value) => (typeof value === "boolean" ? [2, "bool"] : [1, "Schema"]),
  TypeItem: () => [1, "string"],
  Items: () => [1, "Schema"],
  SecurityDefinitions: { others: [1, "SecurityDefinition"] },
  SecurityDefinition: () => [2, "ApiKey"],
  ApiKey: { fields: { type: [1, "string"], name: [2, "string"], in: [3, "string"], description: [4, "string"] } },
  Requirement: { others: [1, "StringArray"] },
  StringArray: () => [1, ["string"]],
};

const VERSION_3: Messages = {
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

/** An OpenAPI 2.0 document as `openapi.v2.Document`. */
export function encodeVersion2(document: object): Uint8Array {
  return encode(document, VERSION_2);
}

/** An OpenAPI 3.0 document as `openapi.v3.Document`. */
export function encodeVersion3(document: object): Uint8Array {
  return encode(document, VERSION_3);
}

function encode(document: object, messages: Messages): Uint8Array {
  const writer = new Writer(1 << 20);
  new Encoder(writer, messages).message(document, "Document");
  return writer.finish();
}

/** Writes last things first, as the writer wants. */
class Encoder {
  readonly #writer: Writer;
  readonly #messages: Messages;
  readonly #ordered = new Map<Message, readonly (readonly [tag: number, write: (value: object) => void])[]>();

  constructor(writer: Writer, messages: Messages) {
    this.#writer = writer;
    this.#messages = messages;
  }

  /** Writes the fields of a message. */
  message(value: unknown, name: string): void {
    const message = this.#messages[name];
    if (!message) throw new Error(`no message ${name}`);
    if (typeof message === "function") {
      const choice = message(value);
      if (choice) this.#field(choice[0], choice[1], value, true);
      return;
    }
    for (const [, write] of this.#writersOf(message)) write(value as object); // what a message is made from
  }

  #writersOf(message: Message): readonly (readonly [number, (value: object) => void])[] {
    const known = this.#ordered.get(message);
    if (known) return known;
    const fields = Object.entries(message.fields ?? {});
    const writers: [number, (value: object) => void][] = fields.map(([key, [tag, type]]) => [
      tag,
      (value) => this.#field(tag, type, member(value, key), false),
    ]);
    const { others, extensions } = message;
    const named = (tag: number, type: Type, isMine: (key: string) => boolean) => {
      writers.push([
        tag,
        (value) =>
          this.#named(
            tag,
            type,
            Object.entries(value).filter(([key]) => isMine(key)),
          ),
      ]);
    };
    if (others) named(others[0], others[1], (key) => !key.startsWith("x-") || !extensions);
    if (extensions) named(extensions, "Any", (key) => key.startsWith("x-"));
    writers.sort(([a], [b]) => b - a);
    this.#ordered.set(message, writers);
    return writers;
  }

  #named(tag: number, type: Type, entries: readonly (readonly [string, unknown])[]): void {
    for (const [key, value] of entries.toReversed())
      this.#nested(tag, () => {
        this.#field(2, type, value, true);
        this.#field(1, "string", key, true);
      });
  }

  #nested(tag: number, write: () => void): void {
    const before = this.#writer.size;
    write();
    this.#writer.varint(this.#writer.size - before);
    this.#writer.tag(tag, BYTES);
  }

  /** @param present zero values are written, as in lists and in what holds one of several */
  #field(tag: number, type: Type, value: unknown, present: boolean): void {
    if (value === undefined || value === null) return;
    if (typeof type !== "string") {
      for (const item of (value as unknown[]).toReversed()) this.#field(tag, type[0], item, true); // a list by its type
      return;
    }
    switch (type) {
      case "string":
        if (value === "" && !present) return;
        this.#writer.string(String(value));
        return this.#writer.tag(tag, BYTES);
      case "bool":
      case "int64":
        if (!value && !present) return;
        this.#writer.varint(Number(value));
        return this.#writer.tag(tag, VARINT);
      case "double":
        if (value === 0 && !present) return;
        this.#writer.double(Number(value));
        return this.#writer.tag(tag, FIXED64);
      case "Any":
        return this.#nested(tag, () => this.#field(2, "string", `${JSON.stringify(value)}\n`, true));
      default:
        return this.#nested(tag, () => this.message(value, type));
    }
  }
}
