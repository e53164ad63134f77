/** Text as encoding/json prints it, and a buffer that JSON is printed into. */

// What Go escapes and what JSON needs escaped; a lone surrogate is not text in Go.
const NEEDS_ESCAPE = /["\\<>&\p{Cc}\u2028\u2029\p{Cs}]/u;
const HTML = /[<>&\u2028\u2029]/g;
const ESCAPED: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** Prints a string as encoding/json does. */
export function encodeString(text: string): string {
  return NEEDS_ESCAPE.test(text) ? escapeHtml(JSON.stringify(text.toWellFormed())) : `"${text}"`;
}

/** Escapes what Go escapes besides, in what is JSON already. */
export function escapeHtml(json: string): string {
  return json.replace(HTML, (char) => ESCAPED[char] as string); // every character of the pattern has one
}

const QUOTE = 0x22;
/** The characters that stand for themselves, and take one byte. */
const PLAIN = Uint8Array.from({ length: 128 }, (_, code) =>
  code >= 0x20 && code < 0x7f && !'"\\<>&'.includes(String.fromCharCode(code)) ? 1 : 0,
);
/** Up to so many characters a loop is quicker than the call of a native function. */
const SHORT = 64;
const FIRST_SIZE = 16 * 1024;
/** A larger buffer is not kept for the next object. */
const MOST_KEPT = 1024 * 1024;

/**
 * JSON in UTF-8, printed byte by byte: pieces of text would be put together twice, once as a string and once as bytes,
 * and be most of a write's garbage.
 */
export class JsonBytes {
  #bytes: Buffer;
  #size = 0;

  /** @param size bytes that it has room for at first */
  constructor(size = FIRST_SIZE) {
    this.#bytes = Buffer.allocUnsafeSlow(size);
  }

  /** Bytes printed so far. */
  get size(): number {
    return this.#size;
  }

  reset(): void {
    this.#size = 0;
    if (this.#bytes.length > MOST_KEPT) this.#bytes = Buffer.allocUnsafeSlow(FIRST_SIZE);
  }

  #room(count: number): void {
    const wanted = this.#size + count;
    if (wanted <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(wanted, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#size);
    this.#bytes = grown;
  }

  byte(code: number): void {
    this.#room(1);
    this.#bytes[this.#size++] = code;
  }

  /** Writes a byte over one that was printed. */
  set(at: number, code: number): void {
    this.#bytes[at] = code;
  }

  bytes(source: Uint8Array): void {
    const { length } = source;
    this.#room(length);
    const bytes = this.#bytes;
    let at = this.#size;
    for (let i = 0; i < length; i++) bytes[at++] = source[i]!;
    this.#size = at;
  }

  /** Text that is JSON already. */
  raw(json: string): void {
    const { length } = json;
    // No unit of UTF-16 takes more than three bytes.
    this.#room(length * 3);
    if (length > SHORT) {
      this.#size += this.#bytes.write(json, this.#size);
      return;
    }
    const bytes = this.#bytes;
    let at = this.#size;
    for (let i = 0; i < length; i++) {
      const code = json.charCodeAt(i);
      if (code >= 0x80) {
        this.#size += bytes.write(json, this.#size);
        return;
      }
      bytes[at++] = code;
    }
    this.#size = at;
  }

  /** A string as encoding/json prints it. */
  string(text: string): void {
    const { length } = text;
    if (length > SHORT) return this.raw(encodeString(text));
    this.#room(length + 2);
    const bytes = this.#bytes;
    let at = this.#size;
    bytes[at++] = QUOTE;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80 || PLAIN[code] === 0) return this.raw(encodeString(text));
      bytes[at++] = code;
    }
    bytes[at++] = QUOTE;
    this.#size = at;
  }

  text(): string {
    return this.#bytes.toString("utf8", 0, this.#size);
  }

  /** Of its own, and no larger than it must be. */
  copy(): Uint8Array {
    const own = new Uint8Array(this.#size);
    own.set(this.#bytes.subarray(0, this.#size));
    return own;
  }
}
