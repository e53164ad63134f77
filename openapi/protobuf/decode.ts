/** Protobuf messages to objects. Unknown field numbers are skipped, as Go does. */
import { DecodeError, setMember } from "../json-tree.ts";
import { formatGoDuration } from "../scalars.ts";
import type { Schema } from "../schema.ts";
import { schemaOf } from "../types.ts";
import { type Entry, planOf } from "./plan.ts";
import { BYTES, FIXED64, Reader, VARINT } from "./wire.ts";

type Members = Record<string, unknown>;
type ReadValue = (reader: Reader, before: unknown) => unknown;
type ReadField = (reader: Reader, key: number, object: Members) => void;
type Fields = ReadonlyMap<number, ReadField>;

/** Reads nested raw JSON or an object of any kind in its envelope; given by codec.ts, which knows the envelope. */
export type ReadRaw = (bytes: Uint8Array) => unknown;

/** Compiles the readers of messages. The result of reading has zero values in it: pass it through `coerce`. */
export class MessageReader {
  readonly #compiled = new WeakMap<Schema, Fields>();
  readonly #readRaw: ReadRaw;

  constructor(readRaw: ReadRaw) {
    this.#readRaw = readRaw;
  }

  /** @throws DecodeError */
  read(bytes: Uint8Array, schema: Schema, object: Members = {}): Members {
    return readFields(new Reader(bytes), this.#fieldsOf(schema), object);
  }

  #fieldsOf(schema: Schema): Fields {
    let fields = this.#compiled.get(schema);
    if (!fields) {
      fields = this.#compile(planOf(schema));
      this.#compiled.set(schema, fields);
    }
    return fields;
  }

  /** A field that is a message. */
  #nested(reader: Reader, schema: Schema, object: Members = {}): Members {
    return readMessage(reader, this.#fieldsOf(schema), object);
  }

  #compile(entries: readonly Entry[]): Fields {
    return new Map(entries.map((entry) => [entry.tag, this.#field(entry)]));
  }

  #field(entry: Entry): ReadField {
    if ("embedded" in entry) {
      const fields = this.#compile(entry.embedded);
      return (reader, key, object) => {
        expectType(key, BYTES, "embedded message");
        readMessage(reader, fields, object);
      };
    }
    const { name, schema } = entry.field;
    const items = schema.items ?? ({ type: "any" } as const);
    if (schema.type === "map") return this.#map(name, items, entry.items);
    const type = wireType(schema.type === "list" ? items : schema);
    if (schema.type === "list" && !entry.items) {
      const read = this.#value(items);
      return (reader, key, object) => {
        const list = Array.isArray(object[name]) ? object[name] : [];
        object[name] = list;
        // Numbers may come packed, all of them in one field.
        if (type === VARINT && (key & 7) === BYTES) {
          const packed = new Reader(reader.bytes());
          while (!packed.done) list.push(read(packed, undefined));
          return;
        }
        expectType(key, type, name);
        list.push(read(reader, undefined));
      };
    }
    const read = schema.type === "list" ? this.#items(items) : this.#value(schema);
    return (reader, key, object) => {
      expectType(key, entry.items ? BYTES : type, name);
      object[name] = read(reader, object[name]);
    };
  }

  #items(items: Schema): ReadValue {
    const read = this.#value(items);
    return (reader) => {
      const list: unknown[] = [];
      eachField(reader, (inner, key) => {
        if (key >> 3 === 1) list.push(read(inner, undefined));
        else inner.skip(key);
      });
      return list;
    };
  }

  #map(name: string, schema: Schema, items: boolean): ReadField {
    const read = items ? this.#items(schema.items ?? { type: "string" }) : this.#value(schema);
    return (reader, key, object) => {
      expectType(key, BYTES, name);
      let member = "";
      let value: unknown;
      eachField(reader, (inner, innerKey) => {
        if (innerKey >> 3 === 1) member = inner.string();
        else if (innerKey >> 3 === 2) value = read(inner, undefined);
        else inner.skip(innerKey);
      });
      const map = (object[name] ?? {}) as Members; // made here
      object[name] = map;
      setMember(map, member, value ?? null);
    };
  }

  #value(schema: Schema): ReadValue {
    switch (schema.type) {
      case "string":
        return (reader) => reader.string();
      case "int32":
        return (reader) => reader.int32();
      case "int64":
        return (reader) => reader.exactInt64();
      case "boolean":
        return (reader) => reader.boolean();
      case "double":
        return (reader) => reader.double();
      case "bytes":
        return (reader) => Buffer.from(reader.bytes()).toString("base64");
      case "object":
        return (reader, before) => this.#nested(reader, schema, before as Members | undefined); // made here
      case "quantity":
        return (reader) => readParts(reader).text ?? "0";
      case "int-or-string":
        return (reader) => {
          const { first, second, thirdText } = readParts(reader);
          return first === 1 ? (thirdText ?? "") : (second ?? 0) | 0;
        };
      case "time":
        return (reader) => readTime(reader, false);
      case "micro-time":
        return (reader) => readTime(reader, true);
      case "duration":
        return (reader) => formatGoDuration(BigInt(readParts(reader).first ?? 0));
      case "raw":
      case "fields-v1":
        return (reader) => this.#raw(reader);
      default:
        return this.#union(schema.name ?? "");
    }
  }

  #raw(reader: Reader): unknown {
    let value: unknown = null;
    eachField(reader, (inner, key) => {
      if (key >> 3 !== 1) return inner.skip(key);
      const bytes = inner.bytes();
      value = bytes.length === 0 ? null : this.#readRaw(bytes);
    });
    return value;
  }

  #union(name: string): ReadValue {
    const short = name.slice(APIEXTENSIONS.length);
    if (short === "JSON" || !name.startsWith(APIEXTENSIONS)) return (reader) => this.#raw(reader);
    const propsTag = short === "JSONSchemaPropsOrBool" ? 2 : 1;
    return (reader) => {
      let allows = false;
      let props: unknown;
      const list: unknown[] = [];
      eachField(reader, (inner, key) => {
        const tag = key >> 3;
        if (tag === propsTag) props = this.#nested(inner, schemaOf(`${APIEXTENSIONS}JSONSchemaProps`));
        else if (tag === 1) allows = inner.boolean();
        else if (tag !== 2) inner.skip(key);
        else if (short === "JSONSchemaPropsOrStringArray") list.push(inner.string());
        else list.push(this.#nested(inner, schemaOf(`${APIEXTENSIONS}JSONSchemaProps`)));
      });
      if (propsTag === 2) return props ?? allows;
      return list.length > 0 ? list : (props ?? null);
    };
  }
}

const APIEXTENSIONS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.";

function wireType(schema: Schema): number {
  if (schema.type === "int32" || schema.type === "int64" || schema.type === "boolean") return VARINT;
  return schema.type === "double" ? FIXED64 : BYTES;
}

function expectType(key: number, type: number, name: string): void {
  if ((key & 7) === type) return;
  const goName = name.charAt(0).toUpperCase() + name.slice(1);
  throw new DecodeError(`proto: wrong wireType = ${key & 7} for field ${goName}`);
}

/** Visits the fields of the message that is the reader's next field. */
function eachField(reader: Reader, visit: (reader: Reader, key: number) => void): void {
  const end = reader.enter();
  while (!reader.done) visit(reader, reader.key());
  reader.leave(end);
}

function readMessage(reader: Reader, fields: Fields, object: Members): Members {
  const end = reader.enter();
  readFields(reader, fields, object);
  reader.leave(end);
  return object;
}

function readFields(reader: Reader, fields: Fields, object: Members): Members {
  while (!reader.done) {
    const key = reader.key();
    const read = fields.get(key >> 3);
    if (read) read(reader, key, object);
    else reader.skip(key);
  }
  return object;
}

/** What a small message holds. */
class Parts {
  isEmpty = true;
  /** The numbers of the fields 1 and 2. */
  first: number | undefined;
  second: number | undefined;
  /** The texts of the fields 1 and 3. */
  text: string | undefined;
  thirdText: string | undefined;
}

function readParts(reader: Reader): Parts {
  const parts = new Parts();
  const end = reader.enter();
  while (!reader.done) {
    parts.isEmpty = false;
    const key = reader.key();
    const field = key >> 3;
    if ((key & 7) === VARINT) {
      const value = reader.int64();
      if (field === 1) parts.first = value;
      else if (field === 2) parts.second = value;
    } else if ((key & 7) === BYTES) {
      const text = reader.string();
      if (field === 1) parts.text = text;
      else if (field === 3) parts.thirdText = text;
    } else reader.skip(key);
  }
  reader.leave(end);
  return parts;
}

/** A time without its fraction, as upstream reads it, or with six digits; null for an empty message. */
function readTime(reader: Reader, micro: boolean): string | null {
  const { isEmpty, first: seconds = 0, second: nanoseconds = 0 } = readParts(reader);
  if (isEmpty) return null;
  if (seconds !== lastSeconds) {
    const date = new Date(seconds * 1000);
    if (Number.isNaN(date.getTime())) throw new DecodeError(`proto: invalid time of ${seconds} seconds`);
    lastText = date.toISOString().slice(0, -5);
    lastSeconds = seconds;
  }
  return micro ? `${lastText}.${String(Math.floor(nanoseconds / 1000)).padStart(6, "0")}Z` : `${lastText}Z`;
}

/** Times of one object are mostly the same few. */
let lastText = "";
let lastSeconds: number | undefined;
