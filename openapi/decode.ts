/**
 * JSON to the canonical form of objects: plain JSON as Go would print the typed object, minus nulls. Known fields only;
 * fields that Go leaves out when empty are left out, fields it always prints are filled in (lists excepted). Lists, maps
 * and bytes that were given and left out are remembered (given-empty.ts).
 *
 * Nearly every body takes the fast half: JSON.parse, then one walk compiled from the schema. Whatever that walk did not
 * expect (an unknown field, a wrong type, a duplicate key, a fraction) makes it give up, and decode-tree.ts starts anew
 * and says exactly what is wrong. Integers beyond 2^53 are bigints.
 */

import { TreeDecoder } from "./decode-tree.ts";
import { NumberText } from "./exact-json.ts";
import { markGivenEmpty, rememberEmpty } from "./given-empty.ts";
import { DecodeError, MAX_DEPTH, type Node, parseTree, setMember, treeOf } from "./json-tree.ts";
import { canonicalBase64, canonicalQuantity, formatGoDuration, parseGoDuration } from "./scalars.ts";
import type { Field, Schema } from "./schema.ts";
import { canonicalMicroTime, canonicalTime } from "./time.ts";
import { schemaOf } from "./types.ts";

/** What to do about unknown and duplicate fields (the fieldValidation parameter): tell them or not. */
export type FieldValidation = "Ignore" | "Warn" | "Strict";

/** A decoded object and upstream's texts about unknown and duplicate fields; none with `Ignore`. */
export interface Decoded<T = Record<string, unknown>> {
  readonly value: T;
  readonly problems: string[];
}

/** Thrown by the fast half to hand over to the exact one. */
const GIVE_UP = new Error("not a plain body");
/** The kind of values JSON.parse gives; a checked cast would cost more than the walk itself. */
// biome-ignore lint/suspicious/noExplicitAny: parsed JSON of a shape that the walk itself checks
type Json = any;
type Decoder = (value: Json) => unknown;

/** Keys of objects seen by the walk under way, to compare with those in the text: fewer means duplicates. */
let keys = 0;
/** Fields given as empty that the walk under way has remembered. */
let empties = 0;

/** Decodes a body into a type. @throws DecodeError in the words of encoding/json */
export function decodeJson<T = Record<string, unknown>>(
  bytes: Uint8Array,
  schema: Schema,
  validation: FieldValidation,
): Decoded<T> {
  const marks = scan(bytes);
  if (marks >= 0) {
    try {
      const parsed: unknown = JSON.parse(asText(bytes));
      keys = 0;
      const value = walk(parsed, schema);
      if (keys === marks && value !== null && value !== undefined) return { value: value as T, problems: [] }; // T is the schema's type
    } catch (error) {
      if (error !== GIVE_UP && !(error instanceof SyntaxError)) throw error;
    }
  }
  return decodeTree(parseTree(bytes), schema, validation);
}

/**
 * The same for a value that is parsed already (YAML, a patched object). The result shares with it only what is untyped.
 * @throws DecodeError
 */
export function coerce<T = Record<string, unknown>>(
  value: unknown,
  schema: Schema,
  validation: FieldValidation,
): Decoded<T> {
  try {
    const decoded = walk(value, schema);
    if (decoded !== null && decoded !== undefined) return { value: decoded as T, problems: [] }; // T is the schema's type
  } catch (error) {
    if (error instanceof RangeError) throw new DecodeError("exceeded max depth");
    if (error !== GIVE_UP) throw error;
  }
  return decodeTree(treeOf(value), schema, validation);
}

/**
 * The same as Go's own conversion of maps to types, which strategic merges and applies go through: an integer that its
 * field cannot hold wraps around, silently. (apimachinery/pkg/runtime/converter.go)
 * @throws DecodeError
 */
export function convert<T = Record<string, unknown>>(
  value: unknown,
  schema: Schema,
  validation: FieldValidation,
): Decoded<T> {
  try {
    return coerce<T>(value, schema, validation);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return decodeTree(treeOf(value), schema, validation, true);
  }
}

function decodeTree<T>(node: Node, schema: Schema, validation: FieldValidation, converts = false): Decoded<T> {
  const decoder = new TreeDecoder(validation !== "Ignore", converts);
  const typed = isUntyped(schema) ? ({ type: "any" } as const) : schema;
  const value = decoder.decode(node, typed) ?? (typed.type === "object" ? {} : null);
  return { value: walk(value, typed) as T, problems: decoder.problems }; // T is the schema's type
}

function walk(value: unknown, schema: Schema): unknown {
  empties = 0;
  const decoded = decoderOf(schema)(value);
  if (empties > 0 && typeof decoded === "object" && decoded !== null) markGivenEmpty(decoded);
  return decoded;
}

/** Custom resources keep their JSON as it is: their schema says what to prune, in server/extensions. */
function isUntyped(schema: Schema): boolean {
  return schema.type === "any" || (schema.type === "object" && !schema.name);
}

function asText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

/**
 * Counts the keys in the text of a JSON value: colons outside strings.
 * @returns -1 when numbers need their text (fractions, exponents, more digits than a double holds) or nesting is deep
 */
function scan(bytes: Uint8Array): number {
  let colons = 0;
  let digits = 0;
  let depth = 0;
  const length = bytes.length;
  for (let i = 0; i < length; i++) {
    const byte = bytes[i] as number; // within bounds
    if (byte === 0x22) {
      digits = 0;
      for (i++; i < length && bytes[i] !== 0x22; i++) if (bytes[i] === 0x5c) i++;
    } else if (byte >= 0x30 && byte <= 0x39) {
      if (++digits > 15) return -1;
    } else if (byte === 0x2e || (digits > 0 && (byte === 0x65 || byte === 0x45))) {
      return -1;
    } else {
      digits = 0;
      if (byte === 0x3a) colons++;
      else if (byte === 0x7b || byte === 0x5b) {
        if (++depth > MAX_DEPTH) return -1;
      } else if (byte === 0x7d || byte === 0x5d) depth--;
    }
  }
  return colons;
}

const decoders = new WeakMap<Schema, Decoder>();

function decoderOf(schema: Schema): Decoder {
  const known = decoders.get(schema);
  if (known) return known;
  let compiled: Decoder | undefined;
  // Put in place before compiling: types that contain themselves find it.
  const decoder: Decoder =
    schema.type === "object" && schema.name
      ? (value) => {
          compiled ??= objectDecoder(schema);
          return compiled(value);
        }
      : compile(schema);
  decoders.set(schema, decoder);
  return decoder;
}

function compile(schema: Schema): Decoder {
  switch (schema.type) {
    case "string":
      return (value) => (typeof value === "string" ? value : giveUp());
    case "boolean":
      return (value) => (typeof value === "boolean" ? value : giveUp());
    case "int32":
      return (value) => (typeof value === "number" && (value | 0) === value ? value + 0 : giveUp());
    case "int64":
      return (value) => (typeof value === "number" && Number.isSafeInteger(value) ? value + 0 : bigOrGiveUp(value));
    case "double":
      return (value) => (typeof value === "number" ? value : giveUp());
    case "list":
      return listDecoder(schema);
    case "map":
      return mapDecoder(schema);
    case "any":
      return schema.name ? unionDecoder(schema.name) : untyped;
    case "object":
    case "raw":
    case "fields-v1":
      return untyped;
    case "int-or-string":
      return (value) => (typeof value === "string" || (value | 0) === value ? value : giveUp());
    case "quantity":
      return scalarDecoder((text) => canonicalQuantity(text), true);
    case "time":
      return timeDecoder(canonicalTime);
    case "micro-time":
      return timeDecoder(canonicalMicroTime);
    case "duration":
      return scalarDecoder((text) => formatGoDuration(parseGoDuration(text)), false);
    case "bytes":
      return scalarDecoder(canonicalBase64, false);
  }
}

function giveUp(): never {
  throw GIVE_UP;
}

/** Bigints come from parseJson and the exact half only, which see to their range. */
function bigOrGiveUp(value: Json): bigint {
  return typeof value === "bigint" ? value : giveUp();
}

function scalarDecoder(read: (text: string) => string | undefined, acceptsNumber: boolean): Decoder {
  return (value) => {
    const text = acceptsNumber && typeof value === "number" ? String(value) : value;
    if (typeof text !== "string") giveUp();
    try {
      return read(text);
    } catch {
      return giveUp(); // the exact half finds the same error and the words for it
    }
  };
}

/** Go's zero time reads back as null. */
function timeDecoder(read: (text: string) => string): Decoder {
  const decode = scalarDecoder((text) => read(text) || undefined, false);
  return (value) => (value === null ? null : decode(value));
}

/** Keeps JSON as it is, and counts its keys. */
function untyped(value: Json): unknown {
  if (typeof value === "object" && value !== null) {
    if (value instanceof NumberText) giveUp();
    if (Array.isArray(value)) for (const item of value) untyped(item);
    else {
      for (const key in value) {
        keys++;
        untyped(value[key]);
      }
    }
  }
  return value;
}

function listDecoder(schema: Schema): Decoder {
  const items = schema.items ?? { type: "any" };
  const decodeItem = decoderOf(items);
  const keepsNull = isNullable(items);
  return (value) => {
    if (!Array.isArray(value)) giveUp();
    const list = new Array<unknown>(value.length);
    for (let i = 0; i < value.length; i++) {
      const item: Json = value[i];
      list[i] = keepsNull || (item !== null && item !== undefined) ? decodeItem(item) : giveUp();
    }
    return list;
  };
}

function mapDecoder(schema: Schema): Decoder {
  const items = schema.items ?? { type: "any" };
  const decodeItem = decoderOf(items);
  const keepsNull = isNullable(items);
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) giveUp();
    if (value instanceof NumberText) giveUp();
    const map: Record<string, unknown> = {};
    for (const key in value) {
      keys++;
      const item: Json = value[key];
      const decoded = keepsNull || (item !== null && item !== undefined) ? decodeItem(item) : giveUp();
      if (key === "__proto__") setMember(map, key, decoded);
      else map[key] = decoded;
    }
    return map;
  };
}

/** Types that have a value for null, which is told from absence where it stands for a key: JSON, and the zero time. */
function isNullable({ type }: Schema): boolean {
  return type === "raw" || type === "any" || type === "fields-v1" || isTime(type);
}

function isTime(type: Schema["type"]): boolean {
  return type === "time" || type === "micro-time";
}

interface CompiledField {
  readonly decode: Decoder;
  /** Left out when empty: Go's omitempty on what is not a pointer. */
  readonly omitEmpty: boolean;
  readonly keepsEmpty: boolean;
  /** Go has nil apart from empty. */
  readonly nil: boolean;
}

const NIL_TYPES: readonly Schema["type"][] = ["list", "map", "bytes"];

function objectDecoder(schema: Schema): Decoder {
  const fields = new Map<string, CompiledField>();
  const filled: { name: string; make: () => unknown }[] = [];
  for (const field of schema.fields?.values() ?? []) {
    fields.set(field.name, {
      decode: decoderOf(field.schema),
      omitEmpty: !field.pointer && !field.always && !field.keepsEmpty,
      keepsEmpty: field.keepsEmpty === true,
      nil: NIL_TYPES.includes(field.schema.type),
    });
    const make = filler(field);
    if (make) filled.push({ name: field.name, make });
  }
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) giveUp();
    const object: Record<string, unknown> = {};
    for (const key in value) {
      keys++;
      const field = fields.get(key);
      if (field === undefined) giveUp();
      const member: Json = value[key];
      if (member === null || member === undefined) continue;
      const decoded = field.decode(member);
      if (decoded === undefined || decoded === null) continue;
      if (field.omitEmpty && isEmpty(decoded)) {
        if (!field.nil) continue;
        empties++;
        rememberEmpty(object, key, decoded as ""); // an empty one of whatever type the field has
        continue;
      }
      if (field.keepsEmpty && isEmpty(decoded)) empties++;
      object[key] = decoded;
    }
    for (const { name, make } of filled) if (object[name] === undefined) object[name] = make();
    return object;
  };
}

/** Makes the value that Go prints for a field that was not sent; nothing for what it leaves out or prints as null. */
function filler(field: Field): (() => unknown) | undefined {
  if (!field.always || field.pointer || field.unset === null || field.unset === undefined) return undefined;
  if (field.schema.type === "object") return () => decoderOf(field.schema)({});
  return () => field.unset;
}

/** Whether Go's omitempty leaves the value out. Objects are never empty for Go; a zero time (omitzero) comes as "". */
function isEmpty(value: unknown): boolean {
  switch (typeof value) {
    case "string":
      return value === "";
    case "number":
      return value === 0;
    case "bigint":
      return false;
    case "boolean":
      return !value;
    default:
      return Array.isArray(value) ? value.length === 0 : isEmptyMap(value as object);
  }
}

function isEmptyMap(value: object): boolean {
  for (const _ in value) return false;
  return true;
}

const APIEXTENSIONS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.";

/** The unions inside a CRD's schema: a schema, or what each union has instead. */
function unionDecoder(name: string): Decoder {
  const other: Readonly<Record<string, Schema>> = {
    [`${APIEXTENSIONS}JSONSchemaPropsOrBool`]: { type: "boolean" },
    [`${APIEXTENSIONS}JSONSchemaPropsOrStringArray`]: { type: "list", items: { type: "string" } },
  };
  if (name === `${APIEXTENSIONS}JSON` || !name.startsWith(APIEXTENSIONS)) return untyped;
  let decodeSchema: Decoder | undefined;
  let decodeOther: Decoder | undefined;
  return (value) => {
    const props = schemaOf(`${APIEXTENSIONS}JSONSchemaProps`);
    decodeSchema ??= decoderOf(props);
    decodeOther ??= decoderOf(other[name] ?? { type: "list", items: props });
    if (value === null || value === undefined) return value;
    return typeof value === "object" && !Array.isArray(value) ? decodeSchema(value) : decodeOther(value);
  };
}
