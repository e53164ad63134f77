import { type Document, isCollection, isScalar, isSeq, type YAMLError } from "yaml";

/**
 * What go-yaml says of a text that is no YAML. Its parser counts lines from 0, its scanner from 1, and neither names
 * the first one. Errors are found in other places than by the library: they are told of where go-yaml gives up.
 */
export function goYamlError(error: YAMLError, text: string, contents: Document.Parsed["contents"]): string {
  const { code, message } = error;
  const pos = error.pos[0];
  if (message.startsWith("Missing closing"))
    return scanner(lineOf(text, text.length), "found unexpected end of stream");
  if (code === "BAD_DQ_ESCAPE") return scanner(lineOf(text, pos), "found unknown escape character");
  if (message.startsWith("Block scalar header includes extra characters")) {
    return scanner(lineOf(text, pos), "did not find expected comment or line break");
  }
  if (message.startsWith("Missing directives-end") && /^%(?!YAML|TAG)/.test(text)) {
    return scanner(0, "found unknown directive name");
  }
  if (code === "MISSING_CHAR" || code === "BAD_INDENT") {
    const open = openFlow(text.slice(0, pos));
    if (open) return inFlow(text, pos, open);
  }
  const isSequence = /^\s*-\s/.test(text.slice(pos));
  if (isSequence && (code === "MULTILINE_IMPLICIT_KEY" || code === "BLOCK_AS_IMPLICIT_KEY")) {
    return parser(lineFrom(text, pos), "did not find expected key");
  }
  if (code === "BLOCK_AS_IMPLICIT_KEY") {
    const colon = text.slice(pos).search(/:(?:\s|$)/);
    return scanner(lineOf(text, pos + Math.max(colon, 0)), "mapping values are not allowed in this context");
  }
  if (message.startsWith("Implicit map keys need to be followed") || code === "MULTILINE_IMPLICIT_KEY") {
    const end = text.indexOf("\n", pos);
    return scanner(lineFrom(text, end < 0 ? text.length : end), "could not find expected ':'");
  }
  if (message.startsWith("Plain value cannot start with flow indicator") || isEmptyBefore(message, text, pos)) {
    return parser(lineOf(text, pos), "did not find expected node content");
  }
  if (code === "BAD_INDENT" || code === "UNEXPECTED_TOKEN") {
    const isListEnd = message.includes("at node end") && isSeq(contents) && !contents.flow;
    return parser(lineFrom(text, pos), `did not find expected ${isListEnd ? "'-' indicator" : "key"}`);
  }
  return scanner(lineOf(text, pos), SCANNER_WORDS[code] ?? message.split(" at line ")[0]!);
}

const SCANNER_WORDS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "found character that cannot start any token",
  BAD_SCALAR_START: "found character that cannot start any token",
};

/** What the library finds wrong only when it makes values. */
export function goYamlValueError(error: Error): Error {
  const [, anchor] = /^Unresolved alias .*: (.*)$/.exec(error.message) ?? [];
  if (anchor) return new Error(`yaml: unknown anchor '${anchor}' referenced`);
  if (!error.message.startsWith("Merge sources must be")) return error;
  return new Error("yaml: map merge requires map or sequence of maps as the value");
}

/**
 * Whether go-yaml never gets there: it reads one document, which ends where its outermost braces, brackets or quotes
 * have closed, or where something stands further left than it began.
 */
export function isBehind(
  contents: Document.Parsed["contents"],
  { code, pos: [pos] }: YAMLError,
  text: string,
): boolean {
  if (code !== "UNEXPECTED_TOKEN" || !contents?.range || pos < contents.range[1]) return false;
  if (isScalar(contents)) return contents.type?.startsWith("QUOTE") ?? false;
  if (!isCollection(contents)) return false;
  return contents.flow === true || columnOf(text, pos) < columnOf(text, contents.range[0]);
}

const parser = (line: number, what: string) => `yaml: ${line > 0 ? `line ${line}: ` : ""}${what}`;
const scanner = (line: number, what: string) => `yaml: ${line > 0 ? `line ${line + 1}: ` : ""}${what}`;

const columnOf = (text: string, pos: number) => pos - (pos > 0 ? text.lastIndexOf("\n", pos - 1) + 1 : 0);

/** Lines before a place. */
const lineOf = (text: string, pos: number) => text.slice(0, pos).split("\n").length - 1;

/** The line of what comes next; the end of the text is on a line of its own. */
function lineFrom(text: string, pos: number): number {
  const next = text.slice(pos).search(/\S/);
  if (next >= 0) return lineOf(text, pos + next);
  return lineOf(text, text.length) + (text.endsWith("\n") || !text ? 0 : 1);
}

/** The innermost bracket or brace that is open. */
function openFlow(before: string): "[" | "{" | undefined {
  const open: ("[" | "{")[] = [];
  for (const [token] of before.matchAll(/"(?:\\.|[^"\\])*"|'[^']*'|[[\]{}]/g)) {
    if (token === "[" || token === "{") open.push(token);
    else if (token === "]" || token === "}") open.pop();
  }
  return open.at(-1);
}

/** Where an element may stand, one is read before anything is missed. */
function inFlow(text: string, pos: number, open: "[" | "{"): string {
  const mayStart = "[{,:".includes(text.slice(0, pos).trimEnd().at(-1) ?? " ");
  const [element] = mayStart ? (/^[^,[\]{}:#]*/.exec(text.slice(pos)) ?? [""]) : [""];
  const at = pos + element.length;
  const isEnd = text.slice(at).trim() === "";
  const isMissing = mayStart && isEnd && element.trim() === "";
  return parser(
    lineFrom(text, at),
    `did not find expected ${isMissing ? "node content" : `',' or '${open === "[" ? "]" : "}"}'`}`,
  );
}

/** A closing bracket or brace in place of a value. */
function isEmptyBefore(message: string, text: string, pos: number): boolean {
  return /^Unexpected flow-(?:map|seq)-end/.test(message) && ":-".includes(text.slice(0, pos).trimEnd().at(-1) ?? " ");
}
