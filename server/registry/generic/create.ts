import { parseJson } from "../../../openapi/exact-json.ts";
import { deepCopy } from "../../meta/equality.ts";
import { alreadyExists, generateNameConflict, invalid, StatusError } from "../../meta/errors.ts";
import type { KubeObject } from "../../meta/object.ts";
import { generateName, randomUid } from "../../meta/random.ts";
import { rfc3339 } from "../../meta/time.ts";
import type { RequestScope, Stored } from "../store.ts";
import { beforeCreate, ensureNamespace, wipeSystemFields } from "./before-create.ts";
import { admissionAttributes, requestContext, type StoreContext } from "./environment.ts";
import { keyOf, resourceOf } from "./keys.ts";
import { trackFields } from "./managed-fields.ts";
import { dedupOwnerReferences } from "./owner-references.ts";
import { dryRunObject, putObject, rehearse } from "./write.ts";

/** With 8 random names a million objects of one prefix collide with a probability of 0.1 %. */
const NAME_ATTEMPTS = 8;

/**
 * POST: mutating admission, names and system fields, strategy, validating admission, storage. The object is the store's
 * to change. @throws StatusError 400, 403, 409, 422. (handlers/create.go, generic/registry/store.go Create)
 */
export async function create(
  store: StoreContext,
  namespace: string,
  object: KubeObject,
  scope: RequestScope,
): Promise<Stored> {
  const { kind, admission } = store;
  if (kind.definition.createOnly) return createOnly(store, namespace, object, scope);
  wipeSystemFields(object.metadata);
  ensureNamespace(kind, namespace, object);
  dedupOwnerReferences(object, scope.warn, "as sent");
  trackFields(kind, "", { object, live: undefined }, scope);
  const name = object.metadata.name ?? "";
  // A Namespace is admitted as if it were in itself.
  const admissionNamespace = kind.plural === "namespaces" && kind.group === "" ? name : namespace;
  const attributes = admissionAttributes(kind, scope, {
    operation: "CREATE",
    namespace: admissionNamespace,
    name,
    object,
    oldObject: undefined,
  });
  await admission.admit(attributes);
  const admitted = attributes.object ?? object;
  dedupOwnerReferences(admitted, scope.warn, "after admission");
  await kind.definition.authorizeWrite?.(admitted, undefined, requestContext(store, scope), { namespace, name: "" });
  const generated = !admitted.metadata.name && admitted.metadata.generateName;
  if (!generated) return createNamed(store, { namespace, admissionNamespace, object: admitted }, scope);
  for (let attempt = 1; ; attempt++) {
    try {
      const copy = attempt < NAME_ATTEMPTS ? deepCopy(admitted) : admitted;
      return await createNamed(store, { namespace, admissionNamespace, object: copy }, scope);
    } catch (error) {
      const taken = error instanceof StatusError && error.reason === "AlreadyExists";
      if (!taken || attempt === NAME_ATTEMPTS) throw error;
    }
  }
}

/** Kinds that are only asked and answered: reviews. */
async function createOnly(
  store: StoreContext,
  namespace: string,
  object: KubeObject,
  scope: RequestScope,
): Promise<Stored> {
  const { kind, admission } = store;
  const { definition } = kind;
  const context = requestContext(store, scope);
  const name = object.metadata.name ?? "";
  ensureNamespace(kind, namespace, object);
  trackFields(kind, "", { object, live: undefined }, scope);
  const attributes = admissionAttributes(kind, scope, {
    operation: "CREATE",
    namespace,
    name,
    object,
    oldObject: undefined,
  });
  await admission.admit(attributes);
  const admitted = attributes.object ?? object;
  definition.prepareForCreate?.(admitted, context);
  const errors = definition.validate?.(admitted, context) ?? [];
  if (errors.length > 0) throw invalid(kind, name, errors);
  await admission.validate({ ...attributes, object: admitted });
  const answer = (await definition.createOnly?.(admitted, context)) ?? admitted;
  return dryRunObject(kind, "", answer);
}

async function createNamed(
  store: StoreContext,
  request: { namespace: string; admissionNamespace: string; object: KubeObject },
  scope: RequestScope,
): Promise<Stored> {
  const { kind, admission, random, storage } = store;
  const { namespace, admissionNamespace, object } = request;
  const { definition } = kind;
  const context = requestContext(store, scope);
  fillSystemFields(store, object, scope);
  if (!object.metadata.name && object.metadata.generateName) {
    object.metadata.name = generateName(object.metadata.generateName, random);
  }
  const finish = await definition.beginWrite?.(object, undefined, context, scope.dryRun);
  let stored: Stored | undefined;
  try {
    beforeCreate(kind, namespace, object, context);
    const name = object.metadata.name ?? "";
    await admission.validate(
      admissionAttributes(kind, scope, {
        operation: "CREATE",
        namespace: admissionNamespace,
        name,
        object,
        oldObject: undefined,
      }),
    );
    const key = keyOf(kind, namespace, name);
    if (!scope.dryRun) {
      // Upstream's storage says so, and its plain errors have no reason.
      if (object.metadata.resourceVersion) {
        throw new StatusError(500, "", "resourceVersion should not be set on objects to be created");
      }
      stored = await putObject(store, key, object, 0);
    } else if (!storage.peek(key)) stored = await rehearse(kind, key, object);
    if (!stored) throw nameTaken(store, key, object, scope);
  } finally {
    await finish?.(stored !== undefined && !scope.dryRun);
  }
  if (!scope.dryRun) await definition.afterCommit?.(object, undefined, context);
  return stored;
}

/** (rest.FillObjectMetaSystemFields) */
export function fillSystemFields({ random }: StoreContext, { metadata }: KubeObject, { now }: RequestScope): void {
  metadata.creationTimestamp = rfc3339(now);
  metadata.uid = randomUid(random);
}

function nameTaken(
  { kind, storage }: StoreContext,
  key: string,
  { metadata }: KubeObject,
  scope: RequestScope,
): StatusError {
  const resource = resourceOf(kind, scope);
  const name = metadata.name ?? "";
  const error = metadata.generateName ? generateNameConflict(resource, name, 1) : alreadyExists(resource, name);
  const existing = storage.peek(key);
  // The cast: our own JSON.
  const other = existing && (parseJson(new TextDecoder().decode(existing.value)) as KubeObject);
  if (!other?.metadata.deletionTimestamp) return error;
  return new StatusError(error.code, error.reason, `object is being deleted: ${error.message}`, error.details);
}
