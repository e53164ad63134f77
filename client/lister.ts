import { type ApiObject, type Key, keyOf } from "./resource.ts";

/** What a reconcile may look at: the newest known objects of one resource. All of them are read-only. */
export interface Lister<T extends ApiObject> {
  get(key: Key): Readonly<T> | undefined;
  list(): readonly Readonly<T>[];
  byNamespace(namespace: string): readonly Readonly<T>[];
  /** How many objects of a namespace there are. */
  countIn(namespace: string): number;
  /** Objects whose *controller* owner has this uid. */
  ownedBy(uid: string): readonly Readonly<T>[];
  /** What a controller owns, and what has no controller in its namespace: all that it could claim. */
  claimableBy(owner: ApiObject): readonly Readonly<T>[];
  byUid(uid: string): Readonly<T> | undefined;
  /** Objects under a value of a named index; see `Informer.addIndex`. @throws Error when there is no such index. */
  by(index: string, value: string): readonly Readonly<T>[];
}

/** The values an object is found under. */
export type IndexFunction<T> = (object: T) => readonly string[];

/** The controller among an object's owners. (metav1.GetControllerOf) */
export function controllerOf({ metadata }: ApiObject) {
  return metadata.ownerReferences?.find(({ controller }) => controller);
}

/** In place of a uid. */
const withoutController = ({ metadata }: ApiObject): string => `none in ${metadata.namespace ?? ""}`;

const isSame = (one: readonly string[], other: readonly string[]) =>
  one.length === other.length && one.every((value, at) => value === other[at]);

/** Objects of one resource with indexes that are kept as objects come and go. (client-go/tools/cache.Indexer) */
export class ObjectStore<T extends ApiObject> implements Lister<T> {
  readonly #objects = new Map<Key, T>();
  /** Each has one of its own: buckets would cost more than the objects' entries. */
  readonly #byUid = new Map<string, T>();
  readonly #functions = new Map<string, IndexFunction<T>>();
  readonly #indexes = new Map<string, Map<string, Map<Key, T>>>();

  constructor() {
    this.addIndex("namespace", ({ metadata }) => [metadata.namespace ?? ""]);
    this.addIndex("controllerUid", (object) => {
      return [controllerOf(object)?.uid || withoutController(object)];
    });
  }

  /** Adding a known name again does nothing: two users of one informer may ask for the same index. */
  addIndex(name: string, values: IndexFunction<T>): void {
    if (this.#functions.has(name)) return;
    this.#functions.set(name, values);
    this.#indexes.set(name, new Map());
    for (const [key, object] of this.#objects) this.#insert(name, key, object, values(object));
  }

  /** @returns what was there before. */
  set(object: T): T | undefined {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    this.#objects.set(key, object);
    if (old?.metadata.uid && old.metadata.uid !== object.metadata.uid) this.#byUid.delete(old.metadata.uid);
    if (object.metadata.uid) this.#byUid.set(object.metadata.uid, object);
    for (const [name, values] of this.#functions) {
      const [before, after] = [old ? values(old) : [], values(object)];
      // Most changes leave an object where it is in an index: then its entry only gets the new one.
      if (!isSame(before, after)) this.#remove(name, key, before);
      this.#insert(name, key, object, after);
    }
    return old;
  }

  /** @returns what was there before. */
  delete(key: Key): T | undefined {
    const old = this.#objects.get(key);
    if (!old) return undefined;
    this.#objects.delete(key);
    if (old.metadata.uid) this.#byUid.delete(old.metadata.uid);
    for (const [name, values] of this.#functions) this.#remove(name, key, values(old));
    return old;
  }

  get(key: Key): T | undefined {
    return this.#objects.get(key);
  }

  list(): readonly T[] {
    return [...this.#objects.values()];
  }

  byNamespace(namespace: string): readonly T[] {
    return this.by("namespace", namespace);
  }

  countIn(namespace: string): number {
    return this.#indexes.get("namespace")?.get(namespace)?.size ?? 0;
  }

  claimableBy(owner: ApiObject): readonly T[] {
    return [...this.ownedBy(owner.metadata.uid ?? ""), ...this.by("controllerUid", withoutController(owner))];
  }

  ownedBy(uid: string): readonly T[] {
    return this.by("controllerUid", uid);
  }

  byUid(uid: string): T | undefined {
    return this.#byUid.get(uid);
  }

  by(index: string, value: string): readonly T[] {
    const buckets = this.#indexes.get(index);
    if (!buckets) throw new Error(`no index named "${index}"`);
    return [...(buckets.get(value)?.values() ?? [])];
  }

  #remove(name: string, key: Key, values: readonly string[]): void {
    const index = this.#indexes.get(name)!;
    for (const value of values) {
      const bucket = index.get(value);
      bucket?.delete(key);
      if (bucket?.size === 0) index.delete(value);
    }
  }

  #insert(name: string, key: Key, object: T, values: readonly string[]): void {
    const index = this.#indexes.get(name)!;
    for (const value of values) {
      let bucket = index.get(value);
      if (!bucket) {
        bucket = new Map();
        index.set(value, bucket);
      }
      bucket.set(key, object);
    }
  }
}

/** A lister of fixed objects: for tests of pure reconciles. */
export function listerOf<T extends ApiObject>(
  objects: readonly T[],
  indexes: Record<string, IndexFunction<T>> = {},
): Lister<T> {
  const store = new ObjectStore<T>();
  for (const [name, values] of Object.entries(indexes)) store.addIndex(name, values);
  for (const object of objects) store.set(object);
  return store;
}
