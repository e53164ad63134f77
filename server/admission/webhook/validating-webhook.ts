import { internalError } from "../../meta/errors.ts";
import { Authorization } from "../cel/authorization.ts";
import { observeWebhook } from "../observer.ts";
import type { AdmissionAttributes, AdmissionContext, AdmissionPlugin } from "../plugin.ts";
import { type CallEnvironment, CallError, callHook, outcomeOf, Rejected, rejection } from "./call.ts";
import type { Hook, Hooks } from "./hooks.ts";
import { invocationFor, isExempt } from "./match.ts";
import type { Invocation } from "./versions.ts";

/** Asks all that want to see the request at once; the first that answered no is what the client is told. */
export function validatingAdmissionWebhook(hooks: Hooks, environment: CallEnvironment): AdmissionPlugin {
  return {
    name: "ValidatingAdmissionWebhook",
    operations: ["CREATE", "UPDATE", "DELETE", "CONNECT"],
    validate(attributes, context) {
      const { all } = hooks;
      if (all.length === 0 || isExempt(attributes)) return;
      return dispatch(all, attributes, context, environment);
    },
  };
}

async function dispatch(
  hooks: readonly Hook[],
  attributes: AdmissionAttributes,
  { reader, authorizer }: AdmissionContext,
  environment: CallEnvironment,
): Promise<void> {
  const authorization = new Authorization(attributes.user, authorizer);
  const relevant: { readonly hook: Hook; readonly invocation: Invocation }[] = [];
  for (const hook of hooks) {
    const invocation = await invocationFor(hook, attributes, { reader, served: environment.served, authorization });
    if (invocation) relevant.push({ hook, invocation });
  }
  const errors: unknown[] = [];
  await Promise.all(
    relevant.map(async ({ hook, invocation }, index) => {
      try {
        await ask(hook, invocation, index, attributes, environment);
      } catch (error) {
        errors.push(error);
      }
    }),
  );
  if (errors.length > 0) throw errors[0];
}

async function ask(
  hook: Hook,
  invocation: Invocation,
  index: number,
  attributes: AdmissionAttributes,
  environment: CallEnvironment,
): Promise<void> {
  const { name, failurePolicy } = hook.webhook;
  const call = { name, type: "validating", operation: attributes.operation } as const;
  try {
    await observeWebhook(environment.observer, call, {
      run: async () => {
        const verdict = await callHook(hook, invocation, attributes, { mutating: false, environment });
        if (!verdict.allowed) throw new Rejected(rejection(name, verdict.result));
      },
      outcomeOf: (error) => outcomeOf(error, failurePolicy),
    });
  } catch (error) {
    if (error instanceof Rejected) throw error.error;
    if (!(error instanceof CallError)) throw error;
    if (failurePolicy !== "Ignore") throw internalError(error.message);
    environment.observer?.failOpen(call);
    attributes.annotate(`failed-open.validating.webhook.admission.k8s.io/round_0_index_${index}`, name);
  }
}
