import type { GroupResource } from "../meta/errors.ts";
import type { KubeObject } from "../meta/object.ts";

/** Receives the objects of one resource, as an informer's handler does. */
export interface ObjectHandler<T extends KubeObject> {
  /** Added or changed; called for everything present before `watch` returns. Shared: copy before change. */
  set(object: Readonly<T>): void;
  remove(object: Readonly<T>): void;
}

/**
 * Follows objects in memory, in commit order, on the server's own behalf: what lets authorizers keep indexes in place
 * of looking everything up for each request. Passed in by start.ts.
 */
export interface ObjectWatch {
  /** @returns stops it. */
  watch<T extends KubeObject>(resource: GroupResource, handler: ObjectHandler<T>): () => void;
}
