import type { Process } from "../behaviour.ts";
import { flagsOf, linesOf, pathOf, texts } from "./command.ts";
import { regular } from "./regular.ts";
import { type Address, type Command, parseSed, SedError } from "./sed-script.ts";

/** Steps with one line after which a script is taken to go round for ever. */
const MOST_STEPS = 100_000;

/** (busybox editors/sed.c) */
export async function sed(process: Process): Promise<number> {
  const { flags, rest } = flagsOf(process.args, "ef");
  let commands: readonly Command[];
  try {
    const scripts = scriptsOf(process.args);
    if (flags.has("f"))
      scripts.push((await process.files.read(pathOf(process, flags.get("f") ?? ""))).toString("utf8"));
    if (scripts.length === 0) scripts.push(rest.shift() ?? "");
    const extended = flags.has("E") || flags.has("r");
    commands = parseSed(scripts.join("\n"), (pattern, options) => new RegExp(regular(pattern, extended), options));
  } catch (error) {
    if (!(error instanceof SedError)) throw error;
    process.stderr.write(`sed: ${error.message}\n`);
    return 1;
  }
  const { texts: found, failed } = await texts(process, rest);
  // In place each file is a text of its own, else all are one.
  const whole = flags.has("i") ? found : [{ path: "-", content: Buffer.concat(found.map(({ content }) => content)) }];
  let code = failed ? 1 : 0;
  for (const { path, content } of whole) {
    const { output, exit } = edit(content, commands, flags.has("n"));
    code ||= exit;
    if (flags.has("i")) await process.files.write(pathOf(process, path), Buffer.from(output));
    else process.stdout.write(output);
  }
  return code;
}

/** Each `-e` counts, in order. */
function scriptsOf(args: readonly string[]): string[] {
  const scripts: string[] = [];
  for (let at = 1; at < args.length; at++) {
    const script = /^-[nEris]*e(.*)$/s.exec(args[at] ?? "")?.[1];
    if (script !== undefined) scripts.push(script || (args[++at] ?? ""));
  }
  return scripts;
}

function edit(content: Buffer, commands: readonly Command[], quiet: boolean): { output: string; exit: number } {
  const editor = new Editor(linesOf(content), quiet);
  const exit = editor.run(commands);
  return { output: editor.output, exit };
}

/** What becomes of a line after a command: the script goes on, or the line is done and perhaps printed. */
type After = "go on" | "done" | "dropped" | "left over" | "quit";

class Editor {
  output = "";
  readonly #lines: readonly string[];
  readonly #quiet: boolean;
  /** Lines at which open ranges end; Infinity where that is not known yet. */
  readonly #ranges = new Map<Command, number>();
  /** How many lines have been read. */
  #number = 0;
  #space = "";
  #held = "";
  /** What `a` prints after the line. */
  #appended = "";
  #replaced = false;
  /** Taken since a line was last read. */
  #steps = 0;

  constructor(lines: readonly string[], quiet: boolean) {
    this.#lines = lines;
    this.#quiet = quiet;
  }

  /** @returns the exit code */
  run(commands: readonly Command[]): number {
    let isLeftOver = false;
    while (isLeftOver || this.#number < this.#lines.length) {
      if (!isLeftOver) this.#space = this.#read();
      this.#replaced = false;
      const { after, exit } = this.#cycle(commands);
      isLeftOver = after === "left over";
      if (after === "done" || after === "quit") this.#print();
      this.#flush();
      if (after === "quit") return exit;
    }
    return 0;
  }

  #cycle(commands: readonly Command[]): { after: After; exit: number } {
    for (let at = 0; at < commands.length; at++) {
      // Nothing else of the agent runs meanwhile, so what never ends must be ended.
      if (this.#steps++ > MOST_STEPS) return { after: "quit", exit: 1 };
      const command = commands[at] as Command; // within its bounds
      const isSelected = this.#selects(command) !== command.negated;
      if (this.#jumps(command, isSelected)) at = command.jump;
      if (!isSelected) continue;
      const after = this.#carryOut(command);
      if (after !== "go on") return { after, exit: Number(command.text ?? 0) };
    }
    return { after: "done", exit: 0 };
  }

  #jumps({ name }: Command, isSelected: boolean): boolean {
    if (name === "{") return !isSelected;
    if (!isSelected || (name !== "b" && name !== "t")) return false;
    const jumps = name === "b" || this.#replaced;
    if (name === "t") this.#replaced = false;
    return jumps;
  }

  #carryOut(command: Command): After {
    const { name, text = "" } = command;
    switch (name) {
      case "s": {
        const changed = substitute(this.#space, command);
        if (changed === undefined) return "go on";
        this.#space = changed;
        this.#replaced = true;
        if (command.options?.includes("p")) this.#write(this.#space);
        return "go on";
      }
      case "y":
        this.#space = [...this.#space].map((sign) => command.letters?.get(sign) ?? sign).join("");
        return "go on";
      case "p":
        this.#write(this.#space);
        return "go on";
      case "P":
        this.#write(this.#space.split("\n", 1)[0] ?? "");
        return "go on";
      case "=":
        this.#write(String(this.#number));
        return "go on";
      case "i":
        this.#write(text);
        return "go on";
      case "a":
        this.#appended += `${text}\n`;
        return "go on";
      case "c":
        // Of a range the text stands where its last line was.
        if (!this.#ranges.has(command)) this.#write(text);
        return "dropped";
      case "d":
        return "dropped";
      case "D": {
        const end = this.#space.indexOf("\n");
        this.#space = this.#space.slice(end + 1);
        return end < 0 ? "dropped" : "left over";
      }
      case "n":
        if (this.#number >= this.#lines.length) return "done";
        this.#print();
        this.#flush();
        this.#space = this.#read();
        return "go on";
      case "N":
        if (this.#number >= this.#lines.length) return "done";
        this.#space += `\n${this.#read()}`;
        return "go on";
      case "h":
        this.#held = this.#space;
        return "go on";
      case "H":
        this.#held += `\n${this.#space}`;
        return "go on";
      case "g":
        this.#space = this.#held;
        return "go on";
      case "G":
        this.#space += `\n${this.#held}`;
        return "go on";
      case "x":
        [this.#held, this.#space] = [this.#space, this.#held];
        return "go on";
      case "q":
        return "quit";
      default:
        return "go on";
    }
  }

  /** The next line. */
  #read(): string {
    this.#steps = 0;
    return this.#lines[this.#number++] ?? "";
  }

  #write(text: string): void {
    this.output += `${text}\n`;
  }

  #print(): void {
    if (!this.#quiet) this.#write(this.#space);
  }

  #flush(): void {
    this.output += this.#appended;
    this.#appended = "";
  }

  #selects(command: Command): boolean {
    const { from, to } = command;
    const last = this.#lines.length;
    if (!from) return true;
    if (!to) return this.#isAt(from);
    const open = this.#ranges.get(command);
    if (open === undefined) {
      if (!this.#isAt(from)) return false;
      const line = "line" in to ? (to.line === "last" ? last : to.line) : Infinity;
      const end = "more" in to ? this.#number + to.more : line;
      if (end > this.#number) this.#ranges.set(command, end);
      return true;
    }
    if (this.#number >= open || ("expression" in to && to.expression.test(this.#space))) this.#ranges.delete(command);
    return this.#number <= open;
  }

  #isAt(address: Address): boolean {
    if ("line" in address) return this.#number === (address.line === "last" ? this.#lines.length : address.line);
    if ("expression" in address) return address.expression.test(this.#space);
    const { first, step } = address;
    return step === 0 ? this.#number === first : this.#number >= first && (this.#number - first) % step === 0;
  }
}

/** @returns undefined when nothing matches */
function substitute(text: string, { expression, by = [], options = "" }: Command): string | undefined {
  if (!expression) return undefined;
  const first = Number(/\d+/.exec(options)?.[0] ?? 1);
  const all = options.includes("g");
  let count = 0;
  let changed = false;
  const result = text.replace(new RegExp(expression, `g${expression.flags}`), (...found: unknown[]) => {
    count++;
    if (all ? count < first : count !== first) return String(found[0]);
    changed = true;
    return by.map((part) => (typeof part === "number" ? (found[part] ?? "") : part)).join("");
  });
  return changed ? result : undefined;
}
