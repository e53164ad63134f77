import type { Token } from "./lexer.ts";
import { type SourceError, SyntaxProblem } from "./source-error.ts";

/** Operators that begin an operand. */
export const STARTS: readonly string[] = ["[", "{", "(", ".", "-", "!"];

/** Whether an operand may begin with a token. */
export function startsOperand({ kind, text }: Token): boolean {
  if (kind === "operator") return STARTS.includes(text);
  return kind === "literal" || (kind === "identifier" && text !== "in");
}

/**
 * Walks the tokens of an expression and notes what does not fit, worded as ANTLR does (DefaultErrorStrategy): a token
 * too many is left out, and of what follows a problem before anything fits again nothing is told.
 */
export class TokenReader {
  protected readonly tokens: readonly Token[];
  protected index = 0;
  protected recovering = false;
  readonly #problems: SourceError[];
  constructor(tokens: readonly Token[], problems: SourceError[]) {
    this.tokens = tokens;
    this.#problems = problems;
  }

  protected last = () => this.index === this.tokens.length - 2;
  // The list ends in an `end` token that is never passed.
  protected peek = () => this.tokens[this.index] as Token;
  protected following = () => (this.tokens[this.index + 1] ?? this.peek()) as Token;
  protected next(): Token {
    this.recovering = false;
    return this.tokens[this.index++] as Token;
  }
  protected is = (text: string) => this.peek().text === text && this.peek().kind === "operator";
  protected accept = (text: string) => (this.is(text) ? this.next() : undefined);
  protected expect(text: string): Token {
    if (this.is(text)) return this.next();
    const token = this.peek();
    if (token.kind === "end" && text !== ":") throw this.problem(token.at, `missing '${text}' at '<EOF>'`);
    if (this.following().text === text) return this.skipTo(`'${text}'`);
    if (text !== ":" || !startsOperand(token)) throw this.unexpected(`'${text}'`);
    this.report(token.at, `missing ':' at '${token.text}'`);
    return token;
  }
  /** Leaves out one token. @returns the one after it */
  protected skipTo(wanted: string): Token {
    const { at, text } = this.peek();
    this.report(at, `extraneous input '${text}' expecting ${wanted}`);
    this.index++;
    return this.next();
  }
  /** Closes what has elements. */
  protected close(text: string): void {
    if (this.is(text)) this.next();
    else if (text === ")") this.expect(text);
    else if (this.following().text === text) this.skipTo(`{'${text}', ','}`);
    else throw this.unexpected(`{'${text}', ','}`);
  }
  protected unexpected(wanted: string): SyntaxProblem {
    const { at, text } = this.peek();
    return this.problem(at, `mismatched input '${text}' expecting ${wanted}`);
  }
  /** Told at once, unless it comes of the last one; whoever throws it ends the parsing. */
  protected problem(at: number, message: string): SyntaxProblem {
    this.report(at, message);
    return new SyntaxProblem(at, message);
  }
  protected report(at: number, message: string): void {
    if (!this.recovering) this.#problems.push({ at, message: `Syntax error: ${message}` });
    this.recovering = true;
  }
}
