import type { Process } from "../behaviour.ts";
import { regular } from "./regular.ts";

class ExprError extends Error {}

/** Operators from the weakest to the strongest. */
const LEVELS: readonly (readonly string[])[] = [
  ["|"],
  ["&"],
  ["=", "==", "!=", "<", "<=", ">", ">="],
  ["+", "-"],
  ["*", "/", "%"],
  [":"],
];

/** Integers, comparisons and strings. (busybox coreutils/expr.c) */
export async function expr({ args, stdout, stderr }: Process): Promise<number> {
  try {
    const value = evaluate(args.slice(1));
    stdout.write(`${value}\n`);
    return isTrue(value) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    stderr.write(`expr: ${error.message}\n`);
    return 2;
  }
}

const isTrue = (value: string) => value !== "" && value !== "0";

function evaluate(words: readonly string[]): string {
  if (words.length === 0) throw new ExprError("too few arguments");
  const rest = [...words];
  const value = level(rest, 0);
  if (rest.length > 0) throw new ExprError("syntax error");
  return value;
}

/** Takes words off the front. From left to right within a level. */
function level(words: string[], depth: number): string {
  const operators = LEVELS[depth];
  if (!operators) return primary(words);
  let left = level(words, depth + 1);
  while (operators.includes(words[0] ?? "")) {
    const operator = words.shift() ?? "";
    left = operate(operator, left, level(words, depth + 1));
  }
  return left;
}

function primary(words: string[]): string {
  const word = words.shift();
  if (word === undefined) throw new ExprError("syntax error");
  const next = () => primary(words);
  if (word === "(") {
    const inner = level(words, 0);
    if (words.shift() !== ")") throw new ExprError("syntax error");
    return inner;
  }
  if (words.length > 0) {
    if (word === "length") return String(next().length);
    if (word === "match") return match(next(), next());
    if (word === "index") {
      const [text, letters] = [next(), next()];
      return String([...text].findIndex((letter) => letters.includes(letter)) + 1);
    }
    if (word === "substr") {
      const [text, from, length] = [next(), integer(next()), integer(next())];
      return from < 1n || length < 1n ? "" : text.slice(Number(from) - 1, Number(from - 1n + length));
    }
  }
  return word;
}

/** What the group matches, or else how many characters match from the start. */
function match(text: string, pattern: string): string {
  const expression = new RegExp(`^(?:${regular(pattern, false)})`);
  const found = expression.exec(text);
  const hasGroup = /\\\(/.test(pattern);
  return hasGroup ? (found?.[1] ?? "") : String(found?.[0].length ?? 0);
}

function integer(text: string): bigint {
  if (!/^-?\d+$/.test(text)) throw new ExprError("non-numeric argument");
  return BigInt(text);
}

function operate(operator: string, left: string, right: string): string {
  if (operator === ":") return match(left, right);
  if (operator === "|") return isTrue(left) ? left : right;
  if (operator === "&") return isTrue(left) && isTrue(right) ? left : "0";
  if (LEVELS[2]?.includes(operator)) return compare(operator, left, right) ? "1" : "0";
  const [a, b] = [integer(left), integer(right)];
  if (operator === "+") return String(a + b);
  if (operator === "-") return String(a - b);
  if (operator === "*") return String(a * b);
  if (b === 0n) throw new ExprError("division by zero");
  return String(operator === "/" ? a / b : a % b);
}

function compare(operator: string, left: string, right: string): boolean {
  const areNumbers = [left, right].every((text) => /^-?\d+$/.test(text));
  const [a, b] = areNumbers ? [BigInt(left), BigInt(right)] : [left, right];
  const order = a < b ? -1 : a > b ? 1 : 0;
  if (operator === "=" || operator === "==") return order === 0;
  if (operator === "!=") return order !== 0;
  if (operator === "<") return order < 0;
  if (operator === "<=") return order <= 0;
  return operator === ">" ? order > 0 : order >= 0;
}
