import {
  type Action,
  type ApiObject,
  controllerOf,
  isEmptySelector,
  isInvalid,
  isNotFound,
  type Key,
  keyOf,
  type Lister,
  matchesSelector,
  type WriteAction,
} from "../client/index.ts";
import type { LabelSelector, OwnerReference } from "../openapi/api/meta.k8s.io.v1.ts";

/** Go's kinds have no TypeMeta inside the server; on the wire every object does. */
export function controllerRef(owner: ApiObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion ?? "",
    kind: owner.kind ?? "",
    name: owner.metadata.name ?? "",
    uid: owner.metadata.uid ?? "",
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Whether an object's controller is this very one. (metav1.IsControlledBy) */
export function isOwnedBy(object: ApiObject, owner: ApiObject): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid;
}

/** Keys of those that would take in a child which nobody has: of its namespace, with a selector that selects it. */
export function keysOfWanting<
  T extends ApiObject & { readonly spec: { readonly selector?: LabelSelector | undefined } },
>(child: ApiObject, owners: Pick<Lister<T>, "byNamespace">): Key[] {
  const { namespace = "", labels } = child.metadata;
  if (controllerOf(child)) return [];
  return owners
    .byNamespace(namespace)
    .filter(({ spec }) => !isEmptySelector(spec.selector) && matchesSelector(spec.selector, labels))
    .map(keyOf);
}

/** Which children a controller holds, and the patches that take in or let go some. */
export interface Claim<T> {
  owned: T[];
  actions: Action[];
}

/**
 * Owned children that match stay; owned ones that do not are released; matching orphans are adopted, unless either is
 * being deleted. (pkg/controller/controller_ref_manager.go)
 */
export function claim<T extends ApiObject>(
  owner: ApiObject,
  resource: string,
  candidates: readonly T[],
  matches: (child: T) => boolean,
  /** Given to whom it takes in, taken from whom it lets go. */
  finalizers: readonly string[] = [],
): Claim<T> {
  const owned: T[] = [];
  const patches: WriteAction[] = [];
  const ownerIsGoing = owner.metadata.deletionTimestamp !== undefined;
  const uid = owner.metadata.uid ?? "";
  for (const child of candidates) {
    const controller = controllerOf(child);
    if (controller) {
      if (controller.uid !== uid) continue;
      if (matches(child)) owned.push(child);
      else if (!ownerIsGoing)
        patches.push(
          patch(resource, child, {
            ownerReferences: [{ $patch: "delete", uid }],
            ...(finalizers.length && { "$deleteFromPrimitiveList/finalizers": finalizers }),
          }),
        );
    } else if (!ownerIsGoing && !child.metadata.deletionTimestamp && matches(child)) {
      patches.push(
        patch(resource, child, {
          ownerReferences: [controllerRef(owner)],
          ...(finalizers.length && { finalizers }),
        }),
      );
      owned.push(finalizers.length ? withFinalizers(child, finalizers) : child);
    }
  }
  if (!patches.length) return { owned, actions: [] };
  // A child that vanished, or that someone else took, is no longer ours to claim.
  const after = (results: readonly { ok: boolean; error?: unknown }[]): Action[] => {
    const failed = results.find(({ ok, error }) => !ok && !isNotFound(error) && !isInvalid(error));
    return failed ? [{ do: "fail", error: failed.error }] : [];
  };
  return { owned, actions: [{ do: "batch", actions: patches, after }] };
}

function patch(resource: string, child: ApiObject, change: Record<string, unknown>): WriteAction {
  const metadata = { uid: child.metadata.uid, ...change };
  return { do: "patch", resource, object: child, type: "strategic", patch: { metadata } };
}

function withFinalizers<T extends ApiObject>(child: T, finalizers: readonly string[]): T {
  const all = [...new Set([...(child.metadata.finalizers ?? []), ...finalizers])];
  return { ...child, metadata: { ...child.metadata, finalizers: all } };
}
