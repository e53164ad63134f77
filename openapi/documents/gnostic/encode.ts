/**
 * The protobuf form of OpenAPI documents, which kubectl and client-go read: messages of google/gnostic, given here by
 * their field numbers as far as our documents use them. What JSON calls x-… travels as a list of named YAML texts, and
 * JSON is YAML.
 */
import { BYTES, FIXED64, VARINT, Writer } from "../../protobuf/wire.ts";
import type { Steps } from "../../steps.ts";
import { type Message, type Messages, member, type Type } from "./messages.ts";
import { VERSION_2 } from "./version-2.ts";
import { VERSION_3 } from "./version-3.ts";

/** An OpenAPI 2.0 document as `openapi.v2.Document`. */
export function encodeVersion2(document: object): Steps<Uint8Array> {
  return encode(document, VERSION_2);
}

/** An OpenAPI 3.0 document as `openapi.v3.Document`. */
export function encodeVersion3(document: object): Steps<Uint8Array> {
  return encode(document, VERSION_3);
}

/** Documents have their many paths and schemas no deeper than this. */
const LEVELS = 3;

function* encode(document: object, messages: Messages): Steps<Uint8Array> {
  const writer = new Writer(1 << 20);
  yield* new Encoder(writer, messages).steps(document, "Document", LEVELS);
  return writer.finish();
}

/** Writes what one field number of a message stands for. */
interface FieldWriter {
  readonly tag: number;
  /** The name of the message that the field holds, where it holds one. */
  readonly message?: string;
  /** The member that the field is made from; absent: it is made from many. */
  readonly key?: string;
  /** Members that are named entries of one list. */
  readonly entries?: { readonly type: Type; of(value: object): readonly (readonly [string, unknown])[] };
  write(value: object): void;
}

/** Writes last things first, as the writer wants. */
class Encoder {
  readonly #writer: Writer;
  readonly #messages: Messages;
  readonly #ordered = new Map<Message, readonly FieldWriter[]>();

  constructor(writer: Writer, messages: Messages) {
    this.#writer = writer;
    this.#messages = messages;
  }

  /** Writes the fields of a message, with a step after each that lies no more than so many levels down. */
  *steps(value: unknown, name: string, levels: number): Steps<void> {
    const message = this.#messages[name];
    if (levels === 0 || !message || typeof message === "function") return this.message(value, name);
    for (const { tag, key, message: inner, entries, write } of this.#writersOf(message)) {
      const part = key === undefined ? undefined : member(value as object, key); // what a message is made from
      if (entries) yield* this.#namedSteps(tag, entries.type, entries.of(value as object));
      else if (inner && part !== undefined && part !== null) {
        const before = this.#writer.size;
        yield* this.steps(part, inner, levels - 1);
        this.#close(tag, before);
      } else write(value as object);
      yield;
    }
  }

  *#namedSteps(tag: number, type: Type, entries: readonly (readonly [string, unknown])[]): Steps<void> {
    for (const entry of entries.toReversed()) {
      this.#named(tag, type, entry);
      yield;
    }
  }

  /** Writes the fields of a message. */
  message(value: unknown, name: string): void {
    const message = this.#messages[name];
    if (!message) throw new Error(`no message ${name}`);
    if (typeof message === "function") {
      const choice = message(value);
      if (choice) this.#field(choice[0], choice[1], value, true);
      return;
    }
    for (const { write } of this.#writersOf(message)) write(value as object); // what a message is made from
  }

  #writersOf(message: Message): readonly FieldWriter[] {
    const known = this.#ordered.get(message);
    if (known) return known;
    const writers: FieldWriter[] = Object.entries(message.fields ?? {}).map(([key, [tag, type]]) => ({
      tag,
      key,
      ...(typeof type === "string" && type in this.#messages && { message: type }),
      write: (value) => this.#field(tag, type, member(value, key), false),
    }));
    const { others, extensions } = message;
    const named = (tag: number, type: Type, isMine: (key: string) => boolean) => {
      const of = (value: object) => Object.entries(value).filter(([key]) => isMine(key));
      const write = (value: object) => {
        for (const entry of of(value).toReversed()) this.#named(tag, type, entry);
      };
      writers.push({ tag, entries: { type, of }, write });
    };
    if (others) named(others[0], others[1], (key) => !key.startsWith("x-") || !extensions);
    if (extensions) named(extensions, "Any", (key) => key.startsWith("x-"));
    writers.sort((a, b) => b.tag - a.tag);
    this.#ordered.set(message, writers);
    return writers;
  }

  #named(tag: number, type: Type, [key, value]: readonly [string, unknown]): void {
    this.#nested(tag, () => {
      this.#field(2, type, value, true);
      this.#field(1, "string", key, true);
    });
  }

  #nested(tag: number, write: () => void): void {
    const before = this.#writer.size;
    write();
    this.#close(tag, before);
  }

  /** Puts the length and the tag before what was written since. */
  #close(tag: number, before: number): void {
    this.#writer.varint(this.#writer.size - before);
    this.#writer.tag(tag, BYTES);
  }

  /** @param present zero values are written, as in lists and in what holds one of several */
  #field(tag: number, type: Type, value: unknown, present: boolean): void {
    if (value === undefined || value === null) return;
    if (typeof type !== "string") {
      for (const item of (value as unknown[]).toReversed()) this.#field(tag, type[0], item, true); // a list by its type
      return;
    }
    switch (type) {
      case "string":
        if (value === "" && !present) return;
        this.#writer.string(String(value));
        return this.#writer.tag(tag, BYTES);
      case "bool":
      case "int64":
        if (!value && !present) return;
        this.#writer.varint(Number(value));
        return this.#writer.tag(tag, VARINT);
      case "double":
        if (value === 0 && !present) return;
        this.#writer.double(Number(value));
        return this.#writer.tag(tag, FIXED64);
      case "Any":
        return this.#nested(tag, () => this.#field(2, "string", `${JSON.stringify(value)}\n`, true));
      default:
        return this.#nested(tag, () => this.message(value, type));
    }
  }
}
