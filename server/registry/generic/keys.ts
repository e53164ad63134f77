import { badRequest } from "../../meta/errors.ts";
import { validatePathSegmentName } from "../../meta/names.ts";
import type { Kind } from "../kind.ts";

/** Where an object is kept. @throws StatusError 400 (NamespaceKeyFunc, NoNamespaceKeyFunc of generic/registry/store.go) */
export function keyOf(kind: Kind, namespace: string, name: string): string {
  if (kind.namespaced && !namespace) throw badRequest("Namespace parameter required.");
  if (!name) throw badRequest("Name parameter required.");
  const messages = validatePathSegmentName(name);
  if (messages.length > 0) {
    throw badRequest(`Name parameter invalid: ${JSON.stringify(name)}: ${messages.join(";")}`);
  }
  return prefixOf(kind, namespace) + name;
}

/** What all keys of a namespace (or of all namespaces) start with. */
export function prefixOf(kind: Kind, namespace: string): string {
  return kind.namespaced && namespace ? `${kind.storagePrefix}${namespace}/` : kind.storagePrefix;
}
