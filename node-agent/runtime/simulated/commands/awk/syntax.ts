export type Expression =
  | { readonly type: "number"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "regex"; readonly source: string }
  | { readonly type: "variable"; readonly name: string }
  | { readonly type: "element"; readonly name: string; readonly index: readonly Expression[] }
  | { readonly type: "field"; readonly index: Expression }
  | { readonly type: "unary"; readonly operator: "!" | "-" | "+"; readonly operand: Expression }
  | { readonly type: "binary"; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly type: "condition"; readonly test: Expression; readonly yes: Expression; readonly no: Expression }
  | { readonly type: "assign"; readonly operator: string; readonly target: Target; readonly value: Expression }
  | { readonly type: "step"; readonly by: 1 | -1; readonly before: boolean; readonly target: Target }
  | { readonly type: "in"; readonly index: Expression; readonly name: string }
  | { readonly type: "call"; readonly name: string; readonly args: readonly Expression[] };

/** What can be assigned to. */
export type Target = Extract<Expression, { type: "variable" | "element" | "field" }>;

export type Statement =
  | { readonly type: "expression"; readonly value: Expression }
  | { readonly type: "print"; readonly formatted: boolean; readonly args: readonly Expression[] }
  | { readonly type: "block"; readonly body: readonly Statement[] }
  | { readonly type: "if"; readonly test: Expression; readonly yes: Statement; readonly no?: Statement }
  | { readonly type: "while"; readonly test: Expression; readonly body: Statement; readonly step?: Statement }
  | { readonly type: "each"; readonly name: string; readonly array: string; readonly body: Statement }
  | { readonly type: "delete"; readonly name: string; readonly index: readonly Expression[] }
  | { readonly type: "next" | "break" | "continue" }
  | { readonly type: "exit"; readonly code?: Expression };

export interface Rule {
  /** Absent: every line. */
  readonly pattern?: Expression | "BEGIN" | "END";
  readonly body: Statement;
}

/** A program that no awk would run. */
export class AwkError extends Error {}
