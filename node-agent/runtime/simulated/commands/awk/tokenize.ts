import { readEscapes } from "../printf.ts";
import { AwkError } from "./syntax.ts";

export interface Token {
  readonly type: "number" | "string" | "regex" | "name" | "operator" | "end";
  readonly text: string;
  /** A name directly before `(`. */
  readonly calls?: boolean;
}

const OPERATORS = /^(\+\+|--|\+=|-=|\*=|\/=|%=|\^=|==|!=|<=|>=|&&|\|\||!~|[-+*/%^!<>=?:~,;(){}[\]$\n])/;
/** After these a slash begins a regular expression, not a division. */
const BEFORE_REGEX = /^(|[-(,;{}!~&|=<>?:+*%\n]|&&|\|\||!~|[=!<>]=)$/;

/** The words of a program, and `end` after them. @throws AwkError */
export function tokenize(program: string): Token[] {
  const tokens: Token[] = [];
  let rest = program;
  const take = (type: Token["type"], length: number, text = rest.slice(0, length)) => {
    rest = rest.slice(length);
    tokens.push({ type, text, ...(type === "name" && rest.startsWith("(") && { calls: true }) });
  };
  while (rest) {
    const last = tokens.at(-1);
    const isValue = last && (last.type !== "operator" || [")", "]", "$"].includes(last.text));
    const blank = /^(?:[ \t\r]|\\\n|#[^\n]*)+/.exec(rest)?.[0];
    if (blank) {
      rest = rest.slice(blank.length);
      continue;
    }
    const string = /^"((?:\\[\s\S]|[^"\\])*)"/.exec(rest);
    const regex = !isValue && BEFORE_REGEX.test(last?.text ?? "") ? /^\/((?:\\.|[^/\\\n])*)\//.exec(rest) : null;
    const word = /^[A-Za-z_]\w*/.exec(rest)?.[0];
    const number = /^(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/.exec(rest)?.[0];
    const operator = OPERATORS.exec(rest)?.[0];
    if (string) take("string", string[0].length, readEscapes(string[1] ?? ""));
    else if (regex) take("regex", regex[0].length, (regex[1] ?? "").replaceAll("\\/", "/"));
    else if (word) take("name", word.length);
    else if (number) take("number", number.length);
    else if (operator) take("operator", operator.length);
    else throw new AwkError("Unexpected token");
  }
  tokens.push({ type: "end", text: "" });
  return tokens;
}
