import type { Writable } from "node:stream";
import { formatPrintf } from "../printf.ts";
import { Break, Continue, Leave, Next } from "./jumps.ts";
import { AwkError, type Expression, type Statement, type Target } from "./syntax.ts";
import { calculate, compare, Input, looksNumeric, split, toNumber, toText, type Value } from "./value.ts";

/** Turns of one loop, which nothing else could end. */
const MOST_TURNS = 10_000_000;

/** Runs the parts of a program line by line. */
export class Interpreter {
  readonly #variables = new Map<string, Value>();
  readonly #arrays = new Map<string, Map<string, Value>>();
  readonly #output: Writable;
  readonly #random: () => number;
  #line = "";
  #fields: string[] = [];
  isOver = false;
  exitCode = 0;

  constructor(output: Writable, random: () => number) {
    this.#output = output;
    this.#random = random;
    for (const [name, value] of [
      ["FS", " "],
      ["OFS", " "],
      ["ORS", "\n"],
      ["SUBSEP", "\x1c"],
    ] as const)
      this.#variables.set(name, value);
    this.#variables.set("NR", 0);
  }

  set(name: string, value: string): void {
    this.#variables.set(name, new Input(value));
  }

  /** `exit` inside ends all but what `END` says. */
  attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Leave)) throw error;
      this.isOver = true;
    }
  }

  finish(work: () => void): void {
    this.attempt(work);
  }

  take(line: string): void {
    this.#setLine(line);
    this.#variables.set("NR", toNumber(this.#get("NR")) + 1);
    this.#variables.set("FNR", this.#get("NR"));
  }

  holds(expression: Expression): boolean {
    const value = this.#value(expression);
    return looksNumeric(value) ? toNumber(value) !== 0 : toText(value) !== "";
  }

  run(statement: Statement): void {
    switch (statement.type) {
      case "block":
        for (const each of statement.body) this.run(each);
        return;
      case "expression":
        this.#value(statement.value);
        return;
      case "print":
        return this.#print(statement);
      case "if":
        if (this.holds(statement.test)) this.run(statement.yes);
        else if (statement.no) this.run(statement.no);
        return;
      case "while":
        return this.#loop(statement);
      case "each":
        for (const key of [...this.#array(statement.array).keys()]) {
          this.#variables.set(statement.name, new Input(key));
          if (!this.#turn(statement.body)) return;
        }
        return;
      case "delete":
        if (statement.index.length === 0) this.#array(statement.name).clear();
        else this.#array(statement.name).delete(this.#key(statement.index));
        return;
      case "next":
        throw new Next();
      case "break":
        throw new Break();
      case "continue":
        throw new Continue();
      case "exit":
        if (statement.code) this.exitCode = toNumber(this.#value(statement.code)) & 255;
        throw new Leave();
    }
  }

  #print({ formatted, args }: Extract<Statement, { type: "print" }>): void {
    const values = args.map((arg) => toText(this.#value(arg)));
    if (formatted) this.#output.write(formatPrintf(values[0] ?? "", values.slice(1)));
    else {
      const text = args.length === 0 ? this.#line : values.join(toText(this.#get("OFS")));
      this.#output.write(text + toText(this.#get("ORS")));
    }
  }

  #loop({ test, body, step }: Extract<Statement, { type: "while" }>): void {
    for (let turns = 0; this.holds(test); turns++) {
      if (turns > MOST_TURNS) throw new AwkError("Too many turns of a loop");
      if (!this.#turn(body)) return;
      if (step) this.run(step);
    }
  }

  /** @returns false when the loop is left */
  #turn(body: Statement): boolean {
    try {
      this.run(body);
    } catch (error) {
      if (error instanceof Break) return false;
      if (!(error instanceof Continue)) throw error;
    }
    return true;
  }

  #get(name: string): Value {
    if (name === "NF") return this.#fields.length;
    return this.#variables.get(name) ?? new Input("");
  }

  #array(name: string): Map<string, Value> {
    let array = this.#arrays.get(name);
    if (!array) {
      array = new Map();
      this.#arrays.set(name, array);
    }
    return array;
  }

  #key(index: readonly Expression[]): string {
    return index.map((each) => toText(this.#value(each))).join(toText(this.#get("SUBSEP")));
  }

  #setLine(line: string): void {
    this.#line = line;
    this.#fields = split(line, toText(this.#get("FS")));
  }

  #assign(target: Target, value: Value): Value {
    if (target.type === "element") this.#array(target.name).set(this.#key(target.index), value);
    else if (target.type === "variable") this.#variables.set(target.name, value);
    else {
      const index = toNumber(this.#value(target.index));
      if (index === 0) this.#setLine(toText(value));
      else {
        while (this.#fields.length < index) this.#fields.push("");
        this.#fields[index - 1] = toText(value);
        this.#line = this.#fields.join(toText(this.#get("OFS")));
      }
    }
    return value;
  }

  #value(expression: Expression): Value {
    switch (expression.type) {
      case "number":
      case "string":
        return expression.value;
      case "regex":
        return new RegExp(expression.source).test(this.#line) ? 1 : 0;
      case "variable":
        return this.#get(expression.name);
      case "element": {
        const array = this.#array(expression.name);
        const key = this.#key(expression.index);
        // Looking makes it be there.
        if (!array.has(key)) array.set(key, new Input(""));
        return array.get(key) ?? "";
      }
      case "field": {
        const index = toNumber(this.#value(expression.index));
        return new Input(index === 0 ? this.#line : (this.#fields[index - 1] ?? ""));
      }
      case "unary": {
        if (expression.operator === "!") return this.holds(expression.operand) ? 0 : 1;
        const number = toNumber(this.#value(expression.operand));
        return expression.operator === "-" ? -number : number;
      }
      case "binary":
        return this.#binary(expression);
      case "condition":
        return this.#value(this.holds(expression.test) ? expression.yes : expression.no);
      case "assign": {
        const value = this.#value(expression.value);
        if (!expression.operator) return this.#assign(expression.target, value);
        const now = toNumber(this.#value(expression.target));
        return this.#assign(expression.target, calculate(expression.operator, now, toNumber(value)));
      }
      case "step": {
        const before = toNumber(this.#value(expression.target));
        this.#assign(expression.target, before + expression.by);
        return expression.before ? before + expression.by : before;
      }
      case "in":
        return this.#array(expression.name).has(toText(this.#value(expression.index))) ? 1 : 0;
      case "call":
        return this.#call(expression.name, expression.args);
    }
  }

  #binary({ operator, left, right }: Extract<Expression, { type: "binary" }>): Value {
    if (operator === "&&") return this.holds(left) && this.holds(right) ? 1 : 0;
    if (operator === "||") return this.holds(left) || this.holds(right) ? 1 : 0;
    const one = this.#value(left);
    if (operator === "~" || operator === "!~") {
      const matches = this.#regex(right).test(toText(one));
      return matches === (operator === "~") ? 1 : 0;
    }
    const other = this.#value(right);
    if (operator === " ") return toText(one) + toText(other);
    if (!/^[<>=!]/.test(operator)) return calculate(operator, toNumber(one), toNumber(other));
    return compare(operator, one, other);
  }

  #regex(expression: Expression, flags = ""): RegExp {
    return new RegExp(expression.type === "regex" ? expression.source : toText(this.#value(expression)), flags);
  }

  #call(name: string, args: readonly Expression[]): Value {
    const text = (index: number) => toText(args[index] ? this.#value(args[index]) : this.#get(""));
    const number = (index: number) => toNumber(args[index] ? this.#value(args[index]) : "");
    const [first] = args;
    switch (name) {
      case "length":
        if (!first) return this.#line.length;
        return first.type === "variable" && this.#arrays.has(first.name)
          ? this.#array(first.name).size
          : text(0).length;
      case "substr": {
        const from = Math.round(number(1)) - 1;
        const end = args.length > 2 ? from + Math.round(number(2)) : undefined;
        return text(0).slice(Math.max(from, 0), end === undefined ? undefined : Math.max(end, 0));
      }
      case "index":
        return text(0).indexOf(text(1)) + 1;
      case "split": {
        const target = args[1];
        if (target?.type !== "variable") throw new AwkError("Unexpected token");
        const separator = args[2]?.type === "regex" ? args[2].source : args[2] ? text(2) : toText(this.#get("FS"));
        const parts = split(text(0), separator);
        const array = this.#array(target.name);
        array.clear();
        for (const [at, part] of parts.entries()) array.set(String(at + 1), new Input(part));
        return parts.length;
      }
      case "sub":
      case "gsub":
        return this.#substitute(name === "gsub", args);
      case "match": {
        const found = args[1] ? this.#regex(args[1]).exec(text(0)) : null;
        this.#variables.set("RSTART", found ? found.index + 1 : 0);
        this.#variables.set("RLENGTH", found ? found[0].length : -1);
        return found ? found.index + 1 : 0;
      }
      case "sprintf":
        return formatPrintf(
          text(0),
          args.slice(1).map((_, at) => text(at + 1)),
        );
      case "tolower":
        return text(0).toLowerCase();
      case "toupper":
        return text(0).toUpperCase();
      case "int":
        return Math.trunc(number(0));
      case "rand":
        return this.#random();
      default:
        throw new AwkError(`Undefined function ${name}`);
    }
  }

  #substitute(all: boolean, args: readonly Expression[]): number {
    const [pattern, by, into] = args;
    const target = into ?? { type: "field", index: { type: "number", value: 0 } };
    if (!pattern || !by || !["variable", "element", "field"].includes(target.type))
      throw new AwkError("Too few arguments");
    const replacement = toText(this.#value(by));
    let count = 0;
    const changed = toText(this.#value(target)).replace(this.#regex(pattern, all ? "g" : ""), (match: string) => {
      count++;
      return replacement.replaceAll(/\\&|&/g, (sign) => (sign === "&" ? match : "&"));
    });
    if (count > 0) this.#assign(target as Target, changed); // its type was just looked at
    return count;
  }
}
