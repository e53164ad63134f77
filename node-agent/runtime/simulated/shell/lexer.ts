import { ScriptError } from "./syntax.ts";

export type Token =
  | { readonly type: "word"; readonly text: string }
  | { readonly type: "operator"; readonly text: string }
  | { readonly type: "redirect"; readonly from: number | undefined; readonly text: string }
  | { readonly type: "heredoc"; readonly text: string; readonly literal: boolean };

const OPERATORS = ["&&", "||", ";;", "\n", ";", "&", "|", "(", ")"];
const REDIRECTIONS = ["<<-", "<<", ">>", ">&", "<&", ">|", "<", ">"];
const BLANK = /[ \t\r]/;

/** Cuts a script into tokens. Quotes and expansions stay inside their word. @throws ScriptError */
export function tokenize(script: string): Token[] {
  const tokens: Token[] = [];
  /** Here-documents whose text begins on the next line. */
  const pending: { at: number; end: string; literal: boolean; tabs: boolean }[] = [];
  let at = 0;
  while (at < script.length) {
    const rest = script.slice(at, at + 3);
    const character = rest[0] ?? "";
    if (BLANK.test(character)) at++;
    else if (rest.startsWith("\\\n")) at += 2;
    else if (character === "#") {
      const end = script.indexOf("\n", at);
      at = end < 0 ? script.length : end;
    } else if (/^\d?[<>]/.test(rest)) {
      const from = /\d/.test(character) ? Number(character) : undefined;
      if (from !== undefined) at++;
      const text = REDIRECTIONS.find((each) => script.startsWith(each, at)) ?? "<";
      at += text.length;
      tokens.push({ type: "redirect", from, text: text.startsWith("<<") ? "<<" : text });
      if (!text.startsWith("<<")) continue;
      while (BLANK.test(script[at] ?? "")) at++;
      const end = wordEnd(script, at);
      const word = script.slice(at, end);
      at = end;
      pending.push({
        at: tokens.length,
        end: word.replaceAll(/['"\\]/g, ""),
        literal: /['"\\]/.test(word),
        tabs: text === "<<-",
      });
      tokens.push({ type: "heredoc", text: "", literal: true });
    } else {
      const operator = OPERATORS.find((each) => script.startsWith(each, at));
      if (operator) {
        tokens.push({ type: "operator", text: operator });
        at += operator.length;
        if (operator !== "\n") continue;
        for (const document of pending.splice(0)) {
          const [text, next] = hereDocument(script, at, document);
          tokens[document.at] = { type: "heredoc", text, literal: document.literal };
          at = next;
        }
      } else {
        const end = wordEnd(script, at);
        tokens.push({ type: "word", text: script.slice(at, end) });
        at = end;
      }
    }
  }
  return tokens;
}

function hereDocument(script: string, from: number, { end, tabs }: { end: string; tabs: boolean }): [string, number] {
  let at = from;
  let text = "";
  while (at < script.length) {
    const newline = script.indexOf("\n", at);
    const next = newline < 0 ? script.length : newline + 1;
    const line = script.slice(at, newline < 0 ? script.length : newline);
    at = next;
    const own = tabs ? line.replace(/^\t+/, "") : line;
    if (own === end) return [text, at];
    text += `${own}\n`;
  }
  return [text, at];
}

/** Where the word that starts here ends. */
export function wordEnd(script: string, from: number): number {
  let at = from;
  while (at < script.length) {
    const character = script[at] ?? "";
    if (/[ \t\r\n;&|()<>]/.test(character)) break;
    at = partEnd(script, at);
  }
  return at;
}

/** Where the quote, expansion or character that starts here ends. @throws ScriptError */
export function partEnd(script: string, at: number): number {
  const two = script.slice(at, at + 2);
  switch (script[at]) {
    case "\\":
      return Math.min(at + 2, script.length);
    case "'": {
      const end = script.indexOf("'", at + 1);
      if (end < 0) throw new ScriptError("unterminated quoted string");
      return end + 1;
    }
    case '"':
      return until(script, at + 1, '"');
    case "`": {
      const end = /^(?:\\.|[^`\\])*`/s.exec(script.slice(at + 1));
      if (!end) throw new ScriptError("EOF in backquote substitution");
      return at + 1 + end[0].length;
    }
    case "$":
      if (two === "${") return until(script, at + 2, "}");
      if (script.startsWith("$((", at)) return arithmeticEnd(script, at + 3);
      if (two === "$(") return until(script, at + 2, ")");
      return at + 1;
    default:
      return at + 1;
  }
}

function until(script: string, from: number, end: string): number {
  let at = from;
  let depth = 0;
  while (at < script.length) {
    const character = script[at];
    if (character === end && depth === 0) return at + 1;
    if (end === ")" && character === "(") depth++;
    if (end === ")" && character === ")") depth--;
    // Inside double quotes a single quote is a character like any other.
    at = end === '"' && character === "'" ? at + 1 : partEnd(script, at);
  }
  throw new ScriptError(end === '"' ? "unterminated quoted string" : `unexpected end of file (expecting "${end}")`);
}

function arithmeticEnd(script: string, from: number): number {
  let depth = 0;
  for (let at = from; at < script.length; at++) {
    if (script[at] === "(") depth++;
    else if (script[at] === ")" && depth-- === 0) return at + (script[at + 1] === ")" ? 2 : 1);
  }
  throw new ScriptError('unexpected end of file (expecting "))")');
}
