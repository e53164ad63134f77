/** What a compiled expression came to: strings, booleans, null and lists are JavaScript's, anything else is opaque. */
export type ExpressionResult = unknown;

/** An expression over `claims` or `user`. */
export interface ClaimExpression {
  readonly source: string;
  /** Whether it looks at this field of its variable, be it only to ask whether it is there. */
  selects(field: string): boolean;
  /** @param value what the variable stands for, as JSON. @throws Error when the evaluation fails */
  evaluate(value: unknown): ExpressionResult;
}

/** The expression language, which this folder does not know itself. */
export interface ExpressionCompiler {
  /** @param wantsBool whether it must be true or false. @returns a text that says what is wrong, or the expression */
  compile(source: string, variable: "claims" | "user", wantsBool: boolean): ClaimExpression | string;
}
