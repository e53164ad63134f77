import {
  type Action,
  ApiError,
  type ApiObject,
  controllerOf,
  keyOf,
  type Lister,
  type ObjectOf,
  ObjectStore,
  type Result,
  type WriteAction,
} from "../client/index.ts";

/** A cluster in memory for tests of pure reconciles: actions are carried out at once, as a server would. */
export class Simulation {
  readonly events: string[] = [];
  /** Also those that were refused. */
  readonly writes: string[] = [];
  /** How many were not. */
  carriedOut = 0;
  now = new Date("2026-01-01T00:00:00Z");
  /** Makes writes fail: the error's text, or undefined. */
  refuse: (action: WriteAction) => Error | undefined = () => undefined;
  readonly #stores = new Map<string, ObjectStore<ApiObject>>();
  #revision = 1;

  store<R extends string>(resource: R): ObjectStore<ApiObject> & Lister<ObjectOf<R>> {
    let store = this.#stores.get(resource);
    if (!store) {
      store = new ObjectStore<ApiObject>();
      this.#stores.set(resource, store);
    }
    // Objects are only ever put under the resource they are of.
    return store as unknown as ObjectStore<ApiObject> & Lister<ObjectOf<R>>;
  }

  put<R extends string>(resource: R, object: ApiObject | (ApiObject & Partial<ObjectOf<R>>)): ObjectOf<R> {
    const revision = this.#revision++;
    const name = object.metadata.name ?? `${object.metadata.generateName}${revision}`;
    const metadata = {
      uid: `uid-${revision}`,
      generation: 1,
      creationTimestamp: this.now.toISOString(),
      ...object.metadata,
      name,
      resourceVersion: String(revision),
    };
    const stored = { ...object, metadata };
    this.store(resource).set(stored);
    return stored as unknown as ObjectOf<R>;
  }

  /** Carries out actions; stops at the first error. @returns that error. */
  run(actions: readonly Action[]): unknown {
    for (const action of actions) {
      if (action.do === "event") this.events.push(`${action.type} ${action.reason} ${action.message}`);
      else if (action.do === "fail") return action.error;
      else if (action.do === "batch") {
        const results: Result[] = [];
        for (const write of action.actions) {
          results.push(this.#write(write));
          if (action.slowStart && !results.at(-1)?.ok) break;
        }
        const error = this.run(action.after?.(results) ?? []);
        if (error) return error;
      } else if (action.do !== "requeue") {
        const result = this.#write(action);
        if (!result.ok) return result.error;
      }
    }
    return undefined;
  }

  #write(action: WriteAction): Result {
    const { resource, object } = action;
    const error = this.refuse(action);
    const changes = action.do !== "get" && action.do !== "list";
    if (changes) this.writes.push(`${action.do} ${resource}`);
    if (error) return { ok: false, error };
    if (changes) this.carriedOut++;
    const store = this.store(resource);
    const old = store.get(keyOf(object));
    switch (action.do) {
      case "get":
        return old ? { ok: true, object: old } : { ok: false, error: new ApiError(404, { message: "not found" }) };
      case "list": {
        const list = { metadata: {}, items: store.byNamespace(object.metadata.namespace ?? "") };
        return { ok: true, object: list };
      }
      case "create":
        return { ok: true, object: this.put(resource, object) };
      case "update":
        return { ok: true, object: this.put(resource, { ...object, metadata: this.#generation(object, old) }) };
      case "updateStatus":
        return { ok: true, object: this.put(resource, object) };
      case "delete":
        if (old?.metadata.finalizers?.length) {
          const deletionTimestamp = old.metadata.deletionTimestamp ?? this.now.toISOString();
          return { ok: true, object: this.put(resource, { ...old, metadata: { ...old.metadata, deletionTimestamp } }) };
        }
        store.delete(keyOf(object));
        for (const children of this.#stores.values())
          for (const child of children.list())
            if (controllerOf(child)?.uid === object.metadata.uid) children.delete(keyOf(child));
        return { ok: true, object: undefined };
      case "patch": {
        const patched = mergePatch(old, action.patch) as ApiObject;
        if (!patched.metadata.deletionTimestamp || patched.metadata.finalizers?.length)
          return { ok: true, object: this.put(resource, patched) };
        store.delete(keyOf(object));
        return { ok: true, object: patched };
      }
      default:
        throw new Error(`not simulated: ${action.do}`);
    }
  }

  #generation(object: ApiObject, old: ApiObject | undefined): ApiObject["metadata"] {
    const spec = (one: ApiObject | undefined) => JSON.stringify(one && "spec" in one ? one.spec : undefined);
    const changed = spec(object) !== spec(old);
    return { ...object.metadata, generation: (object.metadata.generation ?? 0) + Number(changed) };
  }
}

const DELETE_FROM = "$deleteFromPrimitiveList/";

/** RFC 7386, and of strategic patches what tests need. */
function mergePatch<T>(target: T, patch: unknown): T {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch as T;
  const result: Record<string, unknown> = { ...(target as Record<string, unknown>) };
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(DELETE_FROM)) {
      const list = key.slice(DELETE_FROM.length);
      // The patches of tests name lists of strings here.
      const left = ((result[list] as string[] | undefined) ?? []).filter((one) => !(value as string[]).includes(one));
      if (left.length) result[list] = left;
      else delete result[list];
    } else if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result as T;
}
