/**
 * Objects to JSON exactly as Go's encoding/json prints the typed object: fields in struct order, sorted map keys,
 * `omitempty`, HTML characters escaped. Takes the canonical form and tolerates more: what Go would leave out is left
 * out, fields the type does not have are not printed.
 */
import { NumberText, numberText } from "./exact-json.ts";
import type { Field, Schema } from "./schema.ts";
import { schemaOf } from "./types.ts";

// biome-ignore lint/suspicious/noExplicitAny: an object of the schema's type, read field by field
type Value = any;
type Encoder = (value: Value) => string;

/** Prints an object of a type, without a newline. */
export function encodeJson(value: unknown, schema: Schema): string {
  return encoderOf(schema)(value);
}

/** Prints any JSON, keys in their given order, escaped as Go does. */
export function encodeAny(value: unknown): string {
  return escapeHtml(encodeRaw(value));
}

/** The same without escaping < > &: as a client would have written it. */
export function encodeRaw(value: unknown): string {
  const json = JSON.stringify(value) ?? "null";
  return NOT_AS_GO.test(json) ? printGiven(value) : json;
}

/** Prints any JSON as Go prints a map[string]any: keys sorted at every level. */
export function encodeSorted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(encodeSorted).join(",")}]`;
  if (value instanceof NumberText) return value.text;
  if (typeof value === "object" && value !== null) return printMap(value, encodeSorted);
  return encodeLeaf(value);
}

// What Go escapes and what JSON needs escaped; a lone surrogate is not text in Go.
const NEEDS_ESCAPE = /["\\<>&\p{Cc}\u2028\u2029\p{Cs}]/u;
const HTML = /[<>&\u2028\u2029]/g;
const ESCAPED: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** Prints a string as encoding/json does. */
export function encodeString(text: string): string {
  return NEEDS_ESCAPE.test(text) ? escapeHtml(JSON.stringify(text.toWellFormed())) : `"${text}"`;
}

function escapeHtml(json: string): string {
  return json.replace(HTML, (char) => ESCAPED[char] as string); // every character of the pattern has one
}

// Where JSON.stringify differs from Go: halves of surrogate pairs.
const NOT_AS_GO = /\\ud[89a-f]/;

function printGiven(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(printGiven).join(",")}]`;
  if (typeof value === "string") return JSON.stringify(value.toWellFormed());
  if (value instanceof NumberText) return value.text;
  if (typeof value !== "object" || value === null) return encodeLeaf(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${printGiven(key)}:${printGiven(member)}`).join(",")}}`;
}

function encodeLeaf(value: Value): string {
  switch (typeof value) {
    case "string":
      return encodeString(value);
    case "number":
    case "bigint":
      return Number.isSafeInteger(value) ? `${value}` : numberText(value);
    case "boolean":
      return value ? "true" : "false";
    default:
      return "null";
  }
}

/** Go sorts map keys by their bytes; UTF-16 order differs only beyond the basic plane. */
function byBytes(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

const SURROGATE = /[\ud800-\udfff]/;

function sortedKeys(map: object): string[] {
  const names = Object.keys(map);
  if (names.length < 2) return names;
  if (names.some((name) => SURROGATE.test(name)))
    return names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return names.sort(byBytes);
}

function printMap(map: Value, encodeItem: Encoder): string {
  let text = "";
  for (const key of sortedKeys(map)) {
    if (map[key] === undefined) continue;
    text += `${text ? "," : "{"}${encodeString(key)}:${encodeItem(map[key])}`;
  }
  return text ? `${text}}` : "{}";
}

const encoders = new WeakMap<Schema, Encoder>();

function encoderOf(schema: Schema): Encoder {
  const known = encoders.get(schema);
  if (known) return known;
  let compiled: Encoder | undefined;
  // Put in place before compiling: types that contain themselves find it.
  const encoder: Encoder =
    schema.type === "object" && schema.name
      ? (value) => {
          compiled ??= objectEncoder(schema);
          return compiled(value);
        }
      : compile(schema);
  encoders.set(schema, encoder);
  return encoder;
}

function compile(schema: Schema): Encoder {
  switch (schema.type) {
    case "list": {
      const encodeItem = encoderOf(schema.items ?? { type: "any" });
      return (list) => {
        if (!Array.isArray(list)) return "null";
        let text = "[";
        for (let i = 0; i < list.length; i++) text += i === 0 ? encodeItem(list[i]) : `,${encodeItem(list[i])}`;
        return `${text}]`;
      };
    }
    case "map": {
      const encodeItem = encoderOf(schema.items ?? { type: "any" });
      return (map) => (map === null || map === undefined ? "null" : printMap(map, encodeItem));
    }
    case "raw":
    case "fields-v1":
      return encodeAny;
    case "any":
      return schema.name ? unionEncoder(schema.name) : encodeSorted;
    case "object":
      return encodeSorted; // a custom resource: a map in Go, whatever its schema
    default:
      return encodeLeaf;
  }
}

interface CompiledField {
  readonly name: string;
  readonly key: string;
  readonly encode: Encoder;
  readonly omitEmpty: boolean;
  /** Printed when the field is absent; "" leaves it out. */
  readonly absent: string;
}

function objectEncoder(schema: Schema): Encoder {
  const fields = [...(schema.fields?.values() ?? [])].map(compileField);
  return (object) => {
    if (object === null || object === undefined) return "null";
    let text = "{";
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as CompiledField; // within bounds
      const value: Value = object[field.name];
      if (value === undefined || value === null) {
        text += field.absent;
        continue;
      }
      if (field.omitEmpty && isEmpty(value)) continue;
      text += field.key + field.encode(value);
    }
    // Every field begins with a comma; the first one is the brace.
    return text.length === 1 ? "{}" : `{${text.slice(2)}}`;
  };
}

function compileField(field: Field): CompiledField {
  const key = `,${encodeString(field.name)}:`;
  const encode = encoderOf(field.schema);
  return { name: field.name, key, encode, omitEmpty: !field.pointer && !field.always, absent: absentText(field, key) };
}

function absentText(field: Field, key: string): string {
  if (!field.always) return "";
  const { type } = field.schema;
  if (type === "object" && !field.pointer) return key + encoderOf(field.schema)({});
  return key + encodeAny(field.unset ?? null);
}

function isEmpty(value: unknown): boolean {
  if (typeof value === "object") {
    if (Array.isArray(value)) return value.length === 0;
    for (const _ in value as object) return false;
    return true;
  }
  return !value;
}

const APIEXTENSIONS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.";

/** The unions inside a CRD's schema: a schema, a list of schemas, or something plain. */
function unionEncoder(name: string): Encoder {
  if (name === `${APIEXTENSIONS}JSON` || !name.startsWith(APIEXTENSIONS)) return encodeSorted;
  return (value) => {
    const encodeProps = encoderOf(schemaOf(`${APIEXTENSIONS}JSONSchemaProps`));
    if (Array.isArray(value))
      return `[${value.map((item) => (typeof item === "string" ? encodeString(item) : encodeProps(item))).join(",")}]`;
    return typeof value === "object" && value !== null ? encodeProps(value) : encodeLeaf(value);
  };
}
