import { type Token, tokenize } from "./lexer.ts";
import type { Arm, Branch, Command, Item, Pipeline, Redirection } from "./syntax.ts";
import { ScriptError } from "./syntax.ts";

const ASSIGNMENT = /^[A-Za-z_]\w*=/;
/** Where lists end. */
const CLOSERS = new Set(["then", "else", "elif", "fi", "do", "done", "esac", "}"]);
const OPENERS = new Set(["if", "while", "until", "for", "in", "case", "{", "!"]);

/** Whether a word is one of the language itself. */
export const isReserved = (word: string): boolean => CLOSERS.has(word) || OPENERS.has(word);

/** Parses a script. @throws ScriptError worded as busybox's ash does */
export function parse(script: string): Command {
  const parser = new Parser(tokenize(script));
  const result = parser.list();
  parser.end();
  return result;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  end(): void {
    if (this.#peek()) this.#fail();
  }

  list(): Command {
    const items: Item[] = [];
    this.#newlines();
    while (this.#peek() && !this.#atCloser()) {
      const item = this.#item();
      const background = this.#takeOperator("&");
      items.push({ ...item, background });
      const separated = background || this.#takeOperator(";") || this.#takeOperator("\n");
      this.#newlines();
      if (!separated) break;
    }
    return { type: "list", items };
  }

  #item(): Item {
    const first = this.#pipeline();
    const rest: { operator: "&&" | "||"; pipeline: Pipeline }[] = [];
    for (;;) {
      const operator = this.#takeOperator("&&") ? "&&" : this.#takeOperator("||") ? "||" : undefined;
      if (!operator) return { first, rest, background: false };
      this.#newlines();
      rest.push({ operator, pipeline: this.#pipeline() });
    }
  }

  #pipeline(): Pipeline {
    const negated = this.#takeWord("!");
    const commands = [this.#command()];
    while (this.#takeOperator("|")) {
      this.#newlines();
      commands.push(this.#command());
    }
    return { negated, commands };
  }

  #command(): Command {
    const compound = this.#compound();
    if (!compound) return this.#simple();
    const redirections: Redirection[] = [];
    while (this.#peek()?.type === "redirect") redirections.push(this.#redirection());
    return redirections.length > 0 ? { type: "redirected", command: compound, redirections } : compound;
  }

  #compound(): Command | undefined {
    if (this.#takeOperator("(")) {
      const body = this.list();
      this.#expectOperator(")");
      return { type: "subshell", body };
    }
    if (this.#takeWord("{")) return this.#closed("}");
    if (this.#takeWord("if")) return this.#if();
    for (const word of ["while", "until"]) {
      if (!this.#takeWord(word)) continue;
      const condition = this.#closed("do");
      return { type: "loop", until: word === "until", condition, body: this.#closed("done") };
    }
    if (this.#takeWord("for")) return this.#for();
    if (this.#takeWord("case")) return this.#case();
    return this.#function();
  }

  #closed(word: string): Command {
    const body = this.list();
    this.#expectWord(word);
    return body;
  }

  #if(): Command {
    const branches: Branch[] = [];
    do {
      const condition = this.#closed("then");
      branches.push({ condition, body: this.list() });
    } while (this.#takeWord("elif"));
    const otherwise = this.#takeWord("else") ? this.list() : undefined;
    this.#expectWord("fi");
    return { type: "if", branches, ...(otherwise && { otherwise }) };
  }

  #for(): Command {
    const name = this.#word();
    this.#newlines();
    let words: string[] | undefined;
    if (this.#takeWord("in")) {
      words = [];
      while (this.#peek()?.type === "word") words.push(this.#word());
    }
    this.#takeOperator(";");
    this.#newlines();
    this.#expectWord("do");
    return { type: "for", name, ...(words && { words }), body: this.#closed("done") };
  }

  #case(): Command {
    const word = this.#word();
    this.#newlines();
    this.#expectWord("in");
    this.#newlines();
    const arms: Arm[] = [];
    while (!this.#takeWord("esac")) {
      this.#takeOperator("(");
      const patterns = [this.#word()];
      while (this.#takeOperator("|")) patterns.push(this.#word());
      this.#expectOperator(")");
      arms.push({ patterns, body: this.list() });
      this.#takeOperator(";;");
      this.#newlines();
    }
    return { type: "case", word, arms };
  }

  #function(): Command | undefined {
    const [name, open, close] = this.#tokens.slice(this.#at, this.#at + 3);
    const short = open?.type === "operator" && open.text === "(" && close?.type === "operator" && close.text === ")";
    if (name?.type !== "word" || !short || !/^\w+$/.test(name.text)) return undefined;
    this.#at += 3;
    this.#newlines();
    return { type: "function", name: name.text, body: this.#command() };
  }

  #simple(): Command {
    const assignments: string[] = [];
    const words: string[] = [];
    const redirections: Redirection[] = [];
    for (let token = this.#peek(); token; token = this.#peek()) {
      if (token.type === "redirect") redirections.push(this.#redirection());
      else if (token.type !== "word") break;
      else {
        this.#at++;
        if (words.length === 0 && ASSIGNMENT.test(token.text)) assignments.push(token.text);
        else words.push(token.text);
      }
    }
    if (assignments.length + words.length + redirections.length === 0) this.#fail();
    const command: Command = { type: "simple", assignments, words };
    return redirections.length > 0 ? { type: "redirected", command, redirections } : command;
  }

  #redirection(): Redirection {
    const token = this.#peek();
    if (token?.type !== "redirect") return this.#fail();
    this.#at++;
    const operator = token.text as Redirection["operator"]; // the lexer knows no others
    const from = token.from ?? (operator.startsWith("<") ? 0 : 1);
    const next = this.#peek();
    if (next?.type === "heredoc") {
      this.#at++;
      return { from, operator, to: next.text, literal: next.literal };
    }
    return { from, operator, to: this.#word() };
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  #atCloser(): boolean {
    const token = this.#peek();
    if (token?.type === "operator") return token.text === ")" || token.text === ";;";
    return token?.type === "word" && CLOSERS.has(token.text);
  }

  #word(): string {
    const token = this.#peek();
    if (token?.type !== "word") return this.#fail();
    this.#at++;
    return token.text;
  }

  #takeWord(text: string): boolean {
    const token = this.#peek();
    if (token?.type !== "word" || token.text !== text) return false;
    this.#at++;
    return true;
  }

  #takeOperator(text: string): boolean {
    const token = this.#peek();
    if (token?.type !== "operator" || token.text !== text) return false;
    this.#at++;
    return true;
  }

  #expectWord(text: string): void {
    if (!this.#takeWord(text)) this.#fail(text);
  }

  #expectOperator(text: string): void {
    if (!this.#takeOperator(text)) this.#fail(text);
  }

  #newlines(): void {
    while (this.#takeOperator("\n")) {}
  }

  #fail(expected = ""): never {
    const token = this.#peek();
    const what = !token ? "end of file" : token.text === "\n" ? "newline" : `"${token.text}"`;
    throw new ScriptError(`syntax error: unexpected ${what}${expected && ` (expecting "${expected}")`}`);
  }
}
