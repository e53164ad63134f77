import { authorizerValue, requestResourceValue } from "../../cel/library/authorizer.ts";
import { fail, type Value } from "../../cel/values.ts";
import { goQuote } from "../../meta/go-quote.ts";
import type { AdmissionAttributes } from "../plugin.ts";
import { type Authorization, Undecided } from "./authorization.ts";
import type { Expression } from "./expression.ts";

/** What the variables of expressions stand for in one request. Undefined shows as null. */
export interface Bindings {
  /** In the version that the policy or webhook asked for. */
  readonly object: unknown;
  readonly oldObject: unknown;
  /** AdmissionRequest without the objects. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly params?: unknown;
  readonly namespaceObject?: unknown;
  /** Absent: `authorizer` has no value, even where it is declared. */
  readonly authorizer?: Authorization;
  readonly attributes: AdmissionAttributes;
}

export type Evaluation = { readonly value: Value } | { readonly error: string };

/** All that may be spent is spent: nothing more is evaluated. */
export class OutOfBudget extends Error {
  constructor() {
    super("validation failed due to running out of cost budget, no further validation rules will be run");
  }
}

/**
 * Evaluates expressions over the same values; variables are evaluated when first used, once for all of them.
 * @param variables of the policy. Absent: there is no `variables`.
 * @param budget cost units for all of them together
 * @returns one evaluation for each expression that is there, and what is left of the budget. @throws OutOfBudget
 * (apiserver/pkg/admission/plugin/cel/{condition,activation}.go)
 */
export async function evaluateAll(
  expressions: readonly (Expression | undefined)[],
  bindings: Bindings,
  { variables, budget }: { readonly variables: ReadonlyMap<string, Expression> | undefined; readonly budget: number },
): Promise<{ readonly evaluations: readonly (Evaluation | undefined)[]; readonly remaining: number }> {
  const activation = new Activation(bindings, variables);
  const evaluations: (Evaluation | undefined)[] = [];
  let remaining = budget;
  for (const expression of expressions) {
    if (!expression) evaluations.push(undefined);
    else if (!expression.program) evaluations.push({ error: `compilation error: ${expression.error}` });
    else {
      const outcome = await activation.run(expression);
      remaining -= outcome.cost;
      if (remaining < 0) throw new OutOfBudget();
      evaluations.push(outcome.evaluation);
    }
  }
  return { evaluations, remaining };
}

class Activation {
  readonly #values: Readonly<Record<string, unknown>>;
  /** Of variables, since it was last asked for. */
  #cost = 0;

  constructor(
    { attributes, authorizer, ...bindings }: Bindings,
    variables: ReadonlyMap<string, Expression> | undefined,
  ) {
    this.#values = {
      object: bindings.object ?? null,
      oldObject: bindings.oldObject ?? null,
      params: bindings.params ?? null,
      request: bindings.request,
      namespaceObject: bindings.namespaceObject ?? null,
      ...(authorizer && {
        authorizer: authorizerValue(authorizer.user, authorizer.ask),
        "authorizer.requestResource": requestResourceValue(authorizer.user, authorizer.ask, attributes),
      }),
      ...(variables && { variables: this.#lazy(variables) }),
    };
  }

  async run({ source, program }: Expression): Promise<{ evaluation: Evaluation; cost: number }> {
    for (;;) {
      try {
        const outcome = program?.evaluate(this.#values) ?? fail("no program");
        const cost = outcome.cost + this.#cost;
        this.#cost = 0;
        const evaluation = outcome.ok
          ? { value: outcome.value }
          : { error: `expression '${source}' resulted in error: ${outcome.message}` };
        return { evaluation, cost };
      } catch (error) {
        if (!(error instanceof Undecided)) throw error;
        await error.decided;
      }
    }
  }

  /** An object whose members are evaluated when first read. (apiserver/pkg/cel/lazy) */
  #lazy(variables: ReadonlyMap<string, Expression>): Readonly<Record<string, unknown>> {
    const object = {};
    for (const [name, expression] of variables) {
      let read: (() => Value) | undefined;
      Object.defineProperty(object, name, {
        enumerable: true,
        get: () => {
          read ??= this.#variable(name, expression);
          return read();
        },
      });
    }
    return object;
  }

  /** @returns gives the value, or fails, always the same. @throws Undecided */
  #variable(name: string, { program, error }: Expression): () => Value {
    if (!program) return () => fail(`composited variable ${goQuote(name)} fails to compile: ${error}`);
    const outcome = program.evaluate(this.#values);
    this.#cost += outcome.cost;
    if (outcome.ok) return () => outcome.value;
    return () => fail(`composited variable ${goQuote(name)} fails to evaluate: ${outcome.message}`);
  }
}
