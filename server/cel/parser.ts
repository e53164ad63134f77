import { type Token, tokenize } from "./lexer.ts";
import { expandBind, expandMacro } from "./macros.ts";
import { SyntaxProblem } from "./source-error.ts";
import type { Entry, Expression, FieldInitializer } from "./syntax.ts";
import { Double, isInt } from "./values.ts";

/** Binding power and function name of each binary operator. */
const BINARY: Record<string, readonly [number, string]> = {
  "||": [2, "_||_"],
  "&&": [3, "_&&_"],
  "==": [4, "_==_"],
  "!=": [4, "_!=_"],
  "<": [4, "_<_"],
  "<=": [4, "_<=_"],
  ">": [4, "_>_"],
  ">=": [4, "_>=_"],
  in: [4, "@in"],
  "+": [5, "_+_"],
  "-": [5, "_-_"],
  "*": [6, "_*_"],
  "/": [6, "_/_"],
  "%": [6, "_%_"],
};
const RESERVED = new Set(
  "as break const continue else for function if import let loop package namespace return var void while".split(" "),
);
const PRIMARY =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";
/** Deeper than this, upstream refuses to recurse. (cel-go/parser/options.go) */
const MAX_DEPTH = 250;

/** Parses and expands macros, cel.bind() among them only when asked for. @throws SyntaxProblem */
export function parse(source: string, bind = false): Expression {
  return new Parser(tokenize(source), bind).whole();
}

class Parser {
  readonly #tokens: readonly Token[];
  #index = 0;
  #depth = 0;
  readonly #bind: boolean;
  /** Just after the parenthesis of a call, which may close at once. */
  #callStart = -1;
  constructor(tokens: readonly Token[], bind: boolean) {
    this.#tokens = tokens;
    this.#bind = bind;
  }

  whole(): Expression {
    const expression = this.#expression();
    const rest = this.#peek();
    if (rest.kind !== "end")
      throw new SyntaxProblem(
        rest.at,
        `Syntax error: ${this.#last() ? "extraneous" : "mismatched"} input '${rest.text}' expecting <EOF>`,
      );
    return expression;
  }

  #last = () => this.#index === this.#tokens.length - 2;
  // The list ends in an `end` token that is never passed.
  #peek = () => this.#tokens[this.#index] as Token;
  #next = () => this.#tokens[this.#index++] as Token;
  #is = (text: string) => this.#peek().text === text && this.#peek().kind === "operator";
  #accept = (text: string) => (this.#is(text) ? this.#next() : undefined);
  #expect(text: string): Token {
    if (this.#is(text)) return this.#next();
    const { at, kind } = this.#peek();
    if (kind === "end" && text !== ":") throw new SyntaxProblem(at, `Syntax error: missing '${text}' at '<EOF>'`);
    throw this.#unexpected(`'${text}'`);
  }
  /** Closes what has elements. */
  #close(text: string): void {
    if (this.#is(text)) this.#next();
    else if (text === ")") this.#expect(text);
    else throw this.#unexpected(`{'${text}', ','}`);
  }
  #unexpected(wanted: string): SyntaxProblem {
    const { at, text } = this.#peek();
    return new SyntaxProblem(at, `Syntax error: mismatched input '${text}' expecting ${wanted}`);
  }

  #expression(): Expression {
    if (++this.#depth > MAX_DEPTH)
      throw new SyntaxProblem(this.#peek().at, `expression recursion limit exceeded: ${MAX_DEPTH}`);
    const condition = this.#binary(2);
    const question = this.#accept("?");
    let result = condition;
    if (question) {
      const yes = this.#binary(2);
      this.#expect(":");
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
      const token = this.#peek();
      const operator = token.kind === "operator" || token.text === "in" ? BINARY[token.text] : undefined;
      if (!operator || operator[0] < power) return left;
      this.#next();
      const right = this.#binary(operator[0] + 1);
      left = { kind: "call", name: operator[1], target: undefined, args: [left, right], at: token.at };
    }
  }

  #unary(): Expression {
    const token = this.#peek();
    if (this.#is("!") || this.#is("-")) {
      const following = this.#tokens[this.#index + 1]?.value;
      if (token.text === "-" && (isInt(following) || following instanceof Double)) return this.#member();
      let count = 0;
      while (this.#is(token.text)) {
        this.#next();
        count++;
      }
      const operand = this.#member();
      if (count % 2 === 0) return operand;
      return { kind: "call", name: token.text === "!" ? "!_" : "-_", target: undefined, args: [operand], at: token.at };
    }
    return this.#member();
  }

  #member(): Expression {
    let operand = this.#primary();
    for (;;) {
      const dot = this.#accept(".");
      if (dot) {
        const optional = this.#accept("?");
        const name = this.#next();
        if (name.kind !== "identifier" || name.text === "in") {
          this.#index--;
          if (optional) throw this.#unexpected("{IDENTIFIER, ESC_IDENTIFIER}");
          const text = name.kind === "end" ? "" : name.text;
          throw new SyntaxProblem(name.at, `Syntax error: no viable alternative at input '.${text}'`);
        }
        const open = optional ? undefined : this.#accept("(");
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
      const open = this.#accept("[");
      if (!open) return operand;
      const optional = this.#accept("?");
      const index = this.#expression();
      this.#expect("]");
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
    const token = this.#next();
    if (token.kind === "literal") return this.#literal(token, false);
    if (token.kind === "operator") {
      if (token.text === "-") return this.#literal(this.#next(), true, token.at);
      if (token.text === "(") {
        const inner = this.#expression();
        this.#expect(")");
        return inner;
      }
      if (token.text === "[") return this.#list(token.at);
      if (token.text === "{") return { kind: "map", entries: this.#entries(), at: token.at };
      if (token.text === "." && this.#peek().kind === "identifier") return this.#identifier(this.#next(), ".");
    }
    if (token.kind === "identifier" && token.text !== "in") return this.#identifier(token, "");
    this.#index--;
    throw this.#unexpected(this.#index === this.#callStart ? PRIMARY.replace("'(', ", "'(', ')', ") : PRIMARY);
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
    const open = this.#accept("(");
    if (open) return this.#call({ ...token, text: prefix + token.text }, undefined, open.at);
    return this.#struct(token, prefix) ?? { kind: "identifier", name: prefix + token.text, at: token.at };
  }

  /** `a.b.C{…}`: a dotted name just before a brace. */
  #struct(token: Token, prefix: string): Expression | undefined {
    let ahead = this.#index;
    let name = prefix + token.text;
    while (this.#tokens[ahead]?.text === "." && this.#tokens[ahead + 1]?.kind === "identifier") {
      name += `.${this.#tokens[ahead + 1]?.text}`;
      ahead += 2;
    }
    if (this.#tokens[ahead]?.text !== "{" || this.#tokens[ahead]?.kind !== "operator") return undefined;
    this.#index = ahead;
    const at = this.#next().at;
    return { kind: "struct", name, fields: this.#fields(), at };
  }

  #fields(): FieldInitializer[] {
    const fields: FieldInitializer[] = [];
    while (!this.#is("}")) {
      const optional = Boolean(this.#accept("?"));
      const name = this.#next();
      if (name.kind !== "identifier" || name.text === "in") {
        this.#index--;
        throw this.#unexpected("IDENTIFIER");
      }
      const { at } = this.#expect(":");
      fields.push({ at, name: name.text, value: this.#expression(), optional });
      if (!this.#accept(",")) break;
    }
    this.#expect("}");
    return fields;
  }

  #call(name: Token, target: Expression | undefined, at: number): Expression {
    const args = this.#list(at, ")").elements;
    const bound = this.#bind ? expandBind({ name: name.text, target, args, at }) : undefined;
    if (bound) return bound;
    return expandMacro({ name: name.text, target, args, at }) ?? { kind: "call", name: name.text, target, args, at };
  }

  #list(at: number, close = "]") {
    const elements: Expression[] = [];
    const optional = new Set<number>();
    if (close === ")") this.#callStart = this.#index;
    while (!this.#is(close)) {
      if (close === "]" && this.#accept("?")) optional.add(elements.length);
      elements.push(this.#expression());
      // Lists may end in a comma, arguments may not.
      if (!this.#accept(",") || (close === ")" && this.#is(close))) break;
    }
    this.#close(close);
    return { kind: "list" as const, elements, optional, at };
  }

  #entries(): Entry[] {
    const entries: Entry[] = [];
    while (!this.#is("}")) {
      const optional = Boolean(this.#accept("?"));
      const key = this.#expression();
      const { at } = this.#expect(":");
      entries.push({ at, key, value: this.#expression(), optional });
      if (!this.#accept(",")) break;
    }
    this.#close("}");
    return entries;
  }
}
