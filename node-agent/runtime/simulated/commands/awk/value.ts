import { AwkError } from "./syntax.ts";

/** Text of the input: a number where it looks like one. */
export class Input {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}
/** What a variable, an element, or a field holds. */
export type Value = string | number | Input;

const NUMBER = /^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$/;

/** Whether comparing means numbers. */
export const looksNumeric = (value: Value) =>
  typeof value === "number" || (value instanceof Input && (value.text === "" || NUMBER.test(value.text)));
export const toNumber = (value: Value): number => {
  if (typeof value === "number") return value;
  return Number.parseFloat(value instanceof Input ? value.text : value) || 0;
};
export const toText = (value: Value): string => {
  if (value instanceof Input) return value.text;
  if (typeof value === "string") return value;
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
};

/** As numbers where both look like it, else as texts. */
export function compare(operator: string, one: Value, other: Value): number {
  const numbers = looksNumeric(one) && looksNumeric(other);
  const [a, b] = numbers ? [toNumber(one), toNumber(other)] : [toText(one), toText(other)];
  const order = a < b ? -1 : a > b ? 1 : 0;
  const holds = {
    "<": order < 0,
    "<=": order <= 0,
    "==": order === 0,
    "!=": order !== 0,
    ">": order > 0,
    ">=": order >= 0,
  };
  return holds[operator as keyof typeof holds] ? 1 : 0; // the parser knows no others
}

/** @throws AwkError */
export function calculate(operator: string, a: number, b: number): number {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      if (b === 0) throw new AwkError("Division by zero");
      return a / b;
    case "%":
      if (b === 0) throw new AwkError("Division by zero");
      return a % b;
    default:
      return a ** b;
  }
}

/** One blank stands for any white space; other single characters for themselves; more is a pattern. */
export function split(text: string, separator: string): string[] {
  if (separator === " ") return text.trim() === "" ? [] : text.trim().split(/\s+/);
  if (text === "") return [];
  return text.split(separator.length === 1 ? separator : new RegExp(separator));
}
