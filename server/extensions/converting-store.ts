import type { KubeObject } from "../meta/object.ts";
import type { Kind } from "../registry/kind.ts";
import type {
  DeleteOptions,
  ListRequest,
  ListResult,
  RequestScope,
  ResourceStore,
  WatchEvent,
  WatchRequest,
  WatchSink,
} from "../registry/store.ts";
import type { WebhookConversion } from "./webhook-conversion.ts";

export interface ConvertingStoreOptions {
  /** Shows objects in the versions that they are stored in. */
  readonly reading: ResourceStore;
  /** Of a kind with this conversion: changes are made, admitted and checked in the version of the request. */
  readonly writing: ResourceStore;
  readonly conversion: WebhookConversion;
}

/** Events of the past that wait for their conversion at once. */
const MOST_WAITING = 100;

/** A version whose objects a webhook converts. */
export class ConvertingStore implements ResourceStore {
  readonly kind: Kind;
  readonly #reading: ResourceStore;
  readonly #writing: ResourceStore;
  readonly #conversion: WebhookConversion;

  constructor(kind: Kind, { reading, writing, conversion }: ConvertingStoreOptions) {
    this.kind = kind;
    this.#reading = reading;
    this.#writing = writing;
    this.#conversion = conversion;
  }

  async get(...request: Parameters<ResourceStore["get"]>) {
    return this.#conversion.read(await this.#reading.get(...request));
  }

  async list(request: ListRequest, scope: RequestScope): Promise<ListResult> {
    return this.#converted(await this.#reading.list(request, scope));
  }

  async watch(request: WatchRequest, sink: WatchSink): Promise<() => void> {
    // Events wait for their conversion, and for those before them.
    let last = Promise.resolve();
    let stopped = false;
    let stopInner: (() => void) | undefined;
    let waiting = 0;
    const end = (error?: Error) => {
      if (stopped) return;
      stopped = true;
      stopInner?.();
      sink.end(error);
    };
    const inOrder = (work: () => Promise<void> | void) => {
      waiting++;
      last = last
        .then(async () => {
          waiting--;
          if (!stopped) await work();
        })
        .catch((error) => end(error instanceof Error ? error : new Error(String(error))));
    };
    stopInner = await this.#reading.watch(request, {
      send: (event) => {
        inOrder(async () => {
          const converted: WatchEvent =
            event.type === "BOOKMARK" ? event : { type: event.type, stored: await this.#conversion.read(event.stored) };
          if (!stopped && !sink.send(converted)) end();
        });
        return !stopped;
      },
      end: (error) => inOrder(() => end(error)),
      room: () => (waiting > MOST_WAITING ? last.then(() => sink.room?.()) : sink.room?.()),
    });
    return () => {
      stopped = true;
      stopInner?.();
    };
  }

  create(namespace: string, object: KubeObject, scope: RequestScope) {
    return this.#writing.create(namespace, object, scope);
  }

  update(...request: Parameters<ResourceStore["update"]>) {
    return this.#writing.update(...request);
  }

  delete(...request: Parameters<ResourceStore["delete"]>) {
    return this.#writing.delete(...request);
  }

  async deleteCollection(request: ListRequest, options: DeleteOptions, scope: RequestScope) {
    return this.#converted(await this.#writing.deleteCollection(request, options, scope));
  }

  createSubresource(...request: Parameters<ResourceStore["createSubresource"]>) {
    return this.#writing.createSubresource(...request);
  }

  async #converted(result: ListResult): Promise<ListResult> {
    return { ...result, items: [...(await this.#conversion.readAll(result.items))] };
  }
}
