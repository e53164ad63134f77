import { encodeMessage } from "../../openapi/protobuf/codec.ts";
import type { Kind } from "../registry/kind.ts";
import type { Stored } from "../registry/store.ts";

interface Kept {
  readonly stored: Stored;
  readonly message: Uint8Array;
  /** The period in which it was last asked for. */
  usedIn: number;
}

/**
 * The protobuf messages of stored objects that clients asked for lately: a state of an object is encoded once for all
 * lists, gets and watches. When there is no room, what is there stays: a list longer than the room, asked for again and
 * again, would push out each item just before it is wanted.
 */
export class ProtobufMessages {
  /** By the object's key: a new state takes the place of the old one. */
  readonly #kept = new Map<string, Kept>();
  readonly #maxBytes: number;
  #bytes = 0;
  #period = 0;

  /** @param options.maxBytes of all messages together */
  constructor({ maxBytes }: { maxBytes: number }) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of all messages that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Shared: never written to. @param encode makes what is not kept */
  get(stored: Stored, encode: () => Uint8Array): Uint8Array {
    const known = this.#kept.get(stored.key);
    if (known?.stored === stored) {
      known.usedIn = this.#period;
      return known.message;
    }
    const message = encode();
    if (stored.revision > (known?.stored.revision ?? 0)) this.#keep(stored, message, known);
    return message;
  }

  #keep(stored: Stored, message: Uint8Array, before: Kept | undefined): void {
    const more = message.length + OVERHEAD - (before ? before.message.length + OVERHEAD : 0);
    if (this.#bytes + more > this.#maxBytes) return;
    this.#kept.set(stored.key, { stored, message, usedIn: this.#period });
    this.#bytes += more;
  }

  /** Begins a period, and drops what nobody asked for in the one before. */
  nextPeriod(): void {
    for (const [key, { message, usedIn }] of this.#kept) {
      if (usedIn === this.#period) continue;
      this.#kept.delete(key);
      this.#bytes -= message.length + OVERHEAD;
    }
    this.#period++;
  }
}

/** What keeping a message takes besides its bytes. */
const OVERHEAD = 200;
const MAX_BYTES = 48 * 1024 * 1024;
const PERIOD_MILLISECONDS = 60_000;

const messages = new ProtobufMessages({ maxBytes: MAX_BYTES });
/** Periods are counted only while something is kept. */
let isCounting = false;

/** The message of a stored object of a kind that is served as it is stored. Shared: never written to. */
export function messageOf(stored: Stored, kind: Kind): Uint8Array {
  const message = messages.get(stored, () => encodeMessage(stored.object, kind.schema));
  if (!isCounting) countPeriods();
  return message;
}

function countPeriods(): void {
  isCounting = true;
  setTimeout(() => {
    messages.nextPeriod();
    if (messages.bytes > 0) countPeriods();
    else isCounting = false;
  }, PERIOD_MILLISECONDS).unref();
}
