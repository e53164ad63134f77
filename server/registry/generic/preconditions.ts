import { conflict, type GroupResource } from "../../meta/errors.ts";
import type { KubeObject } from "../../meta/object.ts";
import type { Preconditions } from "../store.ts";

/** Upstream puts its storage error, with code and key, into the conflict's text. (apiserver/pkg/storage/interfaces.go) */
export function checkPreconditions(
  resource: GroupResource,
  key: string,
  preconditions: Preconditions,
  object: KubeObject | undefined,
  name: string,
): void {
  const { uid, resourceVersion } = preconditions;
  const actual = object?.metadata ?? {};
  const failed =
    uid !== undefined && uid !== (actual.uid ?? "")
      ? `UID in precondition: ${uid}, UID in object meta: ${actual.uid ?? ""}`
      : resourceVersion !== undefined && resourceVersion !== (actual.resourceVersion ?? "")
        ? `ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${actual.resourceVersion ?? ""}`
        : "";
  if (!failed) return;
  const text = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: ${failed}`;
  throw conflict(resource, name, text);
}

/** The key as such a text shows it: a rehearsal never gets to the layer that knows where keys begin. (registry/dryrun.go) */
export function keyInConflicts(key: string, dryRun: boolean): string {
  return dryRun ? key.replace(/^\/registry/, "") : key;
}
