import { notFound, StatusError } from "../../meta/errors.ts";
import type { KubeObject } from "../../meta/object.ts";
import type { Kind } from "../kind.ts";
import type {
  DeleteOptions,
  ListRequest,
  ListResult,
  RequestScope,
  ResourceStore,
  Stored,
  WatchRequest,
  WatchSink,
} from "../store.ts";
import { create } from "./create.ts";
import { createSubresource } from "./create-subresource.ts";
import { deleteOne } from "./delete.ts";
import { requestContext, type StoreContext, type StoreEnvironment } from "./environment.ts";
import { keyOf, resourceOf } from "./keys.ts";
import { list } from "./list.ts";
import { atLeast, listRevision, readRevision } from "./resource-version.ts";
import { SharedWatches } from "./shared-watch.ts";
import { storedOf } from "./stored.ts";
import { update } from "./update.ts";
import { watch } from "./watch.ts";
import { asServed, dryRunObject } from "./write.ts";

/** Deletions of one DELETE on a collection that run at once. */
const DELETE_WORKERS = 16;
/** How many objects it lists at a time. */
const DELETE_PAGE = 10_000;

/** The registry of any kind. Each verb is a file beside this one. (apiserver/pkg/registry/generic/registry/store.go) */
export class GenericStore implements ResourceStore {
  readonly kind: Kind;
  readonly #context: StoreContext;
  readonly #sharedWatches = new SharedWatches();

  constructor(kind: Kind, environment: StoreEnvironment) {
    this.kind = kind;
    this.#context = { ...environment, kind };
  }

  async get(namespace: string, name: string, resourceVersion: string, scope: RequestScope): Promise<Stored> {
    const { kind } = this;
    const { computed } = kind.definition;
    if (computed) {
      const found = (await computed.list()).find(({ metadata }) => metadata.name === name);
      if (!found) throw notFound({ group: kind.group, resource: computed.resource }, name);
      return dryRunObject(kind, name, found);
    }
    const key = keyOf(kind, namespace, name);
    const revisionOf = kind.definition.uncached ? listRevision : readRevision;
    if (resourceVersion) await atLeast(this.#context, revisionOf(resourceVersion));
    const change = this.#context.storage.peek(key);
    if (!change) throw notFound(resourceOf(kind, scope), name);
    return asServed(kind, storedOf(kind, change));
  }

  list(request: ListRequest, _scope?: RequestScope): Promise<ListResult> {
    return list(this.#context, request);
  }

  watch(request: WatchRequest, sink: WatchSink): Promise<() => void> {
    return watch({ ...this.#context, sharedWatches: this.#sharedWatches }, request, sink);
  }

  create(namespace: string, object: KubeObject, scope: RequestScope): Promise<Stored> {
    return create(this.#context, namespace, object, scope);
  }

  update(...[namespace, name, subresource, change, options, scope]: Parameters<ResourceStore["update"]>) {
    return update(this.#context, { namespace, name, subresource, update: change, options }, scope);
  }

  delete(namespace: string, name: string, options: DeleteOptions, scope: RequestScope) {
    return deleteOne(this.#context, { namespace, name, options }, scope);
  }

  /** Lists page by page and deletes what it finds; what others delete meanwhile is not an error. */
  async deleteCollection(request: ListRequest, options: DeleteOptions, scope: RequestScope): Promise<ListResult> {
    this.kind.definition.beforeDeleteCollection?.(requestContext(this.#context, scope), options);
    const items: Stored[] = [];
    let first: ListResult | undefined;
    let next = request.limit > 0 ? request : { ...request, limit: DELETE_PAGE };
    for (;;) {
      const page = await this.list(next);
      first ??= page;
      items.push(...page.items);
      await this.#deleteAll(page.items, options, scope);
      if (request.limit > 0) return page;
      if (!page.continue) return { ...first, items };
      next = { ...next, continue: page.continue, resourceVersion: "", resourceVersionMatch: "" };
    }
  }

  async createSubresource(
    ...[namespace, name, subresource, body, scope, throughOther = false]: Parameters<ResourceStore["createSubresource"]>
  ): Promise<KubeObject> {
    return createSubresource(this.#context, { namespace, name, subresource, body, throughOther }, scope);
  }

  async #deleteAll(items: readonly Stored[], options: DeleteOptions, scope: RequestScope): Promise<void> {
    const queue = items[Symbol.iterator]();
    const work = async () => {
      for (const { object } of queue) {
        const { namespace = "", name = "" } = object.metadata;
        try {
          await this.delete(namespace, name, options, scope);
        } catch (error) {
          if (!(error instanceof StatusError && error.reason === "NotFound")) throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(DELETE_WORKERS, items.length) }, work));
  }
}
