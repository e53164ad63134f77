/**
 * application/vnd.kubernetes.protobuf: four magic bytes, then a runtime.Unknown that names the object's version and kind
 * and holds its message (apimachinery/pkg/runtime/serializer/protobuf).
 */
import { coerce } from "../decode.ts";
import { DecodeError } from "../json-tree.ts";
import type { Schema } from "../schema.ts";
import { schemaForKind } from "../types.ts";
import { MessageReader } from "./decode.ts";
import { encodeMessage } from "./encode.ts";
import { BYTES, Reader, Writer } from "./wire.ts";

export { encodeMessage };

const MAGIC = Buffer.from("k8s\0", "latin1");

/** What the envelope says. `raw` is a view on the bytes given. */
export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Uint8Array;
  readonly contentEncoding: string;
  /** "" is protobuf; `application/json` holds JSON. */
  readonly contentType: string;
}

/** Encodes an object with its envelope. Its apiVersion and kind name it. */
export function encodeProtobuf(object: unknown, schema: Schema): Uint8Array {
  const { apiVersion = "", kind = "" } = object as { apiVersion?: string; kind?: string }; // every such object has them
  return wrap({ apiVersion, kind }, encodeMessage(object, schema));
}

/** Puts a message into the envelope. */
export function wrap(names: { apiVersion: string; kind: string }, message: Uint8Array): Uint8Array {
  const { head, tail } = envelope(names, message.length);
  return Buffer.concat([head, message, tail]);
}

/** What stands before and behind a message of so many bytes. */
export function envelope(
  { apiVersion, kind }: { apiVersion: string; kind: string },
  length: number,
): { readonly head: Uint8Array; readonly tail: Uint8Array } {
  const tail = new Writer(16);
  for (const tag of [4, 3]) {
    tail.string("");
    tail.tag(tag, BYTES);
  }
  const head = new Writer(apiVersion.length + kind.length + 64);
  head.varint(length);
  head.tag(2, BYTES);
  const before = head.size;
  head.string(kind);
  head.tag(2, BYTES);
  head.string(apiVersion);
  head.tag(1, BYTES);
  head.varint(head.size - before);
  head.tag(1, BYTES);
  head.raw(MAGIC);
  return { head: head.finish(), tail: tail.finish() };
}

/** What stands before a message that is a field of another. */
export function fieldHead(tag: number, length: number): Uint8Array {
  const writer = new Writer(16);
  writer.varint(length);
  writer.tag(tag, BYTES);
  return writer.finish();
}

/** Opens the envelope. @throws DecodeError when it is none */
export function unwrap(bytes: Uint8Array): Envelope {
  if (bytes.length === 0) throw new DecodeError("empty data");
  if (MAGIC.compare(bytes, 0, Math.min(bytes.length, 4)) !== 0)
    throw new DecodeError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
  if (bytes.length === MAGIC.length) throw new DecodeError("empty body");
  const found = { apiVersion: "", kind: "", raw: new Uint8Array() as Uint8Array, contentEncoding: "", contentType: "" };
  const reader = new Reader(bytes.subarray(MAGIC.length));
  while (!reader.done) {
    const key = reader.key();
    if (key === 10) {
      const typeMeta = new Reader(reader.bytes());
      while (!typeMeta.done) {
        const member = typeMeta.key();
        if (member === 10) found.apiVersion = typeMeta.string();
        else if (member === 18) found.kind = typeMeta.string();
        else typeMeta.skip(member);
      }
    } else if (key === 18) found.raw = reader.bytes();
    else if (key === 26) found.contentEncoding = reader.string();
    else if (key === 34) found.contentType = reader.string();
    else reader.skip(key);
  }
  return found;
}

const messages = new MessageReader((bytes) => {
  if (MAGIC.compare(bytes, 0, Math.min(bytes.length, 4)) !== 0) return parseJson(bytes);
  const { apiVersion, kind, raw } = unwrap(bytes);
  const slash = apiVersion.indexOf("/");
  const schema = schemaForKind(slash < 0 ? "" : apiVersion.slice(0, slash), apiVersion.slice(slash + 1), kind);
  if (!schema) throw new DecodeError(`no kind "${kind}" is registered for version "${apiVersion}"`);
  return { kind, apiVersion, ...decodeMessage(raw, schema) };
});

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
  } catch (error) {
    throw error instanceof SyntaxError ? new DecodeError(error.message) : error;
  }
}

/** Decodes a message without envelope into the canonical form. @throws DecodeError */
export function decodeMessage(bytes: Uint8Array, schema: Schema): Record<string, unknown> {
  try {
    return coerce(messages.read(bytes, schema), schema, "Ignore").value;
  } catch (error) {
    throw error instanceof RangeError ? new DecodeError("exceeded max depth") : error;
  }
}

/** Decodes an object with its envelope into the canonical form, apiVersion and kind as the envelope has them. @throws DecodeError */
export function decodeProtobuf(bytes: Uint8Array, schema: Schema): Record<string, unknown> {
  const { apiVersion, kind, raw } = unwrap(bytes);
  const object = decodeMessage(raw, schema);
  return { ...(kind && { kind }), ...(apiVersion && { apiVersion }), ...object };
}
