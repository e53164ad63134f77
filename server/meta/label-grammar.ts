import { fieldInvalid } from "./field-error.ts";
import { validateQualifiedName } from "./names.ts";
import type { LabelOperator, LabelRequirement } from "./selector.ts";

type TokenType = "end" | "identifier" | "in" | "notin" | SymbolToken;
type SymbolToken = ")" | "," | "!" | "==" | "=" | ">" | "<" | "!=" | "(";

interface Token {
  type: TokenType;
  literal: string;
}

type ErrorType = new (message: string) => Error;
type MakeRequirement = (key: string, operator: LabelOperator, values: readonly string[]) => LabelRequirement;

const SYMBOLS: ReadonlySet<string> = new Set<SymbolToken>([")", ",", "!", "==", "=", ">", "<", "!=", "("]);
const SPECIAL = /[=!(),<>]/;
const BLANK = /[ \t\r\n]/;
const BINARY: Partial<Record<TokenType, LabelOperator>> = {
  in: "in",
  notin: "notin",
  "=": "=",
  "==": "==",
  "!=": "!=",
  ">": "gt",
  "<": "lt",
};

/** Splits into tokens. A run of special characters gives the longest symbols from its left. */
function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  while (position < text.length) {
    const character = text[position]!;
    if (BLANK.test(character)) position++;
    else {
      const token = SPECIAL.test(character) ? scanSymbol(text, position) : scanWord(text, position);
      tokens.push(token);
      position += token.length;
    }
  }
  tokens.push({ type: "end", literal: "" });
  return tokens;
}

function scanWord(text: string, start: number): Token & { length: number } {
  let end = start;
  while (end < text.length && !SPECIAL.test(text[end]!) && !BLANK.test(text[end]!)) end++;
  const literal = text.slice(start, end);
  const type = literal === "in" || literal === "notin" ? literal : "identifier";
  return { type, literal, length: literal.length };
}

function scanSymbol(text: string, start: number): Token & { length: number } {
  const pair = text.slice(start, start + 2);
  const literal = SYMBOLS.has(pair) ? pair : text[start]!;
  // Every special character is a symbol of its own, and SYMBOLS holds nothing else.
  return { type: literal as SymbolToken, literal, length: literal.length };
}

/** Recursive descent over the grammar of `labelSelector`, with upstream's errors. (apimachinery/pkg/labels) */
class Parser {
  readonly #tokens: Token[];
  readonly #make: MakeRequirement;
  readonly #Failure: ErrorType;
  #position = 0;

  constructor(text: string, make: MakeRequirement, Failure: ErrorType) {
    this.#tokens = tokenize(text);
    this.#make = make;
    this.#Failure = Failure;
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    for (;;) {
      const first = this.#peek();
      if (first.type === "end") return requirements;
      if (first.type !== "identifier" && first.type !== "!") {
        throw this.#found(first, ", expected: !, identifier, or 'end of string'");
      }
      requirements.push(this.#requirement());
      const next = this.#take();
      if (next.type === "end") return requirements;
      if (next.type !== ",") throw this.#found(next, ", expected: ',' or 'end of string'");
      const after = this.#peek();
      if (after.type !== "identifier" && after.type !== "!") {
        throw this.#found(after, ", expected: identifier after ','");
      }
    }
  }

  #requirement(): LabelRequirement {
    try {
      return this.#unprefixedRequirement();
    } catch (error) {
      if (error instanceof this.#Failure) throw new this.#Failure(`unable to parse requirement: ${error.message}`);
      throw error;
    }
  }

  #unprefixedRequirement(): LabelRequirement {
    const negated = this.#peek().type === "!";
    if (negated) this.#take();
    const key = this.#take();
    if (key.type !== "identifier") throw this.#found(key, ", expected: identifier");
    const wrong = validateQualifiedName(key.literal);
    // Upstream has no path here and prints Go's nil.
    if (wrong.length) throw new this.#Failure(fieldInvalid("<nil>", key.literal, wrong.join("; ")).message());
    if (negated) return this.#make(key.literal, "!", []);
    const next = this.#peek().type;
    if (next === "end" || next === ",") return this.#make(key.literal, "exists", []);
    const operator = this.#operator();
    const values = operator === "in" || operator === "notin" ? this.#values() : [this.#exactValue()];
    return this.#make(key.literal, operator, [...new Set(values)].sort());
  }

  #operator(): LabelOperator {
    const token = this.#takeOperator();
    const operator = BINARY[token.type];
    if (!operator) throw this.#found(token, ", expected: in, notin, =, ==, !=, gt, lt");
    return operator;
  }

  #values(): string[] {
    const open = this.#take();
    if (open.type !== "(") throw this.#found(open, " expected: '('");
    const first = this.#peek();
    if (first.type === ")") {
      this.#take();
      return [""];
    }
    if (first.type !== "identifier" && first.type !== ",") {
      throw this.#found(first, ", expected: ',', ')' or identifier");
    }
    const values = this.#identifiers();
    this.#take();
    return values;
  }

  /** Up to, not including, the closing parenthesis. An empty place in the list is the empty value. */
  #identifiers(): string[] {
    const values: string[] = [];
    for (;;) {
      const token = this.#take();
      const next = this.#peek();
      if (token.type === "identifier") {
        values.push(token.literal);
        if (next.type === ")") return values;
        if (next.type !== ",") throw this.#found(next, ", expected: ',' or ')'");
      } else if (token.type === ",") {
        if (!values.length || next.type === "," || next.type === ")") values.push("");
        if (next.type === ")") return values;
      } else throw this.#found(token, ", expected: ',', or identifier");
    }
  }

  #exactValue(): string {
    const next = this.#peek();
    if (next.type === "end" || next.type === ",") return "";
    const token = this.#take();
    if (token.type !== "identifier") throw this.#found(token, ", expected: identifier");
    return token.literal;
  }

  /** `in` and `notin` are words like others everywhere but where an operator is looked for. */
  #peek(): Token {
    // There is always an end token, and nothing reads past it.
    const token = this.#tokens[Math.min(this.#position, this.#tokens.length - 1)]!;
    return token.type === "in" || token.type === "notin" ? { ...token, type: "identifier" } : token;
  }

  #take(): Token {
    const token = this.#peek();
    this.#position++;
    return token;
  }

  #takeOperator(): Token {
    return this.#tokens[this.#position++]!;
  }

  #found({ literal }: Token, rest: string): Error {
    return new this.#Failure(`found '${literal}'${rest}`);
  }
}

/** Parses the text of a label selector. Errors are of the type given. */
export function parseRequirements(text: string, make: MakeRequirement, Failure: ErrorType): LabelRequirement[] {
  return new Parser(text, make, Failure).parse();
}
