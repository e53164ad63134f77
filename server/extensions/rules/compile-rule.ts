import type { ValidationRule } from "../../../openapi/api/apiextensions.k8s.io.v1.ts";
import { compile, type Program } from "../../cel/compile.ts";
import { CONVERSIONS } from "../../cel/constant.ts";
import { estimateCost } from "../../cel/cost-estimate.ts";
import { sizesOf } from "../../cel/cost-path.ts";
import { children } from "../../cel/nodes.ts";
import { MAX_REQUEST_BYTES } from "../../cel/structural.ts";
import type { Expression } from "../../cel/syntax.ts";
import { type CelType, optionalOf, withTypeNames } from "../../cel/types.ts";
import { CelError } from "../../cel/values.ts";

/** A rule made ready, or what is wrong with it. */
export interface CompiledRule {
  readonly rule: ValidationRule;
  /** Absent where the rule is wrong or empty. */
  readonly program: Program | undefined;
  readonly problem: string | undefined;
  readonly usesOldSelf: boolean;
  /** Worst case of one evaluation. */
  readonly cost: number;
  readonly message: Program | undefined;
  readonly messageProblem: string | undefined;
  readonly messageCost: number;
}

/** Compiles the rules of one node of a schema. (schema/cel/compilation.go) @param type of the node */
export function compileRules(rules: readonly ValidationRule[], type: CelType): CompiledRule[] {
  const self = withTypeNames(type, "selfType");
  const sizes = sizesOf(type);
  return rules.map((rule) => {
    const nothing = { rule, program: undefined, problem: undefined, usesOldSelf: false, cost: 0 };
    const noMessage = { message: undefined, messageProblem: undefined, messageCost: 0 };
    const text = rule.rule ?? "";
    if (!text.trim()) return { ...nothing, ...noMessage };
    const variables = { self, oldSelf: rule.optionalOldSelf ? optionalOf(self) : self };
    const program = compile(text, { variables });
    if (!program.ok) return { ...nothing, ...noMessage, problem: `compilation failed: ${program.message}` };
    if (program.type.kind !== "bool") {
      return { ...nothing, ...noMessage, problem: "cel expression must evaluate to a bool" };
    }
    const instantiation = badConversion(program.expression);
    if (instantiation) return { ...nothing, ...noMessage, problem: `program instantiation failed: ${instantiation}` };
    const usesOldSelf = refersTo(program.expression, "oldSelf");
    const cost = estimateCost(program.expression, sizes).max;
    const ready = { rule, program, problem: undefined, usesOldSelf, cost };
    if (!rule.messageExpression) return { ...ready, ...noMessage };
    const message = compile(rule.messageExpression, { variables });
    if (!message.ok) {
      return { ...ready, ...noMessage, messageProblem: `messageExpression compilation failed: ${message.message}` };
    }
    if (message.type.kind !== "string") {
      return { ...ready, ...noMessage, messageProblem: "messageExpression must evaluate to a string" };
    }
    const badMessage = badConversion(message.expression);
    if (badMessage) {
      return { ...ready, ...noMessage, messageProblem: `messageExpression instantiation failed: ${badMessage}` };
    }
    const messageCost = estimateCost(message.expression, sizes).max;
    return { ...ready, message, messageProblem: undefined, messageCost };
  });
}

/** What is written out is converted when the program is made. @returns why one cannot be */
function badConversion(node: Expression): string | undefined {
  for (const inner of children(node)) {
    const problem = badConversion(inner);
    if (problem) return problem;
  }
  const [argument] = node.kind === "call" ? node.args : [];
  if (node.kind !== "call" || !CONVERSIONS.has(node.name) || argument?.kind !== "constant") return undefined;
  try {
    node.overloads?.[0]?.run(argument.value);
    return undefined;
  } catch (error) {
    if (error instanceof CelError) return error.message;
    throw error;
  }
}

/** How often a value of that type fits into a request. */
export function maxCardinality(type: CelType): number {
  return Math.floor(MAX_REQUEST_BYTES / ((type.minSize ?? 0) + 1));
}

function refersTo(node: Expression, name: string): boolean {
  return (node.kind === "identifier" && node.name === name) || children(node).some((inner) => refersTo(inner, name));
}
