import type { ObjectReader } from "../admission/plugin.ts";
import type { GroupResource } from "../meta/errors.ts";
import type { KubeObject } from "../meta/object.ts";
import type { Storage } from "../storage/storage.ts";
import { prefixOf } from "./generic/keys.ts";
import { storedOf } from "./generic/stored.ts";
import type { Kind } from "./kind.ts";

/** Reads the newest state from memory. @param find the kind behind a resource, in its storage version */
export function objectReader(storage: Storage, find: (resource: GroupResource) => Kind | undefined): ObjectReader {
  const known = (resource: GroupResource) => {
    const kind = find(resource);
    if (kind?.storagePrefix) return kind;
    throw new Error(`no stored resource ${resource.resource}.${resource.group}`);
  };
  return {
    // The casts: the caller names the type of the resource it asks for.
    get<T extends KubeObject>(resource: GroupResource, namespace: string, name: string) {
      const kind = known(resource);
      const change = storage.peek(prefixOf(kind, namespace) + name);
      return change && (storedOf(kind, change).object as Readonly<T>);
    },
    list<T extends KubeObject>(resource: GroupResource, namespace: string) {
      const kind = known(resource);
      return storage.values(prefixOf(kind, namespace)).map((change) => storedOf(kind, change).object as Readonly<T>);
    },
  };
}
