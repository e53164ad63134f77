import { BINARY } from "./binary-operators.ts";
import { type Token, tokenize } from "./lexer.ts";
import { expandBind, expandMacro } from "./macros.ts";
import { type SourceError, SyntaxProblem, SyntaxProblems } from "./source-error.ts";
import type { Entry, Expression, FieldInitializer } from "./syntax.ts";
import { STARTS, startsOperand, TokenReader } from "./token-reader.ts";
import { Double, isInt } from "./values.ts";

const RESERVED = new Set(
  "as break const continue else for function if import let loop package namespace return var void while".split(" "),
);
/** Operators that may stand where an operand is missing, in upstream's order. */
const OPERATORS = ["[", "]", "{", "}", "(", ")", ".", ",", "-", "!", "?"];
const WORDS = "'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER";
const CONSTANTS = ["true", "false", "null"];
/** Deeper than this, upstream refuses to recurse. (cel-go/parser/options.go) */
const MAX_DEPTH = 250;

/** Parses and expands macros, cel.bind() among them only when asked for. @throws SyntaxProblems */
export function parse(source: string, bind = false): Expression {
  const problems: SourceError[] = [];
  try {
    const expression = new Parser(tokenize(source), bind, problems).whole();
    if (problems.length === 0) return expression;
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    if (problems.length === 0) problems.push(error);
  }
  throw new SyntaxProblems(problems.map(({ at, message }) => ({ at, message })));
}

/**
 * Goes on after a missing or superfluous operand as ANTLR does (DefaultErrorStrategy), since upstream tells of what it
 * finds then, too; other mistakes end it.
 */
class Parser extends TokenReader {
  #depth = 0;
  readonly #bind: boolean;
  /** What else than an operand may stand at a place, such as just after a bracket. */
  #allowed: { readonly index: number; readonly texts: readonly string[] } = { index: -1, texts: [] };
  constructor(tokens: readonly Token[], bind: boolean, problems: SourceError[]) {
    super(tokens, problems);
    this.#bind = bind;
  }

  whole(): Expression {
    const expression = this.#expression();
    const rest = this.peek();
    if (rest.kind !== "end")
      this.report(rest.at, `${this.last() ? "extraneous" : "mismatched"} input '${rest.text}' expecting <EOF>`);
    return expression;
  }

  /** No operand begins here. One token too many is left out, else an operand is made up and what follows read on. */
  #noOperand(signed: boolean): Expression {
    const { at, text, kind } = this.peek();
    const { index, texts } = this.#allowed;
    const more = index === this.index ? texts : [];
    const operators = OPERATORS.filter((operator) => STARTS.includes(operator) || more.includes(operator));
    const wanted = `{${operators.map((operator) => `'${operator}'`).join(", ")}, ${WORDS}}`;
    const isExtra = kind !== "end" && startsOperand(this.following());
    this.report(at, `${isExtra || signed ? "extraneous" : "mismatched"} input '${text}' expecting ${wanted}`);
    if (!isExtra) return { kind: "constant", value: null, at };
    this.index++;
    return this.#unary();
  }

  #expression(): Expression {
    if (++this.#depth > MAX_DEPTH)
      throw new SyntaxProblem(this.peek().at, `expression recursion limit exceeded: ${MAX_DEPTH}`);
    const condition = this.#binary(2);
    const question = this.accept("?");
    let result = condition;
    if (question) {
      const yes = this.#binary(2);
      this.expect(":");
      result = {
        kind: "call",
        name: "_?_:_",
        target: undefined,
        args: [condition, yes, this.#expression()],
        at: question.at,
      };
    }
    this.#depth--;
    return result;
  }

  #binary(power: number): Expression {
    let left = this.#unary();
    for (;;) {
      const token = this.peek();
      const operator = token.kind === "operator" || token.text === "in" ? BINARY[token.text] : undefined;
      if (!operator || operator[0] < power) return left;
      this.next();
      const right = this.#binary(operator[0] + 1);
      left = { kind: "call", name: operator[1], target: undefined, args: [left, right], at: token.at };
    }
  }

  #unary(): Expression {
    const token = this.peek();
    if (!startsOperand(token)) return this.#noOperand(false);
    if (this.is("!") || this.is("-")) {
      const following = this.following().value;
      if (token.text === "-" && (isInt(following) || following instanceof Double)) return this.#member();
      let count = 0;
      while (this.is(token.text)) {
        const { at, kind, text } = this.following();
        if (token.text === "-" && !startsOperand(this.following())) {
          this.report(at, `no viable alternative at input '-${kind === "end" ? "" : text}'`);
          return { kind: "constant", value: null, at: token.at };
        }
        this.next();
        count++;
      }
      const operand = startsOperand(this.peek()) ? this.#member() : this.#noOperand(true);
      if (count % 2 === 0) return operand;
      return { kind: "call", name: token.text === "!" ? "!_" : "-_", target: undefined, args: [operand], at: token.at };
    }
    return this.#member();
  }

  #member(): Expression {
    let operand = this.#primary();
    for (;;) {
      const dot = this.accept(".");
      if (dot) {
        const optional = this.accept("?");
        const name = this.peek();
        if (name.kind !== "identifier" || name.text === "in") {
          if (optional) throw this.unexpected("{IDENTIFIER, ESC_IDENTIFIER}");
          const text = name.kind === "end" ? "" : name.text;
          const problem = this.problem(name.at, `no viable alternative at input '.${text}'`);
          if (text === "in") return operand; // which may be an operator
          throw problem;
        }
        if (CONSTANTS.includes(name.text))
          throw this.unexpected(optional ? "{IDENTIFIER, ESC_IDENTIFIER}" : "IDENTIFIER");
        this.next();
        const open = optional ? undefined : this.accept("(");
        if (open) operand = this.#call(name, operand, open.at);
        else if (optional)
          operand = {
            kind: "call",
            name: "_?._",
            target: undefined,
            args: [operand, { kind: "constant", value: name.text, at: name.at }],
            at: dot.at,
          };
        else operand = { kind: "select", operand, field: name.text, test: false, at: dot.at };
        continue;
      }
      const open = this.accept("[");
      if (!open) return operand;
      this.#allow("?");
      const optional = this.accept("?");
      const index = this.#expression();
      this.expect("]");
      operand = {
        kind: "call",
        name: optional ? "_[?_]" : "_[_]",
        target: undefined,
        args: [operand, index],
        at: open.at,
      };
    }
  }

  #primary(): Expression {
    const token = this.next();
    if (token.kind === "literal") return this.#literal(token, false);
    if (token.kind === "operator") {
      if (token.text === "-") return this.#literal(this.next(), true, token.at);
      if (token.text === "(") {
        const inner = this.#expression();
        this.expect(")");
        return inner;
      }
      if (token.text === "[") return this.#list(token.at);
      if (token.text === "{") return { kind: "map", entries: this.#entries(), at: token.at };
      if (token.text === "." && this.peek().kind === "identifier") {
        if (CONSTANTS.includes(this.peek().text)) throw this.unexpected("IDENTIFIER");
        if (this.peek().text !== "in") return this.#identifier(this.next(), ".");
        this.report(this.peek().at, "no viable alternative at input '.in'");
        return { kind: "constant", value: null, at: token.at };
      }
    }
    if (token.kind === "identifier") return this.#identifier(token, "");
    throw this.unexpected("IDENTIFIER");
  }

  #allow(...texts: string[]): void {
    this.#allowed = { index: this.index, texts };
  }

  #literal({ value = null, at }: Token, minus: boolean, start = at): Expression {
    if (value instanceof Double)
      return { kind: "constant", value: minus ? new Double(-value.value) : value, at: start };
    if (!isInt(value)) return { kind: "constant", value, at: start };
    const signed = minus ? -BigInt(value) : BigInt(value);
    if (BigInt.asIntN(64, signed) !== signed) throw new SyntaxProblem(start, "invalid int literal");
    return { kind: "constant", value: minus && value !== 0 ? -value : value, at: start };
  }

  #identifier(token: Token, prefix: string): Expression {
    if (!prefix) {
      if (token.text === "true" || token.text === "false")
        return { kind: "constant", value: token.text === "true", at: token.at };
      if (token.text === "null") return { kind: "constant", value: null, at: token.at };
    }
    if (RESERVED.has(token.text)) throw new SyntaxProblem(token.at, `reserved identifier: ${token.text}`);
    const open = this.accept("(");
    if (open) return this.#call({ ...token, text: prefix + token.text }, undefined, open.at);
    return this.#struct(token, prefix) ?? { kind: "identifier", name: prefix + token.text, at: token.at };
  }

  /** `a.b.C{…}`: a dotted name just before a brace. */
  #struct(token: Token, prefix: string): Expression | undefined {
    let ahead = this.index;
    let name = prefix + token.text;
    while (this.tokens[ahead]?.text === "." && this.tokens[ahead + 1]?.kind === "identifier") {
      name += `.${this.tokens[ahead + 1]?.text}`;
      ahead += 2;
    }
    if (this.tokens[ahead]?.text !== "{" || this.tokens[ahead]?.kind !== "operator") return undefined;
    this.index = ahead;
    const at = this.next().at;
    return { kind: "struct", name, fields: this.#fields(), at };
  }

  #fields(): FieldInitializer[] {
    const fields: FieldInitializer[] = [];
    while (!this.#ends("}", fields.length)) {
      const optional = Boolean(this.accept("?"));
      const name = this.peek();
      if (name.kind !== "identifier" || name.text === "in") {
        const first = fields.length === 0 && !optional;
        throw this.unexpected(first ? "{'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}" : "IDENTIFIER");
      }
      this.next();
      const { at } = this.expect(":");
      fields.push({ at, name: name.text, value: this.#expression(), optional });
      if (!this.accept(",")) break;
    }
    this.close("}");
    return fields;
  }

  #call(name: Token, target: Expression | undefined, at: number): Expression {
    const args = this.#list(at, ")").elements;
    const bound = this.#bind ? expandBind({ name: name.text, target, args, at }) : undefined;
    if (bound) return bound;
    return expandMacro({ name: name.text, target, args, at }) ?? { kind: "call", name: name.text, target, args, at };
  }

  /** Whether nothing more comes of what may end in a comma, even without anything before that. */
  #ends(close: string, count: number): boolean {
    const comma = count === 0 && this.accept(",");
    if ((comma || count > 0) && this.peek().kind === "end") this.expect(close);
    return Boolean(comma) || this.is(close);
  }

  #list(at: number, close = "]") {
    const elements: Expression[] = [];
    const optional = new Set<number>();
    this.#allow(...(close === ")" ? [")"] : ["]", ",", "?"]));
    // Lists may end in a comma, arguments may not.
    while (close === ")" ? elements.length > 0 || !this.is(close) : !this.#ends(close, elements.length)) {
      if (close === "]" && this.accept("?")) optional.add(elements.length);
      elements.push(this.#expression());
      if ((close === ")" && this.recovering) || !this.accept(",")) break;
    }
    this.close(close);
    return { kind: "list" as const, elements, optional, at };
  }

  #entries(): Entry[] {
    const entries: Entry[] = [];
    this.#allow("}", ",", "?");
    while (!this.#ends("}", entries.length)) {
      const optional = Boolean(this.accept("?"));
      const key = this.#expression();
      const { at } = this.expect(":");
      entries.push({ at, key, value: this.#expression(), optional });
      if (!this.accept(",")) break;
    }
    this.close("}");
    return entries;
  }
}
