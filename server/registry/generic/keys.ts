import { badRequest, type GroupResource, StatusError } from "../../meta/errors.ts";
import { validatePathSegmentName } from "../../meta/names.ts";
import type { Kind } from "../kind.ts";
import type { RequestScope } from "../store.ts";

/** Where an object is kept. @throws StatusError 400 (NamespaceKeyFunc, NoNamespaceKeyFunc of generic/registry/store.go) */
export function keyOf(kind: Kind, namespace: string, name: string): string {
  if (kind.namespaced && !namespace) throw badRequest("Namespace parameter required.");
  if (!name) throw badRequest("Name parameter required.");
  requireStorage(kind);
  const messages = validatePathSegmentName(name);
  if (messages.length > 0) {
    throw badRequest(`Name parameter invalid: ${JSON.stringify(name)}: ${messages.join(";")}`);
  }
  return prefixOf(kind, namespace) + name;
}

/** The resource as the client named it: Events are served in two groups. */
export function resourceOf(kind: Kind, { requestVersion }: Pick<RequestScope, "requestVersion">): GroupResource {
  const group = kind.definition.versions ? (requestVersion?.group ?? kind.group) : kind.group;
  return { group, resource: kind.plural };
}

/** Kinds that are not stored need a definition that says what they do. @throws StatusError 501 */
export function requireStorage({ storagePrefix, plural, group }: Kind): void {
  if (storagePrefix) return;
  const resource = group ? `${plural}.${group}` : plural;
  throw new StatusError(501, "NotImplemented", `${resource} is not implemented on this server yet`);
}

/** What all keys of a namespace (or of all namespaces) start with. */
export function prefixOf(kind: Kind, namespace: string): string {
  return kind.namespaced && namespace ? `${kind.storagePrefix}${namespace}/` : kind.storagePrefix;
}
