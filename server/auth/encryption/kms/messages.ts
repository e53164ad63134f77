import { BYTES, Reader, VARINT } from "../../../../openapi/protobuf/wire.ts";

/** A field's value: text or bytes, a small whole number, or annotations. */
type Value = string | Uint8Array | number | Annotations;
export type Annotations = Readonly<Record<string, Uint8Array>>;

/** The few messages of KMS plugins and of what is stored have no other fields. (k8s.io/kms/apis/v2, envelope/kmsv2/v2) */
export function encodeMessage(fields: readonly (readonly [number, Value])[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const [field, value] of fields) {
    if (typeof value === "number") {
      if (value !== 0) parts.push(Buffer.from([field * 8 + VARINT, value]));
    } else if (typeof value === "string" || value instanceof Uint8Array) {
      if (value.length > 0) parts.push(...delimited(field, value));
    } else {
      for (const [key, item] of Object.entries(value)) {
        parts.push(...delimited(field, Buffer.concat([...delimited(1, key), ...delimited(2, item)])));
      }
    }
  }
  return Buffer.concat(parts);
}

function delimited(field: number, value: string | Uint8Array): Uint8Array[] {
  const bytes = typeof value === "string" ? Buffer.from(value) : value;
  const head = [field * 8 + BYTES];
  let rest = bytes.length;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) head.push((rest % 0x80) | 0x80);
  return [Buffer.from([...head, rest]), bytes];
}

/** A decoded message: by field number, the last value where one comes twice, as proto3 has it. */
export interface Message {
  readonly bytes: ReadonlyMap<number, Uint8Array>;
  readonly numbers: ReadonlyMap<number, number>;
  /** Of the field that `annotations` names. */
  readonly annotations: Annotations;
}

/** @param annotations the field that is a map, 0 = none @throws DecodeError */
export function decodeMessage(message: Uint8Array, annotations: number): Message {
  const bytes = new Map<number, Uint8Array>();
  const numbers = new Map<number, number>();
  const found: Record<string, Uint8Array> = {};
  const reader = new Reader(message);
  while (!reader.done) {
    const key = reader.key();
    const field = key >>> 3;
    if (key % 8 === VARINT) numbers.set(field, reader.int32());
    else if (key % 8 !== BYTES) reader.skip(key);
    else if (field !== annotations || field === 0) bytes.set(field, reader.bytes());
    else {
      const entry = decodeMessage(reader.bytes(), 0).bytes;
      found[textOf(entry.get(1))] = entry.get(2) ?? new Uint8Array();
    }
  }
  return { bytes, numbers, annotations: found };
}

export const textOf = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("utf8");
