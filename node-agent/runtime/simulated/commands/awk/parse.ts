import { AwkError, type Expression, type Rule, type Statement, type Target } from "./syntax.ts";
import { type Token, tokenize } from "./tokenize.ts";

const COMPARISONS = ["<", "<=", "==", "!=", ">", ">="];
/** Weakest first. */
const LEVELS: readonly (readonly string[])[] = [["||"], ["&&"]];

/** @throws AwkError worded as busybox's awk does */
export function parseAwk(program: string): Rule[] {
  const parser = new Parser(tokenize(program));
  return parser.rules();
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  rules(): Rule[] {
    const rules: Rule[] = [];
    for (this.#breaks(); this.#peek.type !== "end"; this.#breaks()) {
      const { text } = this.#peek;
      let pattern: Rule["pattern"];
      if (text === "BEGIN" || text === "END") {
        this.#at++;
        pattern = text;
      } else if (text !== "{") pattern = this.#expression();
      const all: Statement = { type: "print", formatted: false, args: [] };
      const body = this.#peek.text === "{" ? this.#statement() : all;
      rules.push({ ...(pattern !== undefined && { pattern }), body });
    }
    return rules;
  }

  get #peek(): Token {
    return this.#tokens[this.#at] ?? { type: "end", text: "" };
  }

  #is(text: string): boolean {
    return this.#peek.text === text && (this.#peek.type === "operator" || this.#peek.type === "name");
  }

  #take(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw new AwkError("Unexpected token");
  }

  #breaks(): void {
    while (this.#take("\n") || this.#take(";")) {}
  }

  #newlines(): void {
    while (this.#take("\n")) {}
  }

  #statement(): Statement {
    this.#newlines();
    if (this.#take("{")) {
      const body: Statement[] = [];
      for (this.#breaks(); !this.#take("}"); this.#breaks()) {
        if (this.#peek.type === "end") throw new AwkError("Unexpected end of string");
        body.push(this.#statement());
      }
      return { type: "block", body };
    }
    if (this.#take("if")) {
      const test = this.#inParentheses();
      const yes = this.#statement();
      const from = this.#at;
      this.#breaks();
      if (this.#take("else")) return { type: "if", test, yes, no: this.#statement() };
      this.#at = from;
      return { type: "if", test, yes };
    }
    if (this.#take("while")) return { type: "while", test: this.#inParentheses(), body: this.#statement() };
    if (this.#take("for")) return this.#for();
    return this.#simple();
  }

  #inParentheses(): Expression {
    this.#expect("(");
    const value = this.#expression();
    this.#expect(")");
    return value;
  }

  #for(): Statement {
    this.#expect("(");
    const [name, word, array, close] = this.#tokens.slice(this.#at, this.#at + 4);
    if (name?.type === "name" && word?.text === "in" && array && close?.text === ")") {
      this.#at += 4;
      return { type: "each", name: name.text, array: array.text, body: this.#statement() };
    }
    const first: Statement[] = this.#is(";") ? [] : [this.#simple()];
    this.#expect(";");
    const test: Expression = this.#is(";") ? { type: "number", value: 1 } : this.#expression();
    this.#expect(";");
    const step = this.#is(")") ? undefined : this.#simple();
    this.#expect(")");
    const loop: Statement = { type: "while", test, body: this.#statement(), ...(step && { step }) };
    return { type: "block", body: [...first, loop] };
  }

  #simple(): Statement {
    for (const type of ["next", "break", "continue"] as const) if (this.#take(type)) return { type };
    if (this.#take("exit")) return this.#ends() ? { type: "exit" } : { type: "exit", code: this.#expression() };
    if (this.#take("delete")) {
      const name = this.#name();
      return { type: "delete", name, index: this.#take("[") ? this.#list("]") : [] };
    }
    for (const name of ["print", "printf"]) {
      if (!this.#take(name)) continue;
      const formatted = name === "printf";
      if (this.#ends()) return { type: "print", formatted, args: [] };
      const args = [this.#expression()];
      while (this.#take(",")) args.push(this.#expression());
      return { type: "print", formatted, args };
    }
    return { type: "expression", value: this.#expression() };
  }

  #ends(): boolean {
    return this.#peek.type === "end" || [";", "}", "\n"].some((text) => this.#is(text));
  }

  #name(): string {
    const { type, text } = this.#peek;
    if (type !== "name") throw new AwkError("Unexpected token");
    this.#at++;
    return text;
  }

  #list(end: string): Expression[] {
    const list: Expression[] = [];
    while (!this.#take(end)) {
      list.push(this.#expression());
      if (!this.#take(",") && !this.#is(end)) throw new AwkError("Unexpected token");
    }
    return list;
  }

  #expression(): Expression {
    const left = this.#conditional();
    const operator = ["=", "+=", "-=", "*=", "/=", "%=", "^="].find((each) => this.#is(each));
    if (!operator) return left;
    if (!isTarget(left)) throw new AwkError("Unexpected token");
    this.#at++;
    return { type: "assign", operator: operator.slice(0, -1), target: left, value: this.#expression() };
  }

  #conditional(): Expression {
    const test = this.#level(0);
    if (!this.#take("?")) return test;
    const yes = this.#expression();
    this.#expect(":");
    return { type: "condition", test, yes, no: this.#expression() };
  }

  #level(level: number): Expression {
    const operators = LEVELS[level];
    if (!operators) return this.#membership();
    let left = this.#level(level + 1);
    for (let operator = this.#one(operators); operator; operator = this.#one(operators)) {
      this.#newlines();
      left = { type: "binary", operator, left, right: this.#level(level + 1) };
    }
    return left;
  }

  #one(operators: readonly string[]): string | undefined {
    const found = operators.find((operator) => this.#is(operator));
    if (found) this.#at++;
    return found;
  }

  #membership(): Expression {
    let left = this.#match();
    while (this.#take("in")) left = { type: "in", index: left, name: this.#name() };
    return left;
  }

  #match(): Expression {
    const left = this.#comparison();
    const operator = this.#one(["~", "!~"]);
    return operator ? { type: "binary", operator, left, right: this.#comparison() } : left;
  }

  #comparison(): Expression {
    const left = this.#concatenation();
    const operator = this.#one(COMPARISONS);
    return operator ? { type: "binary", operator, left, right: this.#concatenation() } : left;
  }

  #concatenation(): Expression {
    let left = this.#sum();
    while (this.#beginsValue()) left = { type: "binary", operator: " ", left, right: this.#sum() };
    return left;
  }

  #beginsValue(): boolean {
    const { type, text } = this.#peek;
    if (type === "name") return text !== "in";
    return (
      type === "number" ||
      type === "string" ||
      (type === "operator" && ["$", "(", "!", "-"].includes(text) && text !== "-")
    );
  }

  #sum(): Expression {
    let left = this.#product();
    for (let operator = this.#one(["+", "-"]); operator; operator = this.#one(["+", "-"]))
      left = { type: "binary", operator, left, right: this.#product() };
    return left;
  }

  #product(): Expression {
    let left = this.#unary();
    for (let operator = this.#one(["*", "/", "%"]); operator; operator = this.#one(["*", "/", "%"]))
      left = { type: "binary", operator, left, right: this.#unary() };
    return left;
  }

  #unary(): Expression {
    for (const operator of ["!", "-", "+"] as const)
      if (this.#take(operator)) return { type: "unary", operator, operand: this.#unary() };
    const base = this.#postfix();
    return this.#take("^") ? { type: "binary", operator: "^", left: base, right: this.#unary() } : base;
  }

  #postfix(): Expression {
    const before = this.#one(["++", "--"]);
    const value = this.#primary();
    const after = before ? undefined : isTarget(value) ? this.#one(["++", "--"]) : undefined;
    const operator = before ?? after;
    if (!operator) return value;
    if (!isTarget(value)) throw new AwkError("Unexpected token");
    return { type: "step", by: operator === "++" ? 1 : -1, before: before !== undefined, target: value };
  }

  #primary(): Expression {
    const token = this.#peek;
    this.#at++;
    if (token.type === "number") return { type: "number", value: Number(token.text) };
    if (token.type === "string") return { type: "string", value: token.text };
    if (token.type === "regex") return { type: "regex", source: token.text };
    if (token.type === "name") {
      if (token.calls && this.#take("(")) return { type: "call", name: token.text, args: this.#list(")") };
      if (this.#take("[")) return { type: "element", name: token.text, index: this.#list("]") };
      if (token.text === "length") return { type: "call", name: "length", args: [] };
      return { type: "variable", name: token.text };
    }
    if (token.text === "$") return { type: "field", index: this.#primary() };
    if (token.text === "(") {
      const value = this.#expression();
      this.#expect(")");
      return value;
    }
    throw new AwkError(token.type === "end" ? "Unexpected end of string" : "Unexpected token");
  }
}

const isTarget = (value: Expression): value is Target => ["variable", "element", "field"].includes(value.type);
