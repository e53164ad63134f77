import type { MatchCondition } from "../../../openapi/api/admissionregistration.k8s.io.v1.ts";
import { aggregateMessages } from "../aggregate.ts";
import type { AdmissionAttributes } from "../plugin.ts";
import { celCondition } from "./cel-condition.ts";

/** What expressions can see. */
export interface ConditionInput {
  /** In the version that the webhook asked for. */
  readonly object: unknown;
  readonly oldObject: unknown;
  /** AdmissionRequest without the objects. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly attributes: AdmissionAttributes;
}

/** What may still be spent on the expressions of one webhook for one request. */
export interface ConditionBudget {
  remaining: number;
}

/** Evaluates one expression. @throws Error in upstream's words */
export type Condition = (input: ConditionInput, budget: ConditionBudget) => boolean | Promise<boolean>;

/** Compiles one CEL expression. A condition that cannot be compiled throws whenever it is evaluated. */
export type CompileCondition = (expression: string) => Condition;

/** @returns whether the webhook is to be called. @throws Error when that cannot be told */
export type MatchConditions = (input: ConditionInput) => Promise<boolean>;

/** Upstream's limit for all conditions of a webhook. (apiserver/pkg/apis/cel RuntimeCELCostBudgetMatchConditions) */
const BUDGET = 2_500_000;

/**
 * One condition that is false is enough to leave the webhook out, whatever becomes of the others. When none is false but
 * one fails, `failurePolicy` decides: Ignore leaves the webhook out too. (plugin/webhook/matchconditions)
 */
export function matchConditions(
  {
    matchConditions: conditions = [],
    failurePolicy,
  }: { readonly matchConditions?: readonly MatchCondition[]; readonly failurePolicy?: string },
  compile: CompileCondition = celCondition,
): MatchConditions | undefined {
  if (conditions.length === 0) return undefined;
  const compiled = conditions.map(({ expression }) => compile(expression));
  return async (input) => {
    const budget = { remaining: BUDGET };
    const errors: string[] = [];
    for (const condition of compiled) {
      try {
        if (!(await condition(input, budget))) return false;
      } catch (error) {
        errors.push(error instanceof Error ? error.message : String(error));
      }
    }
    if (errors.length === 0) return true;
    if (failurePolicy === "Ignore") return false;
    throw new Error(aggregateMessages(errors));
  };
}
