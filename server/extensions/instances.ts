import { everyField } from "../meta/fields.ts";
import { everything } from "../meta/labels.ts";
import type { ConditionWish } from "../registry/apiextensions/conditions.ts";
import type { ListRequest, RequestScope, ResourceStore } from "../registry/store.ts";
import type { Clock } from "../storage/clock.ts";
import type { Storage } from "../storage/storage.ts";
import { terminating } from "./definition-controller.ts";

const PATIENCE_MILLISECONDS = 60_000;

const ALL: ListRequest = {
  namespace: "",
  labelSelector: everything,
  fieldSelector: everyField,
  limit: 0,
  continue: "",
  resourceVersion: "",
  resourceVersionMatch: "",
};

/**
 * Deletes all objects of a definition and waits for their finalizers.
 * (apiextensions-apiserver/pkg/controller/finalizer deleteInstances)
 */
export async function removeInstances(
  store: ResourceStore,
  scope: RequestScope,
  { storage, clock }: { readonly storage: Storage; readonly clock: Clock },
): Promise<ConditionWish> {
  try {
    await store.deleteCollection(ALL, {}, scope);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return terminating("True", "InstanceDeletionFailed", `could not issue all deletes: ${reason}`);
  }
  const isEmpty = await waitUntilEmpty(storage, store.kind.storagePrefix, clock);
  if (isEmpty) return terminating("False", "InstanceDeletionCompleted", "removed all instances");
  const text = "could not confirm zero CustomResources remaining: timed out waiting for the condition";
  return terminating("True", "InstanceDeletionCheck", text);
}

/** @returns false when there was something left for too long */
function waitUntilEmpty(storage: Storage, prefix: string, clock: Clock): Promise<boolean> {
  if (storage.count(prefix) === 0) return Promise.resolve(true);
  return new Promise((resolve) => {
    const finish = (isEmpty: boolean) => {
      unwatch();
      cancel();
      resolve(isEmpty);
    };
    const unwatch = storage.watch(prefix, 0, {
      send({ type }) {
        if (type === "delete" && storage.count(prefix) === 0) queueMicrotask(() => finish(true));
        return true;
      },
      end: () => queueMicrotask(() => finish(false)),
    });
    const cancel = clock.after(PATIENCE_MILLISECONDS, () => finish(storage.count(prefix) === 0));
  });
}
