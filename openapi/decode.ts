/**
 * JSON to the canonical form of objects: plain JSON as Go would print the typed object, minus nulls. Known fields only;
 * fields that Go leaves out when empty are left out, fields it always prints are filled in (lists excepted). Lists, maps
 * and bytes that were given and left out are remembered (given-empty.ts).
 *
 * Nearly every body takes the fast half: JSON.parse, then one walk compiled from the schema. Whatever that walk did not
 * expect (an unknown field, a wrong type, a duplicate key, a fraction) makes it give up, and decode-tree.ts starts anew
 * and says exactly what is wrong. Integers beyond 2^53 are bigints.
 */

import { decodePlain, GIVE_UP, keysSeen } from "./decode-plain.ts";
import { TreeDecoder } from "./decode-tree.ts";
import { DecodeError, MAX_DEPTH, type Node, parseTree, treeOf } from "./json-tree.ts";
import type { Schema } from "./schema.ts";

/** What to do about unknown and duplicate fields (the fieldValidation parameter): tell them or not. */
export type FieldValidation = "Ignore" | "Warn" | "Strict";

/** A decoded object and upstream's texts about unknown and duplicate fields; none with `Ignore`. */
export interface Decoded<T = Record<string, unknown>> {
  readonly value: T;
  readonly problems: string[];
}

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
      const value = decodePlain(parsed, schema);
      if (keysSeen() === marks && value !== null && value !== undefined) return { value: value as T, problems: [] }; // T is the schema's type
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
    const decoded = decodePlain(value, schema);
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
  return { value: decodePlain(value, typed) as T, problems: decoder.problems }; // T is the schema's type
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
