/**
 * Objects to JSON exactly as Go's encoding/json prints the typed object: fields in struct order, sorted map keys,
 * `omitempty`, HTML characters escaped. Takes the canonical form and tolerates more: what Go would leave out is left
 * out, fields the type does not have are not printed.
 */
import { NumberText, numberText } from "./exact-json.ts";
import { encodeString, escapeHtml, JsonBytes } from "./json-bytes.ts";
import type { Field, Schema } from "./schema.ts";
import { schemaOf } from "./types.ts";

// biome-ignore lint/suspicious/noExplicitAny: an object of the schema's type, read field by field
type Value = any;
type Encoder = (out: JsonBytes, value: Value) => void;

/** Prints an object of a type, without a newline. */
export function encodeJson(value: unknown, schema: Schema): string {
  return printed((out) => encoderOf(schema)(out, value)).text();
}

/** The same in UTF-8. */
export function encodeJsonBytes(value: unknown, schema: Schema): Uint8Array {
  return printed((out) => encoderOf(schema)(out, value)).copy();
}

/** Used again and again: one object is printed at a time. */
const shared = new JsonBytes();

function printed(print: (out: JsonBytes) => void): JsonBytes {
  shared.reset();
  print(shared);
  return shared;
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
  return printed((out) => writeSorted(out, value)).text();
}

/** The same in UTF-8. */
export function encodeSortedBytes(value: unknown): Uint8Array {
  return printed((out) => writeSorted(out, value)).copy();
}

function writeSorted(out: JsonBytes, value: unknown): void {
  if (Array.isArray(value)) writeList(out, value, writeSorted);
  else if (value instanceof NumberText) out.raw(value.text);
  else if (typeof value === "object" && value !== null) writeMap(out, value, writeSorted);
  else writeLeaf(out, value);
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

function writeLeaf(out: JsonBytes, value: Value): void {
  if (typeof value === "string") out.string(value);
  else out.raw(encodeLeaf(value));
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
  for (let i = 1; i < names.length; i++) if (names[i - 1]! > names[i]!) return names.sort(byBytes);
  return names;
}

function writeMap(out: JsonBytes, map: Value, writeItem: Encoder): void {
  let isFirst = true;
  for (const key of sortedKeys(map)) {
    const item: Value = map[key];
    if (item === undefined) continue;
    out.byte(isFirst ? OPEN_BRACE : COMMA);
    isFirst = false;
    out.string(key);
    out.byte(COLON);
    writeItem(out, item);
  }
  if (isFirst) out.byte(OPEN_BRACE);
  out.byte(CLOSE_BRACE);
}

function writeList(out: JsonBytes, list: readonly Value[], writeItem: Encoder): void {
  out.byte(OPEN_BRACKET);
  for (let i = 0; i < list.length; i++) {
    if (i > 0) out.byte(COMMA);
    writeItem(out, list[i]);
  }
  out.byte(CLOSE_BRACKET);
}

const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET, COMMA, COLON] = [0x7b, 0x7d, 0x5b, 0x5d, 0x2c, 0x3a];

const encoders = new WeakMap<Schema, Encoder>();

function encoderOf(schema: Schema): Encoder {
  const known = encoders.get(schema);
  if (known) return known;
  let compiled: Encoder | undefined;
  // Put in place before compiling: types that contain themselves find it.
  const encoder: Encoder =
    schema.type === "object" && schema.name
      ? (out, value) => {
          compiled ??= objectEncoder(schema);
          compiled(out, value);
        }
      : compile(schema);
  encoders.set(schema, encoder);
  return encoder;
}

function compile(schema: Schema): Encoder {
  switch (schema.type) {
    case "list": {
      const writeItem = encoderOf(schema.items ?? { type: "any" });
      return (out, list) => {
        if (Array.isArray(list)) writeList(out, list, writeItem);
        else out.raw("null");
      };
    }
    case "map": {
      const writeItem = encoderOf(schema.items ?? { type: "any" });
      return (out, map) => {
        if (map === null || map === undefined) out.raw("null");
        else writeMap(out, map, writeItem);
      };
    }
    case "raw":
    case "fields-v1":
      return (out, value) => out.raw(encodeAny(value));
    case "any":
      return schema.name ? unionEncoder(schema.name) : writeSorted;
    case "object":
      return writeSorted; // a custom resource: a map in Go, whatever its schema
    default:
      return writeLeaf;
  }
}

interface CompiledField {
  readonly name: string;
  /** A comma, the name and a colon. */
  readonly key: Uint8Array;
  readonly encode: Encoder;
  readonly omitEmpty: boolean;
  /** Printed when the field is absent; empty leaves it out. */
  readonly absent: Uint8Array;
}

function objectEncoder(schema: Schema): Encoder {
  const fields = [...(schema.fields?.values() ?? [])].map(compileField);
  return (out, object) => {
    if (object === null || object === undefined) return out.raw("null");
    const start = out.size;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as CompiledField; // within bounds
      const value: Value = object[field.name];
      if (value === undefined || value === null) {
        if (field.absent.length > 0) out.bytes(field.absent);
        continue;
      }
      if (field.omitEmpty && isEmpty(value)) continue;
      out.bytes(field.key);
      field.encode(out, value);
    }
    // Every field begins with a comma; the first one becomes the brace.
    if (out.size === start) out.byte(OPEN_BRACE);
    else out.set(start, OPEN_BRACE);
    out.byte(CLOSE_BRACE);
  };
}

function compileField(field: Field): CompiledField {
  const key = `,${encodeString(field.name)}:`;
  return {
    name: field.name,
    key: Buffer.from(key),
    encode: encoderOf(field.schema),
    omitEmpty: !field.pointer && !field.always,
    absent: Buffer.from(absentText(field, key)),
  };
}

/** Most are a pair of braces, and there are hundreds. */
const ABSENT_SIZE = 64;

function absentText(field: Field, key: string): string {
  if (!field.always) return "";
  const { type } = field.schema;
  if (type !== "object" || field.pointer) return key + encodeAny(field.unset ?? null);
  // This is compiled while an object is being printed.
  const out = new JsonBytes(ABSENT_SIZE);
  encoderOf(field.schema)(out, {});
  return key + out.text();
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
  if (name === `${APIEXTENSIONS}JSON` || !name.startsWith(APIEXTENSIONS)) return writeSorted;
  return (out, value) => {
    const writeProps = encoderOf(schemaOf(`${APIEXTENSIONS}JSONSchemaProps`));
    const writeOne: Encoder = (to, item) => (typeof item === "string" ? to.string(item) : writeProps(to, item));
    if (Array.isArray(value)) writeList(out, value, writeOne);
    else if (typeof value === "object" && value !== null) writeProps(out, value);
    else writeLeaf(out, value);
  };
}
