import { badRequest, StatusError } from "../../meta/errors.ts";
import { goQuote } from "../../meta/go-quote.ts";
import type { KubeObject } from "../../meta/object.ts";
import type { AdmissionObserver, WebhookOutcome } from "../observer.ts";
import type { AdmissionAttributes } from "../plugin.ts";
import type { WebhookClient } from "./client.ts";
import type { Hook } from "./hooks.ts";
import { encodeReview, requestFields, requireReview, reviewVersion, type Verdict, verifyReview } from "./review.ts";
import { type Invocation, requestedBy, type ServedVersions, VersionedObject } from "./versions.ts";

/** What webhooks are called with. */
export interface CallEnvironment {
  readonly client: WebhookClient;
  readonly served: ServedVersions;
  readonly newId: () => string;
  readonly observer?: AdmissionObserver;
}

/** The webhook could not be asked: `failurePolicy` decides what that means. */
export class CallError extends Error {
  constructor(webhook: string, reason: string) {
    super(`failed calling webhook ${goQuote(webhook)}: ${reason}`);
  }
}

/**
 * Asks one webhook. Warnings and audit annotations are passed on; whether the request is allowed is for the caller.
 * @throws CallError, or StatusError 400 when a dry run must not reach the webhook
 */
export async function callHook(
  { webhook }: Hook,
  invocation: Invocation,
  attributes: AdmissionAttributes,
  { mutating, environment }: { readonly mutating: boolean; readonly environment: CallEnvironment },
): Promise<Verdict> {
  const { name, sideEffects, admissionReviewVersions, clientConfig, timeoutSeconds = 10 } = webhook;
  const { client, served, newId } = environment;
  if (attributes.dryRun) {
    if (sideEffects === undefined) throw new CallError(name, "Webhook SideEffects is nil");
    if (sideEffects !== "None" && sideEffects !== "NoneOnDryRun") {
      throw badRequest(`admission webhook ${goQuote(name)} does not support dry run`);
    }
  }
  const version = reviewVersion(admissionReviewVersions);
  if (!version) {
    const text = "webhook does not accept known AdmissionReview versions (v1, v1beta1)";
    throw new CallError(name, `could not create admission objects: ${text}`);
  }
  const uid = newId();
  const fields = requestFields(uid, attributes, invocation, requestedBy(attributes, served));
  const versioned = new VersionedObject(invocation.kind, served(attributes.group, attributes.resource));
  const encode = (object: KubeObject | undefined) =>
    object ? versioned.encode(versioned.fromStorage(object)) : "null";
  const { object, oldObject } = attributes;
  const body = encodeReview(version, fields, { object: encode(object), oldObject: encode(oldObject), attributes });
  const answer = await attempt(name, "failed to call webhook", async () =>
    requireReview(await client.post(clientConfig, body, timeoutSeconds)),
  );
  const verdict = await attempt(name, "received invalid webhook response", () =>
    verifyReview(version, uid, mutating, answer),
  );
  for (const [key, value] of Object.entries(verdict.auditAnnotations)) attributes.annotate(`${name}/${key}`, value);
  for (const warning of verdict.warnings) attributes.warn(warning);
  return verdict;
}

async function attempt<T>(webhook: string, what: string, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw new CallError(webhook, `${what}: ${error instanceof Error ? error.message : error}`);
  }
}

/** What the client is told when a webhook says no: the webhook's own Status. (plugin/webhook/errors ToStatusErr) */
export function rejection(webhook: string, result: Verdict["result"] = {}): StatusError {
  const denied = `admission webhook ${goQuote(webhook)} denied the request`;
  const why = result.message || result.reason;
  const code = (result.code ?? 0) < 400 ? 400 : (result.code ?? 400);
  const message = why ? `${denied}: ${why}` : `${denied} without explanation`;
  return new StatusError(code, result.reason ?? "", message, result.details);
}

/** The webhook said no. */
export class Rejected {
  readonly error: StatusError;
  constructor(error: StatusError) {
    this.error = error;
  }
}

/** How metrics count what a call ended with. */
export function outcomeOf(error: unknown, failurePolicy: string | undefined): WebhookOutcome {
  if (error instanceof Rejected) return { code: error.error.code, errorType: "no_error" };
  if (!(error instanceof CallError)) return { code: 0, errorType: "apiserver_internal_error" };
  return { code: 0, ...(failurePolicy !== "Ignore" && { errorType: "calling_webhook_error" }) };
}
