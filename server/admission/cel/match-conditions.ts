import type { MatchCondition } from "../../../openapi/api/admissionregistration.k8s.io.v1.ts";
import { BOOL } from "../../cel/types.ts";
import { aggregateMessages } from "../aggregate.ts";
import type { Scope } from "./declarations.ts";
import { type Bindings, evaluateAll, OutOfBudget } from "./evaluation.ts";
import { compileExpression, type Expression } from "./expression.ts";

/** For all conditions of a webhook or policy. (apiserver/pkg/apis/cel RuntimeCELCostBudgetMatchConditions) */
const BUDGET = 2_500_000;

/** @returns whether the webhook or policy is meant. @throws Error when that cannot be told */
export type MatchConditions = (bindings: Bindings) => Promise<boolean>;

/**
 * One condition that is false is enough, whatever becomes of the others. When none is false but one fails,
 * `failurePolicy` decides: Ignore is as false. (plugin/webhook/matchconditions)
 * @param variables of the policy, if it is one
 */
export function matchConditions(
  {
    matchConditions: conditions = [],
    failurePolicy,
  }: { readonly matchConditions?: readonly MatchCondition[]; readonly failurePolicy?: string },
  scope: Scope,
  variables?: ReadonlyMap<string, Expression>,
): MatchConditions | undefined {
  if (conditions.length === 0) return undefined;
  let compiled: readonly Expression[] | undefined;
  return async (bindings) => {
    compiled ??= conditions.map(({ expression }) => compileExpression(expression, [BOOL], scope));
    const answer = await ask(compiled, bindings, variables);
    if (typeof answer === "boolean") return answer;
    if (failurePolicy === "Ignore") return false;
    throw answer;
  };
}

async function ask(
  conditions: readonly Expression[],
  bindings: Bindings,
  variables: ReadonlyMap<string, Expression> | undefined,
): Promise<boolean | Error> {
  const errors: string[] = [];
  try {
    const { evaluations } = await evaluateAll(conditions, bindings, { variables, budget: BUDGET });
    for (const evaluation of evaluations) {
      if (evaluation && "error" in evaluation) errors.push(evaluation.error);
      else if (evaluation?.value === false) return false;
    }
  } catch (error) {
    if (error instanceof OutOfBudget) return error;
    throw error;
  }
  return errors.length === 0 || new Error(aggregateMessages(errors));
}
