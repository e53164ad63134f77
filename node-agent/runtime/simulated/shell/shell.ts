import type { Process } from "../behaviour.ts";
import { builtins } from "./builtins.ts";
import { Break, Continue, Exit, Return } from "./control.ts";
import { type Expander, expandPattern, expandText, expandWords } from "./expand.ts";
import { parameterOf } from "./parameters.ts";
import { parse } from "./parser.ts";
import { matches } from "./pattern.ts";
import { connected } from "./pipes.ts";
import { collector, withRedirections } from "./redirections.ts";
import { Scope } from "./scope.ts";
import type { ShellState, Streams } from "./state.ts";
import type { Command, Item, Pipeline } from "./syntax.ts";
import { loopControl, TURN_MILLISECONDS, Turns } from "./turns.ts";

const SIGTERM = 15;

/** A POSIX shell, as far as scripts in manifests need one. One object is one shell or subshell. */
export class Shell extends Scope implements Expander, ShellState {
  readonly process: Process;
  readonly name: string;
  readonly #turns: Turns;
  /** SIGTERM has come. */
  #isTold = false;

  constructor(process: Process, name: string, args: readonly string[], parent?: Shell) {
    super(process, args, parent);
    this.process = process;
    this.name = name;
    this.#turns = new Turns(process);
  }

  get files() {
    return this.process.files;
  }

  /** The same shell with its own end: what it changes is taken over afterwards. */
  withSignal(signal: AbortSignal): Shell {
    const inner = new Shell({ ...this.process, signal }, this.name, this.arguments, this);
    for (const [name, action] of this.traps) inner.traps.set(name, action);
    return inner;
  }

  /** A subshell: a process of its own. */
  #child(streams: Partial<Streams>, signal = this.process.signal): Shell {
    const { terminate: _, ...process } = this.process;
    return new Shell({ ...process, ...streams, signal }, this.name, this.arguments, this);
  }

  /** Runs a whole script. @returns its exit code */
  async script(text: string): Promise<number> {
    await this.#toItsEnd(() => this.run(parse(text), this.process));
    return this.#atExit();
  }

  /**
   * Runs all there is for this process to do. Loops and functions of its parent are not its own to leave; what goes wrong
   * in it is its own end and nobody else's.
   * @returns its exit code
   */
  async #toItsEnd(run: () => Promise<void>): Promise<number> {
    try {
      await run();
    } catch (error) {
      if (error instanceof Exit || error instanceof Return) this.status = error.code;
      else if (error instanceof Error) {
        this.process.stderr.write(`${this.name}: ${error.message}\n`);
        this.status = 2;
      } else if (!(error instanceof Break || error instanceof Continue)) throw error;
    }
    return this.status;
  }

  async #atExit(): Promise<number> {
    const trap = this.traps.get("EXIT");
    this.traps.delete("EXIT");
    if (!trap) return this.status;
    const { status } = this;
    try {
      await this.run(parse(trap), this.process);
    } catch (error) {
      if (error instanceof Exit) return error.code;
      throw error;
    }
    return status;
  }

  parameter(name: string): string | undefined {
    return parameterOf(this, name);
  }

  async capture(script: string): Promise<string> {
    const { stream, text } = collector();
    const inner = this.#child({ stdout: stream });
    this.status = await inner.script(script);
    return text().replace(/\n+$/, "");
  }

  /** Runs a command. Its exit code is left in `status`. */
  async run(command: Command, streams: Streams): Promise<void> {
    switch (command.type) {
      case "list":
        for (const item of command.items) await this.#item(item, streams);
        return;
      case "simple":
        return this.#simple(command.assignments, command.words, streams);
      case "redirected":
        return withRedirections(this, command.redirections, streams, (inner) => this.run(command.command, inner));
      case "subshell":
        return this.#subshell(command.body, streams);
      case "if":
        for (const { condition, body } of command.branches) {
          await this.#tested(condition, streams);
          if (this.status === 0) return this.run(body, streams);
        }
        this.status = 0;
        if (command.otherwise) await this.run(command.otherwise, streams);
        return;
      case "loop":
        return this.#loop(command, streams);
      case "for": {
        const words = command.words ? await expandWords(command.words, this) : this.arguments;
        this.status = 0;
        await this.#turnsOf(words, async (word) => {
          this.set(command.name, word);
          await this.run(command.body, streams);
        });
        return;
      }
      case "case": {
        const word = await expandText(command.word, this);
        this.status = 0;
        for (const { patterns, body } of command.arms) {
          for (const pattern of patterns) {
            if (matches(word, await expandPattern(pattern, this))) return this.run(body, streams);
          }
        }
        return;
      }
      case "function":
        this.functions.set(command.name, command.body);
        this.status = 0;
    }
  }

  async #item({ first, rest, background }: Item, streams: Streams): Promise<void> {
    if (background) {
      this.jobs.start((kill) => {
        const signal = AbortSignal.any([this.process.signal, kill]);
        return this.#child({ ...streams, stdin: undefined }, signal).job({ first, rest, background: false });
      });
      this.status = 0;
      return;
    }
    let tested = rest.length > 0;
    await this.#pipeline(first, streams, tested);
    for (const [index, { operator, pipeline }] of rest.entries()) {
      if ((operator === "&&") !== (this.status === 0)) continue;
      tested = index < rest.length - 1;
      await this.#pipeline(pipeline, streams, tested);
    }
    // `set -e` looks at what was not asked for.
    if (this.status !== 0 && this.options.has("e") && !tested && !first.negated) throw new Exit(this.status);
    await this.#signals(streams);
  }

  /** A background job. @returns its exit code */
  job(item: Item): Promise<number> {
    return this.#toItsEnd(() => this.#item(item, this.process));
  }

  /**
   * A signal that came meanwhile, once the command in front is over. The kernel keeps signals without a handler from
   * the first process of a container; the others get none but their end.
   */
  async #signals(streams: Streams): Promise<void> {
    const { signal, terminate } = this.process;
    if (signal.aborted) throw new Exit(this.status || 128 + Number(signal.reason ?? SIGTERM));
    if (!terminate?.aborted || this.#isTold) return;
    this.#isTold = true;
    const trap = this.traps.get("TERM");
    if (!trap) return;
    const { status } = this;
    await this.run(parse(trap), streams);
    this.status = status;
  }

  async #tested(command: Command, streams: Streams): Promise<void> {
    const strict = this.options.delete("e");
    try {
      await this.run(command, streams);
    } finally {
      if (strict) this.options.add("e");
    }
  }

  async #pipeline({ negated, commands }: Pipeline, streams: Streams, tested: boolean): Promise<void> {
    const [only, ...others] = commands;
    if (only && others.length === 0) await (tested || negated ? this.#tested(only, streams) : this.run(only, streams));
    else await this.#pipe(commands, streams);
    if (negated) this.status = this.status === 0 ? 1 : 0;
  }

  /** Each in a subshell of its own; the last one's status counts. */
  async #pipe(commands: readonly Command[], streams: Streams): Promise<void> {
    const codes = await connected(commands, streams, (command, own) => this.#child(own).piped(command));
    this.status = codes.at(-1) ?? 0;
    if (this.options.has("pipefail")) this.status = codes.findLast((code) => code !== 0) ?? 0;
  }

  /** A command in a subshell. @returns its exit code */
  piped(command: Command): Promise<number> {
    return this.#toItsEnd(() => this.run(command, this.process));
  }

  async #subshell(body: Command, streams: Streams): Promise<void> {
    const inner = this.#child(streams);
    this.status = await inner.piped(body);
  }

  async #loop(command: Extract<Command, { type: "loop" }>, streams: Streams): Promise<void> {
    let status = 0;
    const { condition, body, until } = command;
    const turns = async function* (this: Shell) {
      for (;;) {
        await this.#tested(condition, streams);
        if ((this.status === 0) === until) return;
        yield undefined;
      }
    }.bind(this);
    await this.#turnsOf(turns(), async () => {
      await this.run(body, streams);
      status = this.status;
    });
    this.status = status;
  }

  #turnsOf<T>(items: Iterable<T> | AsyncIterable<T>, turn: (item: T) => Promise<void>): Promise<void> {
    return this.#turns.of(items, async (item) => {
      const leaves = await loopControl(() => turn(item));
      if (!leaves) await this.#signals(this.process);
      return leaves;
    });
  }

  rested(): void {
    this.#turns.rested();
  }

  async #simple(assignments: readonly string[], words: readonly string[], streams: Streams): Promise<void> {
    const before = this.status;
    const [name, ...args] = await expandWords(words, this);
    const made: [string, string][] = [];
    this.status = words.length > 0 ? before : 0;
    for (const assignment of assignments) {
      const at = assignment.indexOf("=");
      made.push([assignment.slice(0, at), await expandText(assignment.slice(at + 1), this)]);
      if (name === undefined) this.set(...(made.at(-1) as [string, string])); // just pushed
    }
    if (name === undefined) return;
    if (this.options.has("x")) streams.stderr.write(`+ ${[name, ...args].join(" ")}\n`);
    const own = this.functions.get(name);
    if (own) return this.#call(own, args, streams);
    const builtin = Object.hasOwn(builtins, name) ? builtins[name] : undefined;
    if (builtin) {
      for (const [variable, value] of made) this.set(variable, value);
      this.status = await builtin(this, args, streams);
      return;
    }
    this.status = await this.execute([name, ...args], streams, Object.fromEntries(made));
  }

  async #call(body: Command, args: readonly string[], streams: Streams): Promise<void> {
    const saved = this.arguments;
    this.arguments = args;
    try {
      await this.run(body, streams);
    } catch (error) {
      if (!(error instanceof Return)) throw error;
      this.status = error.code;
    } finally {
      this.arguments = saved;
    }
  }

  /** Runs a program with the exported variables. @returns its exit code */
  async execute(args: readonly string[], streams: Streams, extra: Record<string, string> = {}): Promise<number> {
    const env: Record<string, string> = {};
    for (const name of this.exported) env[name] = this.get(name);
    const before = this.process.clock.now().getTime();
    const { process, cwd } = this;
    const code = await process.run({ ...process, ...streams, args, cwd, env: { ...env, ...extra } });
    if (process.clock.now().getTime() - before >= TURN_MILLISECONDS) this.rested();
    return code;
  }
}
