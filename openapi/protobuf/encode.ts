/** Objects to protobuf, byte for byte as Go's generated Marshal: ascending field numbers, plain scalars always written. */
import { encodeRaw } from "../encode.ts";
import { parseGoDuration } from "../scalars.ts";
import type { Field, Schema } from "../schema.ts";
import { schemaOf } from "../types.ts";
import { type Entry, planOf } from "./plan.ts";
import { BYTES, FIXED64, VARINT, Writer } from "./wire.ts";

// biome-ignore lint/suspicious/noExplicitAny: a value of the schema's type, read field by field
type Value = any;
/** Writes a value under a field number. The writer goes backwards: value first, then the number. */
type WriteValue = (writer: Writer, tag: number, value: Value) => void;
/** Writes the fields of a message, last one first. */
type WriteFields = (writer: Writer, object: Value) => void;

/** The message of an object, without the envelope. */
export function encodeMessage(object: unknown, schema: Schema): Uint8Array {
  scratch.clear();
  fieldsOf(schema)(scratch, object);
  const message = scratch.take();
  if (message.length > MAX_SCRATCH) scratch = new Writer(FIRST_SCRATCH);
  return message;
}

/** One message is written at a time: all of them in one buffer, which is replaced after an unusually large one. */
const FIRST_SCRATCH = 16 * 1024;
const MAX_SCRATCH = 256 * 1024;
let scratch = new Writer(FIRST_SCRATCH);

const compiled = new WeakMap<Schema, WriteFields>();

function fieldsOf(schema: Schema): WriteFields {
  let write = compiled.get(schema);
  if (!write) {
    write = compileEntries(planOf(schema));
    compiled.set(schema, write);
  }
  return write;
}

function compileEntries(entries: readonly Entry[]): WriteFields {
  const writers = entries.toReversed().map(compileEntry);
  return (writer, object) => {
    for (const write of writers) write(writer, object);
  };
}

function compileEntry(entry: Entry): WriteFields {
  const { tag } = entry;
  if ("embedded" in entry) {
    const write = compileEntries(entry.embedded);
    return (writer, object) => writeMessage(writer, tag, object, write);
  }
  const { field, items } = entry;
  const { name, schema, pointer } = field;
  if (schema.type === "list") return compileList(tag, field, items);
  if (schema.type === "map") return compileMap(tag, name, schema.items ?? { type: "string" }, items);
  const write = compileValue(schema);
  if (pointer || schema.type === "bytes") {
    return (writer, object) => {
      const value = object[name];
      if (value !== undefined && value !== null) write(writer, tag, value);
    };
  }
  let unset: Uint8Array | undefined;
  return (writer, object) => {
    const value = object[name];
    if (value !== undefined && value !== null) write(writer, tag, value);
    else {
      unset ??= unsetField(tag, schema, write);
      writer.raw(unset);
    }
  };
}

function compileList(tag: number, { name, schema }: Field, items: boolean): WriteFields {
  const write = compileValue(schema.items ?? { type: "any" });
  return (writer, object) => {
    const list: Value = object[name];
    if (!Array.isArray(list)) return;
    if (items) writeItems(writer, tag, list, write);
    else for (let i = list.length - 1; i >= 0; i--) write(writer, tag, list[i]);
  };
}

function writeItems(writer: Writer, tag: number, list: Value, write: WriteValue): void {
  writeMessage(writer, tag, list, () => {
    for (let i = list.length - 1; i >= 0; i--) write(writer, 1, list[i]);
  });
}

function compileMap(tag: number, name: string, schema: Schema, items: boolean): WriteFields {
  const writeOne = compileValue(schema.type === "list" ? (schema.items ?? { type: "string" }) : schema);
  const write: WriteValue = items ? (writer, field, list) => writeItems(writer, field, list, writeOne) : writeOne;
  return (writer, object) => {
    const map: Value = object[name];
    if (map === undefined || map === null) return;
    const keys = Object.keys(map);
    if (keys.length > 1) keys.sort(byBytes);
    for (let i = keys.length - 1; i >= 0; i--) {
      const key = keys[i] as string; // within bounds
      const before = writer.size;
      write(writer, 2, map[key]);
      writeString(writer, 1, key);
      writer.varint(writer.size - before);
      writer.tag(tag, BYTES);
    }
  };
}

function byBytes(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function writeMessage(writer: Writer, tag: number, value: Value, write: WriteFields): void {
  const before = writer.size;
  write(writer, value);
  writer.varint(writer.size - before);
  writer.tag(tag, BYTES);
}

/** What a field that is not a pointer writes when it is not there. */
function unsetField(tag: number, schema: Schema, write: WriteValue): Uint8Array {
  const writer = new Writer(64);
  write(writer, tag, unsetValue(schema));
  return Uint8Array.from(writer.finish());
}

function unsetValue(schema: Schema): unknown {
  switch (schema.type) {
    case "string":
    case "time":
    case "micro-time":
      return "";
    case "int32":
    case "int64":
    case "double":
    case "int-or-string":
      return 0;
    case "boolean":
      return false;
    case "quantity":
      return "0";
    case "duration":
      return "0s";
    case "object":
      return {};
    default:
      return null;
  }
}

function compileValue(schema: Schema): WriteValue {
  switch (schema.type) {
    case "string":
      return writeString;
    case "int32":
    case "int64":
      return writeVarint;
    case "boolean":
      return (writer, tag, value) => writeVarint(writer, tag, value ? 1 : 0);
    case "double":
      return (writer, tag, value) => {
        writer.double(value);
        writer.tag(tag, FIXED64);
      };
    case "bytes":
      return (writer, tag, value) => {
        writer.bytes(Buffer.from(value, "base64"));
        writer.tag(tag, BYTES);
      };
    case "object": {
      // Compiled when first written: types that contain themselves find it then.
      let write: WriteFields | undefined;
      return (writer, tag, value) => {
        write ??= fieldsOf(schema);
        writeMessage(writer, tag, value ?? {}, write);
      };
    }
    default: {
      const write = scalarMessage(schema);
      return (writer, tag, value) => writeMessage(writer, tag, value, write);
    }
  }
}

function writeVarint(writer: Writer, tag: number, value: number | bigint): void {
  writer.varint(value);
  writer.tag(tag, VARINT);
}

function writeString(writer: Writer, tag: number, value: string): void {
  writer.string(value);
  writer.tag(tag, BYTES);
}

/** Types that are one JSON value and a message on the wire. */
function scalarMessage(schema: Schema): WriteFields {
  switch (schema.type) {
    case "quantity":
      return (writer, value) => writeString(writer, 1, String(value));
    case "int-or-string":
      return (writer, value) => {
        const isString = typeof value === "string";
        writeString(writer, 3, isString ? value : "");
        writeVarint(writer, 2, isString ? 0 : value);
        writeVarint(writer, 1, isString ? 1 : 0);
      };
    case "time":
    case "micro-time":
      return writeTime;
    case "duration":
      return (writer, value) => writeVarint(writer, 1, Number(parseGoDuration(value)));
    case "raw":
    case "fields-v1":
      return (writer, value) => writeRaw(writer, value);
    default:
      return unionMessage(schema.name ?? "");
  }
}

function writeTime(writer: Writer, value: string): void {
  if (!value) return; // Go's zero time is an empty message
  const fraction = value.length === SECONDS.length ? undefined : /\.([0-9]{6})Z$/.exec(value)?.[1];
  writeVarint(writer, 2, Number(fraction ?? 0) * 1000);
  if (value !== lastTime) {
    lastSeconds = Math.floor(Date.parse(value) / 1000);
    lastTime = value;
  }
  writeVarint(writer, 1, lastSeconds);
}

const SECONDS = "2006-01-02T15:04:05Z";
/** Times of one object are mostly the same few. */
let lastTime = "";
let lastSeconds = 0;

/** JSON, or bytes as they are (an object encoded already, in a watch event). */
function writeRaw(writer: Writer, value: Value): void {
  if (value === null || value === undefined) return;
  writer.bytes(value instanceof Uint8Array ? value : Buffer.from(encodeRaw(value)));
  writer.tag(1, BYTES);
}

const APIEXTENSIONS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.";

/** The unions inside a CRD's schema: their number 1 is the schema, or `allows` in the union with booleans. */
function unionMessage(name: string): WriteFields {
  if (name === `${APIEXTENSIONS}JSON` || !name.startsWith(APIEXTENSIONS)) return writeRaw;
  const withBoolean = name === `${APIEXTENSIONS}JSONSchemaPropsOrBool`;
  const writeProps: WriteValue = (writer, tag, value) =>
    writeMessage(writer, tag, value, fieldsOf(schemaOf(`${APIEXTENSIONS}JSONSchemaProps`)));
  return (writer, value) => {
    if (Array.isArray(value)) {
      for (const item of value.toReversed())
        if (typeof item === "string") writeString(writer, 2, item);
        else writeProps(writer, 2, item);
    } else if (typeof value === "object" && value !== null) writeProps(writer, withBoolean ? 2 : 1, value);
    if (withBoolean) writeVarint(writer, 1, value === false ? 0 : 1);
  };
}
