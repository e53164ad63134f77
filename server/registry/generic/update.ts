import { deepCopy, semanticEqual } from "../../meta/equality.ts";
import { conflict, invalid, notFound, StatusError } from "../../meta/errors.ts";
import { fieldInvalid } from "../../meta/field-error.ts";
import { keepTimesOfNoop } from "../../meta/managed-fields/no-op.ts";
import type { KubeObject } from "../../meta/object.ts";
import type { Kind, Subresource } from "../kind.ts";
import type { RequestScope, ResourceStore, Stored } from "../store.ts";
import { validateScale } from "../subresources.ts";
import { beforeCreate } from "./before-create.ts";
import { beforeUpdate, updateStrategy } from "./before-update.ts";
import { fillSystemFields } from "./create.ts";
import { admissionAttributes, requestContext, type StoreContext } from "./environment.ts";
import { keyOf, resourceOf } from "./keys.ts";
import { takeScaleManagers, trackFields, trackScale, withScaleManagers } from "./managed-fields.ts";
import { dedupOwnerReferences } from "./owner-references.ts";
import { checkPreconditions, keyInConflicts } from "./preconditions.ts";
import { objectRevision } from "./resource-version.ts";
import { storedOf } from "./stored.ts";
import { asServed, deleteObject, dryRunObject, putObject, rehearse } from "./write.ts";

const CHANGED = "the object has been modified; please apply your changes to the latest version and try again";

export interface UpdateRequest {
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
  readonly update: Parameters<ResourceStore["update"]>[3];
  readonly options: Parameters<ResourceStore["update"]>[4];
}

interface Updated {
  readonly stored: Stored;
  readonly created: boolean;
}

/** One update under way: the request with what is looked up once. */
interface Run extends UpdateRequest {
  readonly store: StoreContext;
  readonly key: string;
  readonly definition: Subresource<KubeObject> | undefined;
  readonly scope: RequestScope;
}

/**
 * PUT, PATCH and apply: reads, lets `update` make the new object, runs admission and strategy, and writes if nobody was
 * quicker; else all over again. @throws StatusError 403, 404, 409, 422. (generic/registry/store.go Update)
 */
export async function update(store: StoreContext, request: UpdateRequest, scope: RequestScope): Promise<Updated> {
  const { kind, storage } = store;
  const { namespace, name, subresource, options } = request;
  const key = keyOf(kind, namespace, name);
  const definition = subresource ? kind.subresources.get(subresource) : undefined;
  if (subresource && !definition) throw notFound(resourceOf(kind, scope), name);
  if (definition && kind.definition.subresources?.[subresource] === undefined && !isGeneric(definition)) {
    throw new StatusError(501, "NotImplemented", `${kind.plural}/${subresource} cannot be changed on this server yet`);
  }
  const run: Run = { ...request, store, key, definition, scope };
  const mayCreate = definition
    ? definition.allowCreateOnUpdate === true || (options.forceAllowCreate && definition.allowCreateOnApply === true)
    : options.forceAllowCreate || kind.definition.allowCreateOnUpdate === true;
  for (;;) {
    if (scope.signal.aborted) throw scope.signal.reason;
    const change = storage.peek(key);
    const current = change && (await asServed(kind, storedOf(kind, change)));
    if (!current && !mayCreate) throw notFound(resourceOf(kind, scope), name);
    const shownKey = keyInConflicts(key, scope.dryRun);
    checkPreconditions(resourceOf(kind, scope), shownKey, { uid: options.uid }, current?.object, name);
    const result = current ? await updateOnce(run, current) : await createOnce(run);
    if (result) return result;
  }
}

/** Whether it has what an update needs: hooks, or a form of its own. */
function isGeneric({ prepareForUpdate, write }: Subresource<KubeObject>): boolean {
  return prepareForUpdate !== undefined || write !== undefined;
}

/** @returns undefined when the race was lost */
async function updateOnce(run: Run, current: Stored): Promise<Updated | undefined> {
  const { store, definition, scope, namespace, key } = run;
  const { kind, admission } = store;
  const context = requestContext(store, scope);
  const old = current.object;
  const wish = definition?.write ? await wishOfOther(run, definition, old) : await wishOfOwn(run, old);
  const { object, admit } = wish;
  const request = { namespace, name: run.name };
  if (!run.subresource) await kind.definition.authorizeWrite?.(object, old, context, request);
  checkResourceVersion(run, object, old);
  const finish = run.subresource ? undefined : await kind.definition.beginWrite?.(object, old, context, scope.dryRun);
  let stored: Stored | undefined;
  try {
    await beforeUpdate(kind, { namespace, object, old, strategy: updateStrategy(kind, definition) }, context);
    object.metadata = keepTimesOfNoop(object, old).metadata;
    await admission.validate(admit());
    // Storage keeps none, and a rehearsal never gets there. (storage/api_object_versioner.go PrepareObjectForStorage)
    if (!scope.dryRun) delete object.metadata.selfLink;
    if (endsDeletion(kind, object, old)) return await deleteDuringUpdate(run, object, current);
    const mustWrite =
      current.revision === current.createRevision && kind.definition.rewrittenByFirstUpdate?.(current.object);
    // That nothing changed is how users have all be encrypted with a new key.
    if (!mustWrite && semanticEqual(object, old) && !store.storage.isStale(key))
      return { stored: current, created: false };
    stored = scope.dryRun ? await rehearse(kind, key, object) : await putObject(store, key, object, current.revision);
  } finally {
    await finish?.(stored !== undefined && !scope.dryRun);
  }
  if (!stored) return undefined;
  if (!scope.dryRun) await kind.definition.afterCommit?.(object, old, context);
  return { stored, created: false };
}

/** The new object, and what validating admission is to see. */
interface Wish {
  readonly object: KubeObject;
  admit(): ReturnType<typeof admissionAttributes>;
}

/** PUT, PATCH or apply of the object itself, or of a subresource that has its kind. */
async function wishOfOwn(run: Run, old: Readonly<KubeObject>): Promise<Wish> {
  const { store, scope, namespace, name, subresource } = run;
  const { kind, admission } = store;
  const sent = await run.update(run.options.readsOnly ? old : deepCopy(old));
  if (run.options.managedFields === "update") {
    if (!run.options.patched) dedupOwnerReferences(sent, scope.warn, "as sent");
    trackFields(kind, subresource, { object: sent, live: old }, scope);
  }
  const attributes = (object: KubeObject) =>
    admissionAttributes(kind, scope, { operation: "UPDATE", subresource, namespace, name, object, oldObject: old });
  const mutating = attributes(sent);
  await admission.admit(mutating);
  const object = mutating.object ?? sent;
  dedupOwnerReferences(object, scope.warn, "after admission");
  return { object, admit: () => attributes(object) };
}

/** A subresource with a kind of its own (Scale): `update` and admission see it in that form; the object changes through it. */
async function wishOfOther(run: Run, definition: Subresource<KubeObject>, old: Readonly<KubeObject>): Promise<Wish> {
  const { store, scope, namespace, name, subresource } = run;
  const { kind, admission } = store;
  const read = (object: KubeObject) => definition.readForUpdate?.(object) ?? definition.read?.(object) ?? object;
  const oldForm = withScaleManagers(kind, read(deepCopy(old)), old);
  const sent = await run.update(deepCopy(oldForm));
  if (run.options.managedFields === "update") trackScale(definition, { form: sent, oldForm }, scope);
  const attributes = (object: KubeObject) =>
    admissionAttributes(kind, scope, {
      operation: "UPDATE",
      subresource,
      subresourceKind: definition.kind,
      namespace,
      name,
      object,
      oldObject: oldForm,
    });
  const mutating = attributes(sent);
  await admission.admit(mutating);
  const form = mutating.object ?? sent;
  // Custom resources judge their own replicas.
  const errors = kind.custom ? [] : validateScale(form);
  if (errors.length > 0) throw invalid(definition.kind ?? kind, form.metadata.name ?? "", errors);
  const object = deepCopy(old);
  const { uid, resourceVersion } = form.metadata;
  if (!kind.custom && uid && uid !== old.metadata.uid) {
    const text = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`;
    throw conflict({ group: kind.group, resource: `${kind.plural}/${subresource}` }, name, text);
  }
  if (resourceVersion) object.metadata.resourceVersion = resourceVersion;
  definition.write?.(form, object);
  takeScaleManagers(kind, form, object);
  return { object, admit: () => attributes(read(deepCopy(object))) };
}

function checkResourceVersion({ store: { kind }, name, scope }: Run, object: KubeObject, old: KubeObject): void {
  const { group, resource } = resourceOf(kind, scope);
  const { resourceVersion = "" } = object.metadata;
  if (objectRevision(resourceVersion) === 0) {
    if (kind.definition.allowUnconditionalUpdate ?? true) {
      object.metadata.resourceVersion = old.metadata.resourceVersion;
      return;
    }
    const error = fieldInvalid("metadata.resourceVersion", 0, "must be specified for an update");
    // Upstream puts the resource where the kind belongs.
    throw invalid({ group, kind: resource }, name, [error]);
  }
  if (resourceVersion !== old.metadata.resourceVersion) throw conflict({ group, resource }, name, CHANGED);
}

/** The last finalizer went away and the grace period is over. (ShouldDeleteDuringUpdate) */
function endsDeletion(kind: Kind, object: KubeObject, old: KubeObject): boolean {
  if (object.metadata.finalizers?.length || !old.metadata.deletionTimestamp) return false;
  if (old.metadata.deletionGracePeriodSeconds) return false;
  return kind.definition.shouldDeleteDuringUpdate?.(object, old) ?? true;
}

/** The client gets the object as it sent it, as after any update. */
async function deleteDuringUpdate(run: Run, object: KubeObject, current: Stored): Promise<Updated | undefined> {
  const { store, scope, key } = run;
  const { kind } = store;
  const answer = dryRunObject(kind, key, object);
  if (scope.dryRun) return { stored: answer, created: false };
  const deleted = await deleteObject(store, key, current);
  if (!deleted) return undefined;
  await kind.definition.afterCommit?.(undefined, current.object, requestContext(store, scope));
  return { stored: answer, created: false };
}

/** Creation by PUT or apply. @returns undefined when someone else created it meanwhile */
async function createOnce(run: Run): Promise<Updated | undefined> {
  const { store, scope, namespace, name, subresource, key } = run;
  const { kind, admission } = store;
  const context = requestContext(store, scope);
  const sent = await run.update(undefined);
  if (run.options.managedFields === "update") {
    dedupOwnerReferences(sent, scope.warn, "as sent");
    trackFields(kind, subresource, { object: sent, live: undefined }, scope);
  }
  const options = { ...scope.options, kind: "CreateOptions" };
  const attributes = (object: KubeObject) =>
    admissionAttributes(kind, scope, {
      operation: "CREATE",
      subresource,
      namespace,
      name,
      object,
      oldObject: undefined,
      options,
    });
  const mutating = attributes(sent);
  await admission.admit(mutating);
  const object = mutating.object ?? sent;
  dedupOwnerReferences(object, scope.warn, "after admission");
  objectRevision(object.metadata.resourceVersion ?? ""); // one that is none is refused here too
  await kind.definition.authorizeWrite?.(object, undefined, context, { namespace, name });
  fillSystemFields(store, object, scope);
  // Upstream allocates nothing either to what comes into being by way of its status.
  const finish = subresource ? undefined : await kind.definition.beginWrite?.(object, undefined, context, scope.dryRun);
  let stored: Stored | undefined;
  try {
    beforeCreate(kind, namespace, object, context);
    await admission.validate(attributes(object));
    stored = scope.dryRun ? await rehearse(kind, key, object) : await putObject(store, key, object, 0);
  } finally {
    await finish?.(stored !== undefined && !scope.dryRun);
  }
  if (stored && !scope.dryRun) await kind.definition.afterCommit?.(object, undefined, context);
  return stored && { stored, created: true };
}
