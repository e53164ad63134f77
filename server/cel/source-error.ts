/** A mistake in an expression, at an offset of its source. */
export interface SourceError {
  readonly at: number;
  readonly message: string;
}

/** Ends parsing; the checker collects its errors instead. */
export class SyntaxProblem extends Error {
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

/** All that is wrong with the syntax of an expression, as far as reading went on. */
export class SyntaxProblems extends Error {
  readonly errors: readonly SourceError[];
  constructor(errors: readonly SourceError[]) {
    super(errors[0]?.message);
    this.errors = errors;
  }
}

/**
 * As cel-go displays it: `ERROR: <input>:1:6: …`, the line, and a mark below the column. An empty source has no line to
 * show, and what is wrong with it stands before the first column. (cel-go/common/error.go)
 */
export function formatSourceErrors(source: string, errors: readonly SourceError[]): string {
  if (source === "") return errors.map(({ message }) => `ERROR: <input>:1:0: ${message}`).join("\n");
  return errors
    .map(({ at, message }) => {
      const before = source.slice(0, Math.max(at, 0)).split("\n");
      const column = [...(before.at(-1) ?? "")].length;
      const line = source.split("\n")[before.length - 1] ?? "";
      return `ERROR: <input>:${before.length}:${column + 1}: ${message}\n | ${line}\n | ${".".repeat(column)}^`;
    })
    .join("\n");
}
