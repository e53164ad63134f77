import { isIP } from "node:net";

/** Whether a text is one mail address, with or without a name. (net/mail ParseAddress, RFC 5322) */
export function isMailAddress(text: string): boolean {
  const reader = new AddressReader(text);
  const addresses = reader.mailbox(true);
  return addresses === 1 && reader.skipComments() && reader.isEmpty;
}

const SPECIALS = '()<>[]:;@\\,"';
const isVisible = (character: string) => character > " " && character !== "\x7f";
/** A word that says its character set. Of an unknown one nobody can tell what it says. (RFC 2047) */
const ENCODED = /^=\?([^?]+)\?[bBqQ]\?([^?]*)\?=$/;
const CHARSETS = new Set(["utf-8", "iso-8859-1", "us-ascii"]);

/** Reads from the start of what is left; methods say whether they could. */
class AddressReader {
  #left: string;

  constructor(text: string) {
    this.#left = text;
  }

  get isEmpty(): boolean {
    return this.#left === "";
  }

  /** @returns how many addresses there are: a group may have any number. Undefined: none can be read. */
  mailbox(mayBeGroup: boolean): number | undefined {
    this.#skipSpace();
    if (this.isEmpty) return undefined;
    const start = this.#left;
    if (this.#address()) {
      this.#skipSpace();
      return this.#left.startsWith("(") && !this.#comment() ? undefined : 1;
    }
    this.#left = start;
    if (!start.startsWith("<") && !this.#phrase()) return undefined;
    this.#skipSpace();
    if (mayBeGroup && this.#take(":")) return this.#group();
    return this.#take("<") && this.#address() && this.#take(">") ? 1 : undefined;
  }

  skipComments(): boolean {
    this.#skipSpace();
    while (this.#left.startsWith("(")) {
      if (!this.#comment()) return false;
      this.#skipSpace();
    }
    return true;
  }

  #group(): number | undefined {
    this.#skipSpace();
    if (this.#take(";")) return this.skipComments() ? 0 : undefined;
    for (let count = 0; ; ) {
      this.#skipSpace();
      const more = this.mailbox(false);
      if (more === undefined || !this.skipComments()) return undefined;
      count += more;
      if (this.#take(";")) return this.skipComments() ? count : undefined;
      if (!this.#take(",")) return undefined;
    }
  }

  #address(): boolean {
    this.#skipSpace();
    const hasLocal = this.#left.startsWith('"') ? Boolean(this.#quoted()) : this.#strictAtom();
    if (!hasLocal || !this.#take("@")) return false;
    this.#skipSpace();
    return this.#left.startsWith("[") ? this.#domainLiteral() : this.#strictAtom();
  }

  /** Dots only between others. */
  #strictAtom(): boolean {
    const atom = this.#atom();
    return atom !== "" && !/^\.|\.\.|\.$/.test(atom);
  }

  #atom(): string {
    let length = 0;
    for (const character of this.#left) {
      if (!isVisible(character) || SPECIALS.includes(character)) break;
      length += character.length;
    }
    return this.#cut(length);
  }

  #phrase(): boolean {
    for (let words = 0; ; words++) {
      if (words > 0 && !this.skipComments()) return false;
      this.#skipSpace();
      if (this.isEmpty) return true;
      const isWord = this.#left.startsWith('"') ? this.#quoted() !== undefined : isReadable(this.#atom());
      if (!isWord) return words > 0;
    }
  }

  #quoted(): string | undefined {
    let [text, escaped, length] = ["", false, 1];
    for (const character of this.#left.slice(1)) {
      length += character.length;
      const isText = isVisible(character) || character === " " || character === "\t";
      if (!escaped && character === '"') {
        this.#cut(length);
        return text;
      }
      if (!escaped && character === "\\") escaped = true;
      else if (!isText) return undefined;
      else {
        text += character;
        escaped = false;
      }
    }
    return undefined;
  }

  #domainLiteral(): boolean {
    const literal = /^\[([^[\]\\]*)\]/.exec(this.#left);
    const address = literal?.[1] ?? "";
    if (!literal || isIP(address) === 0 || address.includes("%")) return false;
    this.#cut(literal[0].length);
    return true;
  }

  #comment(): boolean {
    let depth = 0;
    let index = 0;
    do {
      const character = this.#left[index];
      if (character === undefined) break;
      if (character === "\\" && index + 1 < this.#left.length) index++;
      else if (character === "(") depth++;
      else if (character === ")") depth--;
      index++;
    } while (depth > 0);
    this.#cut(index);
    return depth === 0;
  }

  #skipSpace(): void {
    this.#left = this.#left.replace(/^[ \t]+/, "");
  }

  #take(character: string): boolean {
    if (!this.#left.startsWith(character)) return false;
    this.#cut(1);
    return true;
  }

  #cut(length: number): string {
    const cut = this.#left.slice(0, length);
    this.#left = this.#left.slice(length);
    return cut;
  }
}

function isReadable(atom: string): boolean {
  if (atom === "") return false;
  const [, charset] = ENCODED.exec(atom) ?? [];
  return charset === undefined || CHARSETS.has(charset.toLowerCase());
}
