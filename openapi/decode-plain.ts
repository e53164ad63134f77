/**
 * The fast half of decoding, which nearly every body takes: one walk, compiled from the schema, over a value that is
 * parsed already. Whatever it did not expect (an unknown field, a wrong type) makes it give up; decode-tree.ts then says
 * exactly what is wrong.
 */

import { NumberText } from "./exact-json.ts";
import { markGivenEmpty, rememberEmpty } from "./given-empty.ts";
import { setMember } from "./json-tree.ts";
import { canonicalBase64, canonicalQuantity, formatGoDuration, parseGoDuration } from "./scalars.ts";
import type { Field, Schema } from "./schema.ts";
import { canonicalMicroTime, canonicalTime } from "./time.ts";
import { schemaOf } from "./types.ts";

/** Thrown to hand over to the exact half. */
export const GIVE_UP = new Error("not a plain body");
/** The kind of values JSON.parse gives; a checked cast would cost more than the walk itself. */
// biome-ignore lint/suspicious/noExplicitAny: parsed JSON of a shape that the walk itself checks
type Json = any;
type Decoder = (value: Json) => unknown;

/** Keys of objects seen by the walk under way, to compare with those in the text: fewer means duplicates. */
let keys = 0;
/** Fields given as empty that the walk under way has remembered. */
let empties = 0;

/**
 * The canonical form of a value, see decode.ts. What was given as empty is remembered in it.
 * @throws GIVE_UP
 */
export function decodePlain(value: unknown, schema: Schema): unknown {
  keys = 0;
  empties = 0;
  const decoded = decoderOf(schema)(value);
  if (empties > 0 && typeof decoded === "object" && decoded !== null) markGivenEmpty(decoded);
  return decoded;
}

/** How many keys of objects the last walk has seen. */
export function keysSeen(): number {
  return keys;
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
