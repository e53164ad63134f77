import { forbidden } from "../meta/errors.ts";
import type { Kind } from "../registry/kind.ts";
import type {
  DeleteOptions,
  ListRequest,
  RequestScope,
  ResourceStore,
  WatchRequest,
  WatchSink,
} from "../registry/store.ts";

const TERMINATING = "create not allowed while custom resource definition is terminating";

/** Whether a definition still stands. Shared by the stores of its versions. */
export interface Tenure {
  isTerminating(): boolean;
}

/**
 * The store of a custom resource's version for as long as its definition stays as it is: watches end with it, and a
 * definition that is being deleted takes no new objects.
 */
export class CustomStore implements ResourceStore {
  readonly kind: Kind;
  readonly #inner: ResourceStore;
  readonly #tenure: Tenure;
  readonly #watches = new Set<() => void>();

  constructor(kind: Kind, inner: ResourceStore, tenure: Tenure) {
    this.kind = kind;
    this.#inner = inner;
    this.#tenure = tenure;
  }

  /** Ends all watches: clients begin anew with what took its place. */
  retire(): void {
    for (const end of [...this.#watches]) end();
  }

  get(...request: Parameters<ResourceStore["get"]>) {
    return this.#inner.get(...request);
  }

  list(request: ListRequest, scope: RequestScope) {
    return this.#inner.list(request, scope);
  }

  async watch(request: WatchRequest, sink: WatchSink): Promise<() => void> {
    const stopInner = await this.#inner.watch(request, {
      send: (event) => sink.send(event),
      room: () => sink.room?.(),
      group: sink.group,
      end: (error) => {
        this.#watches.delete(end);
        sink.end(error);
      },
    });
    const stop = () => {
      this.#watches.delete(end);
      stopInner();
    };
    const end = () => {
      stop();
      sink.end();
    };
    this.#watches.add(end);
    return stop;
  }

  async create(...[namespace, object, scope]: Parameters<ResourceStore["create"]>) {
    this.#checkCreate(object.metadata.name);
    return this.#inner.create(namespace, object, scope);
  }

  update(...[namespace, name, subresource, change, options, scope]: Parameters<ResourceStore["update"]>) {
    const guarded: typeof change = (current) => {
      if (!current) this.#checkCreate(name);
      return change(current);
    };
    return this.#inner.update(namespace, name, subresource, guarded, options, scope);
  }

  delete(...request: Parameters<ResourceStore["delete"]>) {
    return this.#inner.delete(...request);
  }

  deleteCollection(request: ListRequest, options: DeleteOptions, scope: RequestScope) {
    return this.#inner.deleteCollection(request, options, scope);
  }

  createSubresource(...request: Parameters<ResourceStore["createSubresource"]>) {
    return this.#inner.createSubresource(...request);
  }

  /** @throws StatusError 403 */
  #checkCreate(name = ""): void {
    if (!this.#tenure.isTerminating()) return;
    throw forbidden({ group: this.kind.group, resource: this.kind.plural }, name, TERMINATING);
  }
}
