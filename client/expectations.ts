import type { Clock } from "./clock.ts";
import type { Informer } from "./informer.ts";
import type { ApiObject, Key } from "./resource.ts";

/** Expectations that are not met by then are given up. (ExpectationsTimeout in pkg/controller/controller_utils.go) */
const TIMEOUT_MS = 5 * 60_000;

interface Expectation {
  informer: Informer<ApiObject>;
  isMet(): boolean;
  until: number;
}

/** Compares resourceVersions, decimal numbers of any length. (KEP-5504) */
export function isAtLeast(version: string, wanted: string): boolean {
  return version.length === wanted.length ? version >= wanted : version.length > wanted.length;
}

/**
 * What a key's own last writes must have brought into the caches before it is reconciled again. Upstream counts
 * creates and deletes (ControllerExpectations); here each write is expected by its resourceVersion or uid.
 */
export class Expectations {
  readonly #clock: Clock;
  readonly #byKey = new Map<Key, Expectation[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The cache will show the object at the version that the server answered, or one after it. */
  expectWrite(key: Key, informer: Informer<ApiObject>, object: ApiObject): void {
    const version = object.metadata.resourceVersion;
    const uid = object.metadata.uid;
    if (!version || !uid) return;
    this.#add(key, informer, () => {
      const cached = informer.lister.byUid(uid);
      return (
        isAtLeast(informer.latestResourceVersion(), version) ||
        (cached !== undefined && isAtLeast(cached.metadata.resourceVersion ?? "", version))
      );
    });
  }

  /** The cache will lose the object, or show it as being deleted. */
  expectDelete(key: Key, informer: Informer<ApiObject>, uid: string): void {
    this.#add(key, informer, () => {
      const cached = informer.lister.byUid(uid);
      return !cached || cached.metadata.deletionTimestamp !== undefined;
    });
  }

  /** True when nothing is outstanding. Also forgets what is met or too old. */
  areMet(key: Key): boolean {
    const now = this.#clock.now().getTime();
    const open = this.#byKey.get(key)?.filter((one) => one.until > now && !one.isMet()) ?? [];
    if (open.length) this.#byKey.set(key, open);
    else this.#byKey.delete(key);
    return !open.length;
  }

  /** Keys that wait for something. */
  waiting(): Key[] {
    return [...this.#byKey.keys()];
  }

  #add(key: Key, informer: Informer<ApiObject>, isMet: () => boolean): void {
    if (isMet()) return;
    const list = this.#byKey.get(key) ?? [];
    list.push({ informer, isMet, until: this.#clock.now().getTime() + TIMEOUT_MS });
    this.#byKey.set(key, list);
  }
}
