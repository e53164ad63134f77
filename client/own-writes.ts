import type { ApiObject } from "./resource.ts";

/**
 * What a controller has made of objects itself, so that hearing of it is no reason to look again. Follows
 * endpointslice/util/endpointslice_tracker.go.
 */
export class OwnWrites {
  /** Generation of the last write, by uid. */
  readonly #generations = new Map<string, number>();
  /** Uids. */
  readonly #deletions = new Set<string>();

  wrote({ metadata }: ApiObject): void {
    if (metadata.uid && metadata.generation !== undefined) this.#generations.set(metadata.uid, metadata.generation);
  }

  deleted(uid: string): void {
    this.#deletions.add(uid);
  }

  /** Whether what the cache shows now is all our own doing. @param isGone it has just been deleted, and is forgotten */
  explain({ metadata }: Readonly<ApiObject>, isGone: boolean): boolean {
    const uid = metadata.uid ?? "";
    if (isGone) {
      this.#generations.delete(uid);
      return this.#deletions.delete(uid);
    }
    const generation = this.#generations.get(uid);
    return generation !== undefined && (metadata.generation ?? 0) <= generation;
  }
}
