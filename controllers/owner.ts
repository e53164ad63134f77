import { type Action, type ApiObject, controllerOf, isInvalid, isNotFound, type WriteAction } from "../client/index.ts";
import type { OwnerReference } from "../openapi/api/meta.k8s.io.v1.ts";

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
      else if (!ownerIsGoing) patches.push(patch(resource, child, [{ $patch: "delete", uid }]));
    } else if (!ownerIsGoing && !child.metadata.deletionTimestamp && matches(child)) {
      patches.push(patch(resource, child, [controllerRef(owner)]));
      owned.push(child);
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

function patch(resource: string, child: ApiObject, ownerReferences: unknown[]): WriteAction {
  const metadata = { uid: child.metadata.uid, ownerReferences };
  return { do: "patch", resource, object: child, type: "strategic", patch: { metadata } };
}
