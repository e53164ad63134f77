import { check } from "./check.ts";
import { FUNCTIONS } from "./environment.ts";
import { CostExceeded, type Frame } from "./frame.ts";
import { regex } from "./library/regex.ts";
import { parseDuration, parseTimestamp } from "./library/time.ts";
import { children } from "./nodes.ts";
import type { Overload } from "./overload.ts";
import { parse } from "./parser.ts";
import { plan } from "./plan.ts";
import { formatSourceErrors, type SourceError, SyntaxProblems } from "./source-error.ts";
import type { Expression, StructType } from "./syntax.ts";
import type { CelType } from "./types.ts";
import { CelError, type Value } from "./values.ts";

/** What one evaluation may cost. (apiserver/pkg/apis/cel/config.go PerCallLimit) */
export const PER_CALL_LIMIT = 1_000_000;
/** What all rules of one object may cost together. (RuntimeCELCostBudget) */
export const PER_OBJECT_LIMIT = 10_000_000;

export interface CompileOptions {
  readonly variables: Readonly<Record<string, CelType>>;
  /** Functions of this place only, such as the authorizer's. */
  readonly functions?: readonly Overload[];
  /** Whether there is cel.bind(), which most places do not have. */
  readonly bind?: boolean;
  /** Types of this place only, such as those of patches. */
  readonly structs?: (name: string) => StructType | undefined;
  /** Off only where the language itself is tested: Kubernetes wants lists and maps of one type. */
  readonly homogeneous?: boolean;
}

/** How an evaluation ended, and what it cost. `limited` says that the cost was why. */
export type Outcome =
  | { readonly ok: true; readonly value: Value; readonly cost: number }
  | { readonly ok: false; readonly message: string; readonly limited: boolean; readonly cost: number };

export interface Program {
  readonly ok: true;
  readonly type: CelType;
  readonly expression: Expression;
  /** @param limit the cost at which the evaluation is cancelled. */
  evaluate(variables: Readonly<Record<string, unknown>>, limit?: number): Outcome;
}
export interface CompileFailure {
  readonly ok: false;
  readonly errors: readonly SourceError[];
  /** All of them as upstream displays them. */
  readonly message: string;
}

/** Parses, checks and plans an expression. Programs keep no state: one serves any number of evaluations. */
export function compile(source: string, options: CompileOptions): Program | CompileFailure {
  const failed = (errors: readonly SourceError[]): CompileFailure => ({
    ok: false,
    errors,
    message: formatSourceErrors(source, errors),
  });
  let expression: Expression;
  try {
    expression = parse(source, options.bind);
  } catch (error) {
    if (error instanceof SyntaxProblems) return failed(error.errors);
    throw error;
  }
  const { variables, functions = [], structs, homogeneous = true } = options;
  const { type, errors } = check(expression, {
    variables: new Map(Object.entries(variables)),
    functions: functions.length === 0 ? FUNCTIONS : withFunctions(functions),
    homogeneous,
    ...(structs && { structs }),
  });
  if (errors.length > 0) return failed(errors);
  const literals = homogeneous ? badLiterals(expression) : [];
  if (literals.length > 0) return failed(literals);
  const { step, slots } = plan(expression);
  return {
    ok: true,
    type,
    expression,
    evaluate(values, limit = PER_CALL_LIMIT) {
      const frame: Frame = { slots: new Array(slots).fill(null), variables: values, cost: 0, limit };
      try {
        return { ok: true, value: step(frame), cost: frame.cost };
      } catch (error) {
        if (!(error instanceof CelError || error instanceof CostExceeded)) throw error;
        return { ok: false, message: error.message, limited: error instanceof CostExceeded, cost: frame.cost };
      }
    },
  };
}

function withFunctions(more: readonly Overload[]): ReadonlyMap<string, readonly Overload[]> {
  const all = new Map(FUNCTIONS);
  for (const overload of more) all.set(overload.name, [...(all.get(overload.name) ?? []), overload]);
  return all;
}

/** Constants that can never work are refused at once. (cel-go/cel/validator.go) */
function badLiterals(node: Expression): SourceError[] {
  const found = children(node).flatMap(badLiterals);
  if (node.kind !== "call") return found;
  const literal = node.name === "matches" ? node.args.at(-1) : node.args[0];
  if (literal?.kind !== "constant" || typeof literal.value !== "string") return found;
  const { value, at } = literal;
  const checks: Record<string, () => unknown> = {
    duration: () => parseDuration(value),
    timestamp: () => parseTimestamp(value),
    matches: () => compiles(value),
  };
  const holds = checks[node.name];
  return holds && !holds() ? [...found, { at, message: `invalid ${node.name} argument` }] : found;
}

function compiles(pattern: string): boolean {
  try {
    return Boolean(regex(pattern));
  } catch {
    return false;
  }
}
