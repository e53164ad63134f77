import { deepCopy } from "../../meta/equality.ts";
import { notFound, StatusError } from "../../meta/errors.ts";
import type { KubeObject } from "../../meta/object.ts";
import type { RequestScope } from "../store.ts";
import { ensureNamespace, wipeSystemFields } from "./before-create.ts";
import { deleteOne } from "./delete.ts";
import { admissionAttributes, requestContext, type StoreContext } from "./environment.ts";
import { keyOf } from "./keys.ts";
import { trackCreated } from "./managed-fields.ts";
import { storedOf } from "./stored.ts";
import { putObject } from "./write.ts";

export interface SubresourceRequest {
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
  readonly body: KubeObject;
  /** Sent to the collection of a kind of its own: bindings. */
  readonly throughOther: boolean;
}

/** POST to a subresource that acts: binding, eviction, token. Admission sees the body. (handlers/create.go) */
export async function createSubresource(
  store: StoreContext,
  request: SubresourceRequest,
  scope: RequestScope,
): Promise<KubeObject> {
  const { kind, admission } = store;
  const { namespace, name, subresource, body } = request;
  const definition = kind.subresources.get(subresource);
  if (!definition?.create) {
    throw new StatusError(501, "NotImplemented", `${kind.plural}/${subresource} cannot be created on this server yet`);
  }
  definition.defaults?.(body);
  if (!definition.keepsSystemFields || request.throughOther) wipeSystemFields(body.metadata);
  ensureNamespace(kind, namespace, body);
  trackCreated(definition, subresource, body, scope);
  const attributes = admissionAttributes(kind, scope, {
    operation: "CREATE",
    subresource,
    subresourceKind: definition.kind,
    namespace,
    name,
    object: body,
    oldObject: undefined,
  });
  await admission.admit(attributes);
  const context = requestContext(store, scope);
  const read = () => {
    const change = store.storage.peek(keyOf(kind, namespace, name));
    if (!change) throw notFound({ group: kind.group, resource: kind.plural }, name);
    return storedOf(kind, change);
  };
  const admitted = attributes.object ?? body;
  await admission.validate({ ...attributes, object: admitted });
  return definition.create({
    namespace,
    name,
    body: admitted,
    dryRun: scope.dryRun,
    context,
    // The casts: the caller names its own kind.
    get: async <T extends KubeObject>() => deepCopy(read().object) as T,
    async update<T extends KubeObject>(change: (current: T) => void): Promise<T> {
      for (;;) {
        const current = read();
        const object = deepCopy(current.object) as T;
        change(object);
        if (scope.dryRun) return object;
        const stored = await putObject(store, keyOf(kind, namespace, name), object, current.revision);
        if (!stored) continue;
        await kind.definition.afterCommit?.(object, current.object, context);
        return object;
      }
    },
    async delete(options) {
      await deleteOne(store, { namespace, name, options }, scope);
    },
  });
}
