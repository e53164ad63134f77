/** A script that sed does not understand, in busybox's words. */
export class SedError extends Error {}

/** Which lines a command is about. */
export type Address =
  | { readonly line: number | "last" }
  | { readonly expression: RegExp }
  | { readonly first: number; readonly step: number };

/** One command of a script. */
export interface Command {
  readonly name: string;
  readonly from: Address | undefined;
  readonly to: Address | { readonly more: number } | undefined;
  readonly negated: boolean;
  /** Of i, a, c: lines; of q: an exit code; of b, t and `:` a label. */
  readonly text?: string;
  readonly expression?: RegExp;
  /** Of s: text, and numbers of groups. */
  readonly by?: readonly (string | number)[];
  /** Of s: its flags. */
  readonly options?: string;
  /** Of y. */
  readonly letters?: ReadonlyMap<string, string>;
  /** Of b, t and `{`: the command after which it goes on. */
  jump: number;
}

type Compile = (pattern: string, options: string) => RegExp;

/** @throws SedError */
export function parseSed(script: string, compile: Compile): Command[] {
  const reader = new ScriptReader(script, compile);
  const commands: Command[] = [];
  const open: Command[] = [];
  for (let command = reader.next(); command; command = reader.next()) {
    if (command.name === "}") {
      const begin = open.pop();
      if (!begin) throw new SedError("unexpected }");
      begin.jump = commands.length - 1;
      continue;
    }
    commands.push(command);
    if (command.name === "{") open.push(command);
  }
  if (open.length > 0) throw new SedError("unterminated {");
  for (const command of commands) {
    if (command.name !== "b" && command.name !== "t") continue;
    const label = commands.findIndex(({ name, text }) => name === ":" && text === command.text);
    if (command.text && label < 0) throw new SedError(`can't find label for jump to '${command.text}'`);
    command.jump = command.text ? label : commands.length;
  }
  return commands;
}

class ScriptReader {
  readonly #script: string;
  readonly #compile: Compile;
  #at = 0;

  constructor(script: string, compile: Compile) {
    this.#script = script;
    this.#compile = compile;
  }

  next(): Command | undefined {
    this.#match(/[\s;]*(?:#[^\n]*[\s;]*)*/y);
    if (this.#at >= this.#script.length) return undefined;
    const from = this.#address();
    const to = from && this.#match(/\s*,\s*/y) ? this.#end() : undefined;
    const negated = this.#match(/\s*!\s*/y) !== undefined;
    this.#match(/[ \t]*/y);
    const name = this.#script[this.#at++];
    if (name === undefined) throw new SedError("missing command");
    return { name, from, to, negated, jump: 0, ...this.#rest(name) };
  }

  #rest(name: string): Partial<Command> {
    switch (name) {
      case "s":
        return this.#substitution();
      case "y": {
        const sign = this.#script[this.#at++] ?? "";
        const [before, after] = [[...this.#until(sign)], [...this.#until(sign)]];
        return { letters: new Map(before.map((letter, index) => [letter, after[index] ?? ""])) };
      }
      case "a":
      case "i":
      case "c": {
        const text = this.#match(/[ \t]*(?:\\\n?)?[ \t]*((?:[^\\\n]|\\[\s\S])*)/y)?.[1] ?? "";
        return { text: text.replaceAll(/\\([\s\S])/g, "$1") };
      }
      case ":":
        return { text: this.#match(/\s*([^\s;]*)/y)?.[1] ?? "" };
      case "b":
      case "t":
        return { text: this.#match(/[ \t]*([^\s;}]*)/y)?.[1] ?? "" };
      case "q":
        return { text: this.#match(/[ \t]*(\d*)/y)?.[1] ?? "" };
    }
    if (!"{}pPdDnNhHgGx=".includes(name)) throw new SedError(`unsupported command ${name}`);
    return {};
  }

  #substitution(): Partial<Command> {
    const sign = this.#script[this.#at++] ?? "";
    const pattern = this.#until(sign);
    const replacement = this.#until(sign);
    const options = this.#match(/[gpiI\d]*/y)?.[0] ?? "";
    const by: (string | number)[] = [];
    for (const [whole] of replacement.matchAll(/\\[\s\S]|&|[^\\&]+/g)) {
      if (whole === "&") by.push(0);
      else if (/^\\\d$/.test(whole)) by.push(Number(whole[1]));
      else if (whole === "\\n") by.push("\n");
      else if (whole === "\\t") by.push("\t");
      else by.push(whole.startsWith("\\") ? whole.slice(1) : whole);
    }
    return { expression: this.#compile(pattern, /i/i.test(options) ? "i" : ""), by, options };
  }

  /** Text up to a sign that stands without a backslash. */
  #until(sign: string): string {
    let text = "";
    for (; this.#at < this.#script.length; this.#at++) {
      const letter = this.#script[this.#at] ?? "";
      if (letter === sign) {
        this.#at++;
        return text;
      }
      if (letter !== "\\") text += letter;
      else {
        const next = this.#script[++this.#at] ?? "";
        text += next === sign ? next : `\\${next}`;
      }
    }
    throw new SedError("unmatched '/'");
  }

  #address(): Address | undefined {
    const number = this.#match(/(\d+)(?:~(\d+))?/y);
    if (number) {
      const first = Number(number[1]);
      return number[2] === undefined ? { line: first } : { first, step: Number(number[2]) };
    }
    if (this.#match(/\$/y)) return { line: "last" };
    const begin = this.#match(/\/|\\([\s\S])/y);
    if (!begin) return undefined;
    const pattern = this.#until(begin[1] ?? "/");
    return { expression: this.#compile(pattern, this.#match(/I/y) ? "i" : "") };
  }

  #end(): Address | { readonly more: number } {
    const more = this.#match(/\+(\d+)/y);
    const address = more ? { more: Number(more[1]) } : this.#address();
    if (!address) throw new SedError("unexpected ','");
    return address;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#script) ?? undefined;
    if (found) this.#at = pattern.lastIndex;
    return found;
  }
}
