import { goQuote } from "../go-quote.ts";
import { goValue } from "../go-value.ts";

/** Where a value does not fit its schema, with upstream's wording. (structured-merge-diff/typed/helpers.go) */
export interface Problem {
  path: string;
  readonly message: string;
}

/** What upstream calls ValidationErrors: one is printed bare, several below each other. */
export class TypedError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(printProblems(problems));
    this.name = "TypedError";
    this.problems = problems;
  }
}

function printProblems(problems: readonly Problem[]): string {
  const lines = problems.map(({ path, message }) => (path ? `${path}: ${message}` : message));
  return lines.length === 1 ? lines[0]! : ["errors:", ...lines.map((line) => `  ${line}`)].join("\n");
}

/** As `%#v` prints a JSON value. */
export function goSyntax(value: unknown): string {
  if (value === null || value === undefined) return "interface {}(nil)";
  if (typeof value === "number") return goValue(value);
  if (typeof value === "string") return goQuote(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(", ")}}`;
  if (typeof value === "object") {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `map[string]interface {}{${entries.map(([key, item]) => `${goQuote(key)}:${goSyntax(item)}`).join(", ")}}`;
  }
  return String(value);
}

/** As `%T` names the type that JSON was decoded into. */
export function goType(value: unknown): string {
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  if (Array.isArray(value)) return "[]interface {}";
  return typeof value === "object" ? "map[string]interface {}" : "float64";
}
