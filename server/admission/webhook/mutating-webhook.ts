import type { MutatingWebhook } from "../../../openapi/api/admissionregistration.k8s.io.v1.ts";
import { encodeAny } from "../../../openapi/encode.ts";
import { parseJson } from "../../../openapi/exact-json.ts";
import { syntaxErrorOf } from "../../../openapi/json-tree.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { internalError } from "../../meta/errors.ts";
import { goQuote } from "../../meta/go-quote.ts";
import { applyJsonPatch } from "../../meta/json-patch/apply.ts";
import type { JsonPatchOperation } from "../../meta/json-patch/operation.ts";
import { parseJsonPatch } from "../../meta/json-patch/parse.ts";
import type { Members } from "../../meta/members.ts";
import { Authorization } from "../cel/authorization.ts";
import { observeWebhook } from "../observer.ts";
import type { AdmissionAttributes, AdmissionContext, AdmissionPlugin } from "../plugin.ts";
import { Reinvocation } from "../reinvocation.ts";
import { type CallEnvironment, CallError, callHook, outcomeOf, Rejected, rejection } from "./call.ts";
import type { Hook, Hooks } from "./hooks.ts";
import { invocationFor, isExempt } from "./match.ts";
import type { Verdict } from "./review.ts";
import { type Invocation, VersionedObject } from "./versions.ts";

const NAME = "MutatingAdmissionWebhook";
const DOMAIN = "mutation.webhook.admission.k8s.io";

/** Asks one after another, each seeing what the ones before it changed. (plugin/webhook/mutating) */
export function mutatingAdmissionWebhook(hooks: Hooks, environment: CallEnvironment): AdmissionPlugin {
  return {
    name: NAME,
    operations: ["CREATE", "UPDATE", "DELETE", "CONNECT"],
    admit(attributes, context) {
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
  attributes.reinvocation ??= new Reinvocation();
  const { reinvocation } = attributes;
  const memory = reinvocation.of(NAME);
  if (reinvocation.isReinvoke) memory.resume(attributes.object);
  const authorization = new Authorization(attributes.user, authorizer);
  try {
    for (const [index, hook] of hooks.entries()) {
      const invocation = await invocationFor(hook, attributes, { reader, served: environment.served, authorization });
      if (!invocation || (reinvocation.isReinvoke && !memory.isDue(hook.id))) continue;
      await ask(hook, invocation, { index, attributes, reinvocation, environment });
    }
  } finally {
    memory.suspend(attributes.object);
  }
}

interface Turn {
  readonly index: number;
  readonly attributes: AdmissionAttributes;
  readonly reinvocation: Reinvocation;
  readonly environment: CallEnvironment;
}

async function ask(hook: Hook, invocation: Invocation, turn: Turn): Promise<void> {
  const { index, attributes, reinvocation, environment } = turn;
  // The cast: only mutating configurations are followed here.
  const { name, failurePolicy, reinvocationPolicy } = hook.webhook as MutatingWebhook;
  const round = `round_${reinvocation.isReinvoke ? 1 : 0}_index_${index}`;
  const call = { name, type: "admit", operation: attributes.operation } as const;
  let changed = false;
  let failure: unknown;
  try {
    changed = await observeWebhook(environment.observer, call, {
      run: async () => {
        const verdict = await callHook(hook, invocation, attributes, { mutating: true, environment });
        if (!verdict.allowed) throw new Rejected(rejection(name, verdict.result));
        return patch(name, verdict, invocation, turn);
      },
      outcomeOf: (error) => outcomeOf(error, failurePolicy),
    });
  } catch (error) {
    failure = error instanceof Rejected ? error.error : error;
  }
  const note = { configuration: hook.configuration, webhook: name, mutated: changed };
  attributes.annotate(`${DOMAIN}/${round}`, encodeAny(note));
  if (changed) {
    reinvocation.of(NAME).requireInvoked();
    reinvocation.required = true;
  }
  if (reinvocationPolicy === "IfNeeded") reinvocation.of(NAME).addInvoked(hook.id);
  if (failure === undefined) return;
  if (!(failure instanceof CallError)) throw failure;
  if (failurePolicy !== "Ignore") throw internalError(failure.message);
  environment.observer?.failOpen(call);
  attributes.annotate(`failed-open.${DOMAIN}/${round}`, name);
}

/** @returns whether the object is another one now. @throws CallError, StatusError 500 */
function patch(
  name: string,
  { patch: text, patchType }: Verdict,
  { kind }: Invocation,
  { attributes, environment }: Turn,
): boolean {
  if (!text) return false;
  const operations = parse(name, text);
  if (operations.length === 0) return false;
  const { object, group, resource } = attributes;
  if (!object) {
    const what = `admission webhook ${goQuote(name)} attempted to modify the object`;
    throw internalError(`${what}, which is not supported for this operation`);
  }
  if (patchType !== "JSONPatch") throw new CallError(name, `unsupported patch type ${goQuote(patchType)}`);
  const versioned = new VersionedObject(kind, environment.served(group, resource));
  try {
    const sent = parseJson(versioned.encode(versioned.fromStorage(object))) as Members; // encoded here
    const patched = versioned.toStorage(applyJsonPatch(sent, operations));
    const changed = !semanticEqual(patched, object);
    attributes.object = patched;
    return changed;
  } catch (error) {
    throw internalError(error instanceof Error ? error.message : String(error));
  }
}

function parse(name: string, text: string): readonly JsonPatchOperation[] {
  try {
    return parseJsonPatch(parseJson(text), false).operations;
  } catch (error) {
    const message = syntaxErrorOf(text) || (error instanceof Error ? error.message : String(error));
    throw new CallError(name, `received undecodable patch in webhook response: ${message}`);
  }
}
