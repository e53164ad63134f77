import type { ObjectWriter } from "../admission/plugin.ts";
import { deepCopy } from "../meta/equality.ts";
import { type GroupResource, StatusError } from "../meta/errors.ts";
import type { KubeObject } from "../meta/object.ts";
import { withAppliedStatus } from "./generic/managed-fields.ts";
import type { RequestScope, ResourceStore } from "./store.ts";

/** Leaves an update when there is nothing to change. */
const UNCHANGED = new Error("unchanged");

/** Applies statuses as the server's own controllers do. */
export interface StatusWriter {
  /** Server-side apply, by force. `status` returns undefined to leave the object. @throws StatusError 404 */
  applyStatus<T extends KubeObject>(
    resource: GroupResource,
    name: string,
    status: (current: T) => unknown,
    fieldManager: string,
  ): Promise<void>;
}

/**
 * Writes on the server's own behalf, through admission and strategies like any client.
 * @param scope made anew for each write, with the server's own identity
 */
export function objectWriter(
  find: (resource: GroupResource) => ResourceStore | undefined,
  scope: () => RequestScope,
): ObjectWriter & StatusWriter {
  const store = (resource: GroupResource) => {
    const found = find(resource);
    if (!found) throw new Error(`no stored resource ${resource.resource}.${resource.group}`);
    return found;
  };
  return {
    async create(resource, object) {
      const { kind } = store(resource);
      const apiVersion = kind.group ? `${kind.group}/${kind.version}` : kind.version;
      // What comes over HTTP has its type by then; what the server makes up itself may not.
      const typed = { ...object, kind: kind.kind, apiVersion };
      const stored = await store(resource).create(object.metadata.namespace ?? "", typed, scope());
      return deepCopy(stored.object);
    },
    async update<T extends KubeObject>(
      resource: GroupResource,
      namespace: string,
      name: string,
      change: (current: T) => T | undefined,
      subresource = "",
    ) {
      let unchanged: T | undefined;
      const apply = (current: KubeObject | undefined) => {
        const next = change(deepCopy(current) as T); // the caller names the type of its resource
        if (next) return next;
        unchanged = current as T;
        throw UNCHANGED;
      };
      const options = { forceAllowCreate: false, managedFields: "update" } as const;
      try {
        const { stored } = await store(resource).update(namespace, name, subresource, apply, options, scope());
        return deepCopy(stored.object) as T;
      } catch (error) {
        if (error === UNCHANGED && unchanged) return unchanged;
        throw error;
      }
    },
    async applyStatus<T extends KubeObject>(
      resource: GroupResource,
      name: string,
      status: (current: T) => unknown,
      fieldManager: string,
    ) {
      const written = { ...scope(), fieldManager };
      const { kind } = store(resource);
      const apply = (current: KubeObject | undefined) => {
        const wanted = status(deepCopy(current) as T); // the caller names the type of its resource
        if (!current || wanted === undefined) throw UNCHANGED;
        return withAppliedStatus(kind, current, wanted, written);
      };
      const options = { forceAllowCreate: false, managedFields: "apply" } as const;
      try {
        await store(resource).update("", name, "status", apply, options, written);
      } catch (error) {
        if (error !== UNCHANGED) throw error;
      }
    },
  };
}

/** A scope for the server itself. (system:apiserver of apiserver/pkg/authentication/user) */
export function serverScope(now: Date, fieldManager = "kube-apiserver"): RequestScope {
  return {
    user: { name: "system:apiserver", groups: ["system:masters"] },
    now,
    dryRun: false,
    fieldManager,
    options: {},
    signal: AbortSignal.timeout(60_000),
    warn: () => undefined,
    annotate: () => undefined,
  };
}

/** Whether an error says that the object is not there. */
export function isNotFound(error: unknown): boolean {
  return error instanceof StatusError && error.reason === "NotFound";
}
