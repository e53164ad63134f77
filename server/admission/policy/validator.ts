import type { ValidatingAdmissionPolicy, Validation } from "../../../openapi/api/admissionregistration.k8s.io.v1.ts";
import { BOOL, NULL, STRING } from "../../cel/types.ts";
import { typeName } from "../../cel/values.ts";
import type { Scope } from "../cel/declarations.ts";
import { type Bindings, type Evaluation, evaluateAll, OutOfBudget } from "../cel/evaluation.ts";
import { compileExpression, compileVariables, typesOf } from "../cel/expression.ts";
import { matchConditions } from "../cel/match-conditions.ts";
import type { PolicyInput } from "./policy-input.ts";

/** For all expressions of one policy, binding and parameter. (apiserver/pkg/apis/cel RuntimeCELCostBudget) */
export const POLICY_BUDGET = 10_000_000;
const MAX_MESSAGE_BYTES = 5 * 1024;

/** What became of one validation. An error that is let through is no denial. */
export interface Decision {
  readonly action: "admit" | "deny";
  readonly message: string;
  readonly reason: string;
}

export type AuditAnnotation =
  | { readonly key: string; readonly value: string }
  | { readonly key: string; readonly error: string };

export interface Verdict {
  /** In the order of the validations. */
  readonly decisions: readonly Decision[];
  readonly auditAnnotations: readonly AuditAnnotation[];
}

/** Evaluates a policy over one request and one parameter. */
export type Validator = (input: PolicyInput) => Promise<Verdict>;

/** Expressions are compiled when the policy is first in force. (plugin/policy/validating/{plugin,validator}.go) */
export function compileValidator({ spec }: Readonly<ValidatingAdmissionPolicy>): Validator {
  const { validations = [], auditAnnotations = [], failurePolicy, paramKind } = spec;
  const scope: Scope = { hasParams: paramKind !== undefined, hasAuthorizer: true };
  const variables = compileVariables(spec.variables ?? [], scope);
  const full: Scope = { ...scope, variables: typesOf(variables) };
  const isIgnored = failurePolicy === "Ignore";
  const conditions = matchConditions(spec, full, variables);
  const expressions = validations.map(({ expression }) => compileExpression(expression, [BOOL], full));
  const messages = validations.map(({ messageExpression }) =>
    messageExpression ? compileExpression(messageExpression, [STRING], { ...full, hasAuthorizer: false }) : undefined,
  );
  const annotations = auditAnnotations.map(({ valueExpression }) =>
    compileExpression(valueExpression, [STRING, NULL], full),
  );
  const failed = (message: string): Decision => ({ action: isIgnored ? "admit" : "deny", message, reason: "" });
  const failedAltogether = (error: unknown): Verdict => {
    if (!(error instanceof Error)) throw error;
    return { decisions: [failed(error.message)], auditAnnotations: [] };
  };

  const decide = async (bindings: Bindings): Promise<readonly Decision[]> => {
    const { evaluations, remaining } = await evaluateAll(expressions, bindings, { variables, budget: POLICY_BUDGET });
    const told = await evaluateMessages(remaining, bindings);
    return validations.map((validation, index): Decision => {
      const evaluation = evaluations[index];
      if (!evaluation) return failed("");
      if ("error" in evaluation) return failed(evaluation.error);
      if (told instanceof OutOfBudget) return failed(`failed messageExpression: ${told.message}`);
      if (evaluation.value === true) return { action: "admit", message: "", reason: "" };
      const message = messageOf(validation, told[index]);
      return { action: "deny", message, reason: validation.reason ?? "Invalid" };
    });
  };
  const evaluateMessages = async (budget: number, { authorizer: _, ...bindings }: Bindings) => {
    try {
      return (await evaluateAll(messages, bindings, { variables, budget })).evaluations;
    } catch (error) {
      if (error instanceof OutOfBudget) return error;
      throw error;
    }
  };
  const annotate = async ({ authorizer: _, ...bindings }: Bindings): Promise<readonly AuditAnnotation[]> => {
    const options = { variables, budget: POLICY_BUDGET };
    const { evaluations } = await evaluateAll(annotations, bindings, options);
    return auditAnnotations.flatMap(({ key, valueExpression }, index) =>
      annotation(key, valueExpression, evaluations[index], isIgnored),
    );
  };

  return async ({ bindings, conditions: forConditions }) => {
    try {
      if (conditions && !(await conditions(forConditions))) return { decisions: [], auditAnnotations: [] };
      const decisions = await decide(bindings);
      return { decisions, auditAnnotations: await annotate(bindings) };
    } catch (error) {
      return failedAltogether(error);
    }
  };
}

/** The first of messageExpression, message and expression that has something to say. */
function messageOf({ message, expression }: Readonly<Validation>, told: Evaluation | undefined): string {
  const value = told && "value" in told && typeof told.value === "string" ? told.value.trim() : "";
  if (value && Buffer.byteLength(value) <= MAX_MESSAGE_BYTES && !value.includes("\n")) return value;
  return message?.trim() || `failed expression: ${expression.trim()}`;
}

function annotation(
  key: string,
  valueExpression: string,
  evaluation: Evaluation | undefined,
  isIgnored: boolean,
): AuditAnnotation[] {
  if (!evaluation) return [];
  if ("error" in evaluation) return isIgnored ? [] : [{ key, error: evaluation.error }];
  const { value } = evaluation;
  if (value === null) return [];
  if (typeof value === "string") return value.trim() ? [{ key, value: value.trim() }] : [];
  const type = `valueExpression '${valueExpression}' resulted in unsupported return type: ${typeName(value)}`;
  return [{ key, error: `${type}. Return type must be either string or null.` }];
}
