import type { ObjectWatch } from "../auth/object-watch.ts";
import type { GroupResource } from "../meta/errors.ts";
import type { KubeObject } from "../meta/object.ts";
import type { Storage } from "../storage/storage.ts";
import { storedOf } from "./generic/stored.ts";
import type { Kind } from "./kind.ts";

/** Follows the newest state in memory. @param find the kind behind a resource, in its storage version */
export function objectWatch(storage: Storage, find: (resource: GroupResource) => Kind | undefined): ObjectWatch {
  return {
    watch(resource, handler) {
      const kind = find(resource);
      if (!kind?.storagePrefix) throw new Error(`no stored resource ${resource.resource}.${resource.group}`);
      // The casts: the caller names the type of the resource it asks for.
      type Handled = Parameters<typeof handler.set>[0];
      for (const change of storage.values(kind.storagePrefix)) {
        handler.set(storedOf(kind, change).object as KubeObject as Handled);
      }
      return storage.watch(kind.storagePrefix, 0, {
        send(change) {
          const object = storedOf(kind, change).object as KubeObject as Handled;
          if (change.type === "put") handler.set(object);
          else handler.remove(object);
          return true;
        },
        end: () => undefined,
      });
    },
  };
}
