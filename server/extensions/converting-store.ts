import { encodeSorted } from "../../openapi/encode.ts";
import { deepCopy } from "../meta/equality.ts";
import type { KubeObject } from "../meta/object.ts";
import type { Kind } from "../registry/kind.ts";
import type {
  DeleteOptions,
  ListRequest,
  ListResult,
  RequestScope,
  ResourceStore,
  Stored,
  WatchEvent,
  WatchRequest,
  WatchSink,
} from "../registry/store.ts";

/** Brings objects into a version. @throws StatusError 500 */
export type Convert = (objects: readonly KubeObject[], apiVersion: string) => Promise<KubeObject[]>;

/**
 * A version whose objects a webhook converts. Everything happens in the store of the storage version, which shows
 * objects in the version that they were stored in; what goes in and out is converted here.
 */
export class ConvertingStore implements ResourceStore {
  readonly kind: Kind;
  readonly #inner: ResourceStore;
  readonly #convert: Convert;
  readonly #apiVersion: string;
  readonly #storedVersion: string;
  /** One conversion for one state of an object, however many look at it. */
  readonly #converted = new WeakMap<Stored, Promise<Stored>>();

  constructor(kind: Kind, inner: ResourceStore, convert: Convert) {
    this.kind = kind;
    this.#inner = inner;
    this.#convert = convert;
    this.#apiVersion = `${kind.group}/${kind.version}`;
    this.#storedVersion = `${inner.kind.group}/${inner.kind.version}`;
  }

  async get(...request: Parameters<ResourceStore["get"]>) {
    return this.#serve(await this.#inner.get(...request));
  }

  async list(request: ListRequest, scope: RequestScope): Promise<ListResult> {
    return this.#serveList(await this.#inner.list(request, scope));
  }

  async watch(request: WatchRequest, sink: WatchSink): Promise<() => void> {
    // Events wait for their conversion, and for those before them.
    let last = Promise.resolve();
    let stopped = false;
    let stopInner: (() => void) | undefined;
    const end = (error?: Error) => {
      if (stopped) return;
      stopped = true;
      stopInner?.();
      sink.end(error);
    };
    const inOrder = (work: () => Promise<void> | void) => {
      last = last
        .then(async () => {
          if (!stopped) await work();
        })
        .catch((error) => end(error instanceof Error ? error : new Error(String(error))));
    };
    stopInner = await this.#inner.watch(request, {
      send: (event) => {
        inOrder(async () => {
          const converted: WatchEvent =
            event.type === "BOOKMARK" ? event : { type: event.type, stored: await this.#serve(event.stored) };
          if (!stopped && !sink.send(converted)) end();
        });
        return !stopped;
      },
      end: (error) => inOrder(() => end(error)),
    });
    return () => {
      stopped = true;
      stopInner?.();
    };
  }

  async create(...[namespace, object, scope]: Parameters<ResourceStore["create"]>) {
    return this.#serve(await this.#inner.create(namespace, await this.#toStorage(object), scope));
  }

  async update(...[namespace, name, subresource, change, options, scope]: Parameters<ResourceStore["update"]>) {
    const converting: typeof change = async (current) => {
      // A subresource of another kind has a form of its own already.
      if (current && current.kind !== this.kind.kind) return change(current);
      const own = current && (await this.#toVersion(current));
      return this.#toStorage(await change(own));
    };
    const { stored, created } = await this.#inner.update(namespace, name, subresource, converting, options, scope);
    return { stored: await this.#serve(stored), created };
  }

  async delete(...request: Parameters<ResourceStore["delete"]>) {
    const { stored, deleted } = await this.#inner.delete(...request);
    return { stored: await this.#serve(stored), deleted };
  }

  async deleteCollection(request: ListRequest, options: DeleteOptions, scope: RequestScope) {
    return this.#serveList(await this.#inner.deleteCollection(request, options, scope));
  }

  createSubresource(...request: Parameters<ResourceStore["createSubresource"]>) {
    return this.#inner.createSubresource(...request);
  }

  async #serveList(result: ListResult): Promise<ListResult> {
    const wrong = result.items.filter(({ object }) => object.apiVersion !== this.#apiVersion);
    if (wrong.length === 0) return result;
    const objects = await this.#finish(wrong.map(({ object }) => object));
    const byStored = new Map(wrong.map((stored, index) => [stored, asStored(stored, objects[index] ?? stored.object)]));
    return { ...result, items: result.items.map((stored) => byStored.get(stored) ?? stored) };
  }

  #serve(stored: Stored): Promise<Stored> {
    if (stored.object.apiVersion === this.#apiVersion) return Promise.resolve(stored);
    let converted = this.#converted.get(stored);
    if (!converted) {
      converted = this.#toVersion(stored.object).then((object) => asStored(stored, object));
      this.#converted.set(stored, converted);
      // A webhook that failed is asked again.
      converted.catch(() => this.#converted.delete(stored));
    }
    return converted;
  }

  async #toVersion(object: Readonly<KubeObject>): Promise<KubeObject> {
    if (object.apiVersion === this.#apiVersion) return deepCopy(object);
    const [converted] = await this.#finish([object]);
    return converted ?? object;
  }

  /** Converted, pruned and defaulted. */
  async #finish(objects: readonly Readonly<KubeObject>[]): Promise<KubeObject[]> {
    const converted = await this.#convert(objects, this.#apiVersion);
    return converted.map((object) => this.kind.customResource?.fromStored(object) ?? object);
  }

  async #toStorage(object: KubeObject): Promise<KubeObject> {
    if (object.apiVersion === this.#storedVersion || object.kind !== this.kind.kind) return object;
    const [converted] = await this.#convert([object], this.#storedVersion);
    return converted ? (this.#inner.kind.customResource?.fromStored(converted) ?? converted) : object;
  }
}

function asStored({ key, revision, createRevision }: Stored, object: KubeObject): Stored {
  return { key, revision, createRevision, object, json: Buffer.from(encodeSorted(object)) };
}
