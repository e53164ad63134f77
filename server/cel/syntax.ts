import type { Overload } from "./overload.ts";
import type { CelType } from "./types.ts";
import type { Value } from "./values.ts";

/** What every node carries. `at` is an offset in the source; the checker fills in `type`. */
interface Node {
  readonly at: number;
  type?: CelType;
}

export interface Constant extends Node {
  readonly kind: "constant";
  readonly value: Value;
}
export interface Identifier extends Node {
  readonly kind: "identifier";
  readonly name: string;
}
/** `operand.field`; `test` is `has(operand.field)`. */
export interface Select extends Node {
  readonly kind: "select";
  readonly operand: Expression;
  readonly field: string;
  readonly test: boolean;
  /** Set by the checker when the whole chain is the name of a variable. */
  variable?: string;
}
/** Operators are calls too, named as upstream names them: `_+_`, `_?_:_`, `_[_]`. */
export interface Call extends Node {
  readonly kind: "call";
  name: string;
  target: Expression | undefined;
  readonly args: readonly Expression[];
  /** Set by the checker: those that the types of the arguments allow. */
  overloads?: readonly Overload[];
}
export interface ListLiteral extends Node {
  readonly kind: "list";
  readonly elements: readonly Expression[];
  /** Indices of the elements written `[?x]`. */
  readonly optional: ReadonlySet<number>;
}
export interface Entry {
  readonly at: number;
  readonly key: Expression;
  readonly value: Expression;
  readonly optional: boolean;
}
export interface MapLiteral extends Node {
  readonly kind: "map";
  readonly entries: readonly Entry[];
}
export interface FieldInitializer {
  readonly at: number;
  readonly name: string;
  readonly value: Expression;
  readonly optional: boolean;
}
/** `Name{field: value}`. */
export interface StructLiteral extends Node {
  readonly kind: "struct";
  readonly name: string;
  readonly fields: readonly FieldInitializer[];
  /** Set by the checker. */
  struct?: StructType;
}
/** A type of which expressions can make values. */
export interface StructType {
  /** Of kind object. */
  readonly type: CelType;
  /** @throws CelError for fields of the wrong kind */
  create(fields: ReadonlyMap<string, Value>): Value;
}
/** What all macros over lists and maps become. */
export interface Fold extends Node {
  readonly kind: "fold";
  readonly range: Expression;
  readonly variable: string;
  readonly variable2?: string;
  readonly accumulator: string;
  readonly start: Expression;
  readonly condition: Expression;
  readonly step: Expression;
  readonly result: Expression;
}

/** A parsed expression. */
export type Expression = Constant | Identifier | Select | Call | ListLiteral | MapLiteral | StructLiteral | Fold;
