import { encodeMessage, envelope, fieldHead } from "../../openapi/protobuf/codec.ts";
import type { Schema } from "../../openapi/schema.ts";
import type { Steps } from "../../openapi/steps.ts";
import { Pieces } from "./pieces.ts";

/** What a list says besides its items. */
export interface ListHead {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A list in protobuf, an item a step. @param schema of the list @param messageOf the message of an item */
export function* protobufList<T>(
  list: ListHead,
  schema: Schema,
  items: readonly T[],
  messageOf: (item: T) => Uint8Array,
): Steps<Pieces> {
  const { pb: tag } = schema.fields?.get("items") ?? {};
  if (!tag) throw new Error(`${list.kind} is no list`);
  const pieces = [encodeMessage({ metadata: list.metadata }, schema)];
  for (const item of items) {
    const message = messageOf(item);
    pieces.push(fieldHead(tag, message.length), message);
    yield;
  }
  const { head, tail } = envelope(
    list,
    pieces.reduce((sum, { length }) => sum + length, 0),
  );
  return new Pieces([head, ...pieces, tail]);
}
