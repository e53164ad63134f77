import { deepCopy, semanticEqual } from "../../meta/equality.ts";
import { notFound } from "../../meta/errors.ts";
import type { KubeObject } from "../../meta/object.ts";
import type { Kind } from "../kind.ts";
import type { DeleteOptions, Preconditions, RequestScope, Stored } from "../store.ts";
import { admissionAttributes, requestContext, type StoreContext } from "./environment.ts";
import { deletionFinalizers } from "./garbage-collection.ts";
import { beforeDelete, markAsDeleting } from "./graceful-deletion.ts";
import { keyOf, resourceOf } from "./keys.ts";
import { checkPreconditions, keyInConflicts } from "./preconditions.ts";
import { storedOf } from "./stored.ts";
import { asServed, deleteObject, putObject, rehearse } from "./write.ts";

export interface DeleteRequest {
  readonly namespace: string;
  readonly name: string;
  readonly options: DeleteOptions;
}

interface Deleted {
  readonly stored: Stored;
  readonly deleted: boolean;
}

/** One deletion under way. */
interface Run extends DeleteRequest {
  readonly store: StoreContext;
  readonly key: string;
  readonly scope: RequestScope;
  /** Asked for by the request, or by the options alone (those inside an Eviction). */
  readonly dryRun: boolean;
  /** Runs admission once for a state of the object. */
  admit(current: Stored): Promise<void>;
}

/**
 * DELETE: marks what is deleted gracefully or has finalizers, deletes what is due.
 * @throws StatusError 403, 404, 409, 422. (generic/registry/store.go Delete)
 */
export async function deleteOne(store: StoreContext, request: DeleteRequest, scope: RequestScope): Promise<Deleted> {
  const { kind } = store;
  const key = keyOf(kind, request.namespace, request.name);
  if (scope.verb !== "deletecollection") {
    kind.definition.beforeDelete?.(request.name, requestContext(store, scope), request.options);
  }
  let admitted: Stored | undefined;
  const run: Run = {
    ...request,
    store,
    key,
    scope,
    dryRun: scope.dryRun || (request.options.dryRun ?? []).length > 0,
    async admit(current) {
      if (admitted === current) return;
      await admit(store, request, current, scope);
      admitted = current;
    },
  };
  for (;;) {
    if (scope.signal.aborted) throw scope.signal.reason;
    const result = await attempt(run, await read(run));
    if (result) return result;
  }
}

function read({ store, key, name, scope }: Run): Stored | Promise<Stored> {
  const change = store.storage.peek(key);
  if (!change) throw notFound(resourceOf(store.kind, scope), name);
  return asServed(store.kind, storedOf(store.kind, change));
}

async function admit(store: StoreContext, request: DeleteRequest, current: Stored, scope: RequestScope) {
  const { kind, admission } = store;
  const attributes = admissionAttributes(kind, scope, {
    operation: "DELETE",
    namespace: kind.plural === "namespaces" && kind.group === "" ? request.name : request.namespace,
    // Of a collection upstream's plugins, webhooks and policies are not told which object it is. (AdmissionToValidateObjectDeleteFunc)
    name: scope.verb === "deletecollection" ? "" : request.name,
    object: undefined,
    oldObject: current.object,
  });
  await admission.admit(attributes);
  await admission.validate(attributes);
}

/** @returns undefined when the race was lost */
async function attempt(run: Run, current: Stored): Promise<Deleted | undefined> {
  const { store, scope, options, key, name, dryRun } = run;
  const { kind } = store;
  const context = requestContext(store, scope);
  const object = draftOf(kind, current.object);
  const preconditions: Preconditions = options.preconditions ?? {};
  const shownKey = keyInConflicts(key, dryRun);
  const decision = kind.definition.deletion?.(object, context, options);
  if (decision === "wait") return { stored: current, deleted: false };
  if (decision === "mark") {
    await run.admit(current);
    return mark(run, object, current);
  }
  const plan = beforeDelete(kind, object, options, context);
  if (plan.pending) return { stored: current, deleted: false };
  const finalizers = deletionFinalizers(kind, object, options);
  if (plan.graceful || object.metadata.finalizers?.length || finalizers) {
    checkPreconditions(resourceOf(kind, scope), shownKey, preconditions, current.object, name);
    await run.admit(current);
    if (finalizers) setFinalizers(object, finalizers);
    const waits = (object.metadata.finalizers?.length ?? 0) > 0;
    if (waits && !plan.graceful) markAsDeleting(object, scope.now);
    if (waits || (plan.graceful && plan.gracePeriodSeconds !== 0)) return mark(run, object, current);
    // Upstream writes the passed grace period first and deletes then; watchers see both.
    if (plan.graceful) {
      if (dryRun) return { stored: await rehearse(kind, key, object), deleted: true };
      const marked = await putObject(store, key, object, current.revision);
      return marked && remove(run, marked, {});
    }
  }
  checkPreconditions(resourceOf(kind, scope), shownKey, preconditions, current.object, name);
  await run.admit(current);
  return remove(run, current, preconditions);
}

/**
 * What a deletion changes is metadata; the rest, most of an object, is shared with the one that is stored. Kinds with a
 * deletion of their own change more, and custom resources are converted in place.
 */
function draftOf({ custom, definition }: Kind, object: Readonly<KubeObject>): KubeObject {
  if (custom || definition.deletion) return deepCopy(object) as KubeObject;
  return { ...object, metadata: deepCopy(object.metadata) as KubeObject["metadata"] };
}

function setFinalizers({ metadata }: KubeObject, finalizers: string[]): void {
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
}

async function mark(run: Run, object: KubeObject, current: Stored): Promise<Deleted | undefined> {
  const { store, scope, key, dryRun } = run;
  if (dryRun) return { stored: await rehearse(store.kind, key, object), deleted: false };
  const old = current.object;
  // Deleted before, and still waiting: nothing to write.
  if (semanticEqual(object, old)) return { stored: current, deleted: false };
  const stored = await putObject(store, key, object, current.revision);
  if (stored) await store.kind.definition.afterCommit?.(object, old, requestContext(store, scope));
  return stored && { stored, deleted: false };
}

async function remove(run: Run, current: Stored, preconditions: Preconditions): Promise<Deleted | undefined> {
  const { store, scope, key, name, dryRun } = run;
  checkPreconditions(resourceOf(store.kind, scope), keyInConflicts(key, dryRun), preconditions, current.object, name);
  if (dryRun) return { stored: current, deleted: true };
  const last = current.object;
  const stored = await deleteObject(store, key, current);
  if (stored) await store.kind.definition.afterCommit?.(undefined, last, requestContext(store, scope));
  return stored && { stored, deleted: true };
}
