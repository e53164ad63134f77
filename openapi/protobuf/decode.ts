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
    let fields = this.#compiled.get(schema);
    if (!fields) {
      fields = this.#compile(planOf(schema));
      this.#compiled.set(schema, fields);
    }
    return readMessage(bytes, fields, object);
  }

  #compile(entries: readonly Entry[]): Fields {
    return new Map(entries.map((entry) => [entry.tag, this.#field(entry)]));
  }

  #field(entry: Entry): ReadField {
    if ("embedded" in entry) {
      const fields = this.#compile(entry.embedded);
      return (reader, key, object) => {
        expectType(key, BYTES, "embedded message");
        readMessage(reader.bytes(), fields, object);
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
      eachField(reader.bytes(), (inner, key) => {
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
      eachField(reader.bytes(), (inner, innerKey) => {
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
        return (reader, before) => this.read(reader.bytes(), schema, before as Members | undefined); // made here
      case "quantity":
        return (reader) => readParts(reader.bytes()).strings.get(1) ?? "0";
      case "int-or-string":
        return (reader) => {
          const { numbers, strings } = readParts(reader.bytes());
          return numbers.get(1) === 1 ? (strings.get(3) ?? "") : (numbers.get(2) ?? 0) | 0;
        };
      case "time":
        return (reader) => readTime(reader.bytes(), false);
      case "micro-time":
        return (reader) => readTime(reader.bytes(), true);
      case "duration":
        return (reader) => formatGoDuration(BigInt(readParts(reader.bytes()).numbers.get(1) ?? 0));
      case "raw":
      case "fields-v1":
        return (reader) => this.#raw(reader.bytes());
      default:
        return this.#union(schema.name ?? "");
    }
  }

  #raw(message: Uint8Array): unknown {
    let value: unknown = null;
    eachField(message, (reader, key) => {
      if (key >> 3 !== 1) return reader.skip(key);
      const bytes = reader.bytes();
      value = bytes.length === 0 ? null : this.#readRaw(bytes);
    });
    return value;
  }

  #union(name: string): ReadValue {
    const short = name.slice(APIEXTENSIONS.length);
    if (short === "JSON" || !name.startsWith(APIEXTENSIONS)) return (reader) => this.#raw(reader.bytes());
    const propsTag = short === "JSONSchemaPropsOrBool" ? 2 : 1;
    return (reader) => {
      let allows = false;
      let props: unknown;
      const list: unknown[] = [];
      eachField(reader.bytes(), (inner, key) => {
        const tag = key >> 3;
        if (tag === propsTag) props = this.read(inner.bytes(), schemaOf(`${APIEXTENSIONS}JSONSchemaProps`));
        else if (tag === 1) allows = inner.boolean();
        else if (tag !== 2) inner.skip(key);
        else if (short === "JSONSchemaPropsOrStringArray") list.push(inner.string());
        else list.push(this.read(inner.bytes(), schemaOf(`${APIEXTENSIONS}JSONSchemaProps`)));
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

function eachField(bytes: Uint8Array, visit: (reader: Reader, key: number) => void): void {
  const reader = new Reader(bytes);
  while (!reader.done) visit(reader, reader.key());
}

function readMessage(bytes: Uint8Array, fields: Fields, object: Members): Members {
  eachField(bytes, (reader, key) => {
    const read = fields.get(key >> 3);
    if (read) read(reader, key, object);
    else reader.skip(key);
  });
  return object;
}

/** Numbers and strings of a small message, by field number. */
function readParts(bytes: Uint8Array): { numbers: Map<number, number>; strings: Map<number, string> } {
  const numbers = new Map<number, number>();
  const strings = new Map<number, string>();
  eachField(bytes, (reader, key) => {
    if ((key & 7) === VARINT) numbers.set(key >> 3, reader.int64());
    else if ((key & 7) === BYTES) strings.set(key >> 3, reader.string());
    else reader.skip(key);
  });
  return { numbers, strings };
}

/** A time without its fraction, as upstream reads it, or with six digits; null for an empty message. */
function readTime(bytes: Uint8Array, micro: boolean): string | null {
  if (bytes.length === 0) return null;
  const { numbers } = readParts(bytes);
  const seconds = numbers.get(1) ?? 0;
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) throw new DecodeError(`proto: invalid time of ${seconds} seconds`);
  const text = date.toISOString().slice(0, -5);
  return micro ? `${text}.${String(Math.floor((numbers.get(2) ?? 0) / 1000)).padStart(6, "0")}Z` : `${text}Z`;
}
