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
  readonly writes: string[] = [];
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
    this.writes.push(`${action.do} ${resource}`);
    if (error) return { ok: false, error };
    const store = this.store(resource);
    const old = store.get(keyOf(object));
    switch (action.do) {
      case "get":
        return old ? { ok: true, object: old } : { ok: false, error: new ApiError(404, { message: "not found" }) };
      case "create":
        return { ok: true, object: this.put(resource, object) };
      case "update":
        return { ok: true, object: this.put(resource, { ...object, metadata: this.#generation(object, old) }) };
      case "updateStatus":
        return { ok: true, object: this.put(resource, object) };
      case "delete":
        store.delete(keyOf(object));
        for (const children of this.#stores.values())
          for (const child of children.list())
            if (controllerOf(child)?.uid === object.metadata.uid) children.delete(keyOf(child));
        return { ok: true, object: undefined };
      case "patch":
        return { ok: true, object: this.put(resource, mergePatch(old, action.patch) as ApiObject) };
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

/** RFC 7386, and for strategic patches the one thing that tests need: owners by uid. */
function mergePatch<T>(target: T, patch: unknown): T {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch as T;
  const result: Record<string, unknown> = { ...(target as Record<string, unknown>) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result as T;
}
