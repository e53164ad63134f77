import { SyntaxProblem } from "./source-error.ts";
import type { Expression, Fold } from "./syntax.ts";
import type { Value } from "./values.ts";

/** A call that may be a macro. */
interface MacroCall {
  readonly name: string;
  readonly target: Expression | undefined;
  readonly args: readonly Expression[];
  readonly at: number;
}

/** No expression can write this name. (cel-go/parser/macro.go) */
const RESULT = "@result";
const SORTED = "@__sortBy_input__";

/**
 * Rewrites has(), all(), exists(), map() and their like. @returns undefined when the call is no macro.
 * Follows cel-go/parser/macro.go, ext/comprehensions.go and cel/library.go (optional types).
 */
export function expandMacro(call: MacroCall): Expression | undefined {
  const { name, target, args, at } = call;
  if (!target) {
    if (name !== "has" || args.length !== 1) return undefined;
    const [operand] = args;
    if (operand?.kind === "select" && !operand.test) return { ...operand, test: true, at };
    throw new SyntaxProblem(operand?.at ?? at, "invalid argument to has() macro");
  }
  const expand = MEMBERS[`${name}/${args.length}`];
  return expand?.(new Builder(call, target));
}

/** `cel.bind(x, value, result)`: a fold over nothing that names the value. (cel-go/ext/bindings.go) */
export function expandBind({ name, target, args, at }: MacroCall): Expression | undefined {
  if (name !== "bind" || args.length !== 3 || target?.kind !== "identifier" || target.name !== "cel") return undefined;
  const [variable, start, result] = args as [Expression, Expression, Expression]; // counted just above
  if (variable.kind !== "identifier") {
    throw new SyntaxProblem(variable.at, "cel.bind() variable names must be simple identifiers");
  }
  return {
    kind: "fold",
    range: { kind: "list", elements: [], optional: new Set(), at },
    variable: "#unused",
    accumulator: variable.name,
    start,
    condition: { kind: "constant", value: false, at },
    step: { kind: "identifier", name: variable.name, at },
    result,
    at,
  };
}

/** Makes nodes at the place of a macro. */
class Builder {
  readonly call: MacroCall;
  readonly target: Expression;
  constructor(call: MacroCall, target: Expression) {
    this.call = call;
    this.target = target;
  }
  arg = (index: number): Expression => this.call.args[index] as Expression; // MEMBERS states how many there are.
  constant = (value: Value): Expression => ({ kind: "constant", value, at: this.call.at });
  result = (): Expression => ({ kind: "identifier", name: RESULT, at: this.call.at });
  apply = (name: string, ...args: Expression[]): Expression => ({
    kind: "call",
    name,
    target: undefined,
    args,
    at: this.call.at,
  });
  list = (...elements: Expression[]): Expression => ({ kind: "list", elements, optional: new Set(), at: this.call.at });
  map = (...pairs: [Expression, Expression][]): Expression => ({
    kind: "map",
    entries: pairs.map(([key, value]) => ({ at: this.call.at, key, value, optional: false })),
    at: this.call.at,
  });
  name(index: number): string {
    const node = this.arg(index);
    if (node.kind !== "identifier" || node.name.startsWith("."))
      throw new SyntaxProblem(node.at, "argument must be a simple name");
    return node.name;
  }
  fold(
    variables: number,
    parts: { start: Expression; condition?: Expression; step: Expression; result?: Expression },
  ): Fold {
    const variable = this.name(0);
    const variable2 = variables === 2 ? this.name(1) : undefined;
    if (variable === variable2) throw new SyntaxProblem(this.arg(1).at, `duplicate variable name: ${variable}`);
    const { start, condition = this.constant(true), step, result = this.result() } = parts;
    const fold = {
      kind: "fold" as const,
      range: this.target,
      variable,
      accumulator: RESULT,
      start,
      condition,
      step,
      result,
      at: this.call.at,
    };
    return variable2 === undefined ? fold : { ...fold, variable2 };
  }
}

type Expand = (b: Builder) => Expression;

const all =
  (variables: number): Expand =>
  (b) =>
    b.fold(variables, {
      start: b.constant(true),
      condition: b.apply("@not_strictly_false", b.result()),
      step: b.apply("_&&_", b.result(), b.arg(variables)),
    });
const exists =
  (variables: number): Expand =>
  (b) =>
    b.fold(variables, {
      start: b.constant(false),
      condition: b.apply("@not_strictly_false", b.apply("!_", b.result())),
      step: b.apply("_||_", b.result(), b.arg(variables)),
    });
const existsOne =
  (variables: number): Expand =>
  (b) =>
    b.fold(variables, {
      start: b.constant(0),
      step: b.apply("_?_:_", b.arg(variables), b.apply("_+_", b.result(), b.constant(1)), b.result()),
      result: b.apply("_==_", b.result(), b.constant(1)),
    });
/** A list or map made step by step, of the entries that pass a filter if there is one. */
const collect =
  (variables: number, start: (b: Builder) => Expression, grow: Expand, filter?: number): Expand =>
  (b) => {
    const step = grow(b);
    return b.fold(variables, {
      start: start(b),
      step: filter === undefined ? step : b.apply("_?_:_", b.arg(filter), step, b.result()),
    });
  };
const append =
  (index: number): Expand =>
  (b) =>
    b.apply("_+_", b.result(), b.list(b.arg(index)));
const insert =
  (index: number): Expand =>
  (b) =>
    b.apply("cel.@mapInsert", b.result(), { kind: "identifier", name: b.name(0), at: b.arg(0).at }, b.arg(index));
const insertEntry =
  (index: number): Expand =>
  (b) =>
    b.apply("cel.@mapInsert", b.result(), b.arg(index));
const noList = (b: Builder) => b.list();
const noMap = (b: Builder) => b.map();

/** optMap and optFlatMap: the value under a name, where there is one. */
const whenPresent =
  (wrap: (b: Builder, value: Expression) => Expression): Expand =>
  (b) => {
    const name = b.name(0);
    const has: Expression = { kind: "call", name: "hasValue", target: b.target, args: [], at: b.call.at };
    const value: Expression = { kind: "call", name: "value", target: b.target, args: [], at: b.call.at };
    return b.apply("_?_:_", has, wrap(b, bind(b, name, value, b.arg(1))), b.apply("optional.none"));
  };

/** A fold over nothing, whose accumulator is the variable: how cel-go binds a name. */
const bind = (b: Builder, name: string, value: Expression, result: Expression): Expression => ({
  kind: "fold",
  range: b.list(),
  variable: "#unused",
  accumulator: name,
  start: value,
  condition: b.constant(false),
  step: { kind: "identifier", name, at: b.call.at },
  result,
  at: b.call.at,
});

/** By name and number of arguments. */
const MEMBERS: Record<string, Expand> = {
  "all/2": all(1),
  "all/3": all(2),
  "exists/2": exists(1),
  "exists/3": exists(2),
  "exists_one/2": existsOne(1),
  "exists_one/3": existsOne(2),
  "existsOne/2": existsOne(1),
  "existsOne/3": existsOne(2),
  "map/2": collect(1, noList, append(1)),
  "map/3": collect(1, noList, append(2), 1),
  "filter/2": collect(1, noList, append(0), 1),
  "transformList/3": collect(2, noList, append(2)),
  "transformList/4": collect(2, noList, append(3), 2),
  "transformMap/3": collect(2, noMap, insert(2)),
  "transformMap/4": collect(2, noMap, insert(3), 2),
  "transformMapEntry/3": collect(2, noMap, insertEntry(2)),
  "transformMapEntry/4": collect(2, noMap, insertEntry(3), 2),
  "optMap/2": whenPresent((b, value) => b.apply("optional.of", value)),
  "optFlatMap/2": whenPresent((_, value) => value),
  "sortBy/2": (b) => {
    // The pairs of element and key are made by a map(); the function sorts the one by the other.
    const input: Expression = { kind: "identifier", name: SORTED, at: b.call.at };
    const keys = collect(1, noList, append(1))(b);
    const args = [{ ...keys, range: { ...input } } as Expression]; // collect makes folds
    const sorted: Expression = { kind: "call", name: "@sortByAssociatedKeys", target: input, args, at: b.call.at };
    return bind(b, SORTED, b.target, sorted);
  },
};
