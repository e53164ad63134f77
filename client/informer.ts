// Deep imports: the package's index also loads every generated API class, three times the time and twice the memory.
import { ListWatch } from "@kubernetes/client-node/dist/cache.js";
import type { Watch } from "@kubernetes/client-node/dist/watch.js";
import { isGone } from "./api-error.ts";
import { withType } from "./client.ts";
import { type Clock, type Random, sleep } from "./clock.ts";
import { type IndexFunction, type Lister, ObjectStore } from "./lister.ts";
import type { Logger } from "./logger.ts";
import { parseWithoutManagedFields } from "./managed-fields.ts";
import { type ApiObject, keyOf, pathOf } from "./resource.ts";
import type { Transport } from "./transport.ts";
import { openWatch } from "./watch.ts";

/** Told of each change after the lister shows it. `old` is what the lister showed before. */
export interface ChangeHandler<T> {
  added?(object: T): void;
  updated?(object: T, old: T): void;
  deleted?(object: T): void;
}

/** One shared LIST + WATCH of one resource. */
export interface Informer<T extends ApiObject> {
  readonly resource: string;
  readonly lister: Lister<T>;
  /** Handlers added late are told of all known objects first. */
  addHandler(handler: ChangeHandler<T>): void;
  addIndex(name: string, values: IndexFunction<T>): void;
  /** Idempotent. */
  start(): void;
  /** Resolves once the first list is in the lister and handlers have been told. */
  readonly synced: Promise<void>;
  readonly hasSynced: boolean;
  /** The newest resourceVersion that the lister is known to contain; "" before the first list. */
  latestResourceVersion(): string;
  /** Calls back after each event: how expectations notice. @returns stops it. */
  onProgress(callback: () => void): () => void;
  stop(): void;
}

export interface InformerOptions {
  resource: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** One namespace only. */
  namespace?: string;
  /** Objects hold only apiVersion, kind and metadata. */
  metadataOnly?: boolean;
  /** Keeps `metadata.managedFields`, which are dropped by default: nobody here reads them and they are half the bytes. */
  keepManagedFields?: boolean;
}

export interface InformerEnvironment {
  transport: Transport;
  clock: Clock;
  random: Random;
  logger: Logger;
}

/** A relist of many objects is paged, so that the server never holds one large answer. (client-go/tools/pager) */
const PAGE = 500;
const METADATA_ACCEPT = (kind: string) => `application/json;as=${kind};g=meta.k8s.io;v=v1`;
/** As client-go's reflector: first pause, longest pause, and the shortest life of a watch in seconds. */
const BACKOFF_MS = 800;
const LONGEST_BACKOFF_MS = 30_000;
const WATCH_SECONDS = 300;
/** The server ends a watch before; silence beyond that means the connection is dead. */
const SILENCE_MS = (2 * WATCH_SECONDS + 30) * 1000;

/** Kinds that every server knows itself, and so encodes in Go's order; none holds JSON of its users' own. */
const IN_GO_ORDER = /^(v1|apps\/v1)\/(?!controllerrevisions$)/;

interface WatchHooks {
  accept: string | undefined;
  parse: ((line: Buffer) => unknown) | undefined;
  opening(): void;
  /** After the ListWatch has taken events in, bookmarks included: as many as came in one piece. */
  event(): void;
}

/** The watches of one informer, held so that `close` ends one that is still opening. */
class SharedWatch {
  #closed = false;
  readonly #open = new Set<AbortController>();
  readonly #transport: Transport;
  readonly #hooks: WatchHooks;

  constructor(transport: Transport, hooks: WatchHooks) {
    this.#transport = transport;
    this.#hooks = hooks;
  }

  /** As ListWatch calls it. */
  async watch(...[path, query, callback, done]: Parameters<Watch["watch"]>): Promise<AbortController> {
    const { opening, event: progress, accept, parse } = this.#hooks;
    opening();
    const wanted = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
    const controller = await openWatch(
      this.#transport,
      {
        path,
        query: { watch: "true", ...Object.fromEntries(wanted.map(([name, value]) => [name, String(value)])) },
        accept,
        silenceMs: SILENCE_MS,
        parse,
      },
      { event: (type, object) => callback(type, object), pieceDone: progress, done },
    );
    if (this.#closed) controller.abort();
    else {
      this.#open.add(controller);
      controller.signal.addEventListener("abort", () => this.#open.delete(controller), { once: true });
    }
    return controller;
  }

  close(): void {
    this.#closed = true;
    for (const controller of this.#open) controller.abort();
  }
}

/** An informer on the official client's ListWatch, which keeps no indexes and stops for good at most errors. */
export function createInformer<T extends ApiObject>(options: InformerOptions, env: InformerEnvironment): Informer<T> {
  const { resource, labelSelector, fieldSelector, namespace, metadataOnly, keepManagedFields } = options;
  const { transport, clock, random, logger } = env;
  const store = new ObjectStore<T>();
  const handlers: ChangeHandler<T>[] = [];
  const progress = new Set<() => void>();
  const aborted = new AbortController();
  let started = false;
  let hasSynced = false;
  let resolveSynced = () => {};
  const synced = new Promise<void>((resolve) => {
    resolveSynced = resolve;
  });

  const list = async () => {
    const items: T[] = [];
    let next: string | undefined;
    let resourceVersion: string | undefined;
    for (;;) {
      const page = await listPage(next).catch((error: unknown) => {
        // The continue token outlived the history it needs: begin again, unpaged, as client-go's pager does.
        if (!isGone(error) || !next) throw error;
        items.length = 0;
        return listPage(undefined, 0);
      });
      for (const item of page.items) items.push(item);
      resourceVersion = page.metadata.resourceVersion;
      next = page.metadata.continue;
      if (!next) return { apiVersion: "v1", kind: "List", metadata: { resourceVersion }, items };
    }
  };
  const listPage = async (after: string | undefined, limit = PAGE) => {
    const answer = (await transport.request({
      method: "GET",
      path: pathOf(resource, { namespace }),
      query: { labelSelector, fieldSelector, limit, continue: after },
      accept: metadataOnly ? `${METADATA_ACCEPT("PartialObjectMetadataList")},application/json` : "application/json",
      // Trusted to be the list of this resource; wire JSON gets its type here.
    })) as { kind?: string; metadata: { resourceVersion?: string; continue?: string }; items: T[] | null };
    const kind = answer.kind?.replace(/List$/, "") ?? "";
    return {
      metadata: answer.metadata,
      items: withType(resource, answer.items ?? [], metadataOnly ? "" : kind).map(trim),
    };
  };
  const trim = (object: T): T => {
    if (!keepManagedFields) delete object.metadata.managedFields;
    return object;
  };

  let failures = 0;
  const notifyProgress = () => {
    failures = 0;
    if (!hasSynced && listWatch.latestResourceVersion()) {
      hasSynced = true;
      resolveSynced();
    }
    for (const callback of [...progress]) guarded("progress", callback);
  };
  const watch = new SharedWatch(transport, {
    accept: metadataOnly ? `${METADATA_ACCEPT("PartialObjectMetadata")},application/json` : undefined,
    parse: !keepManagedFields && IN_GO_ORDER.test(resource) ? parseWithoutManagedFields : undefined,
    // A watch opens only once a list is in. It may open again and again without an event, at the pace that
    // ListWatch (after a close) or the backoff below (after an error) allows.
    opening: () => {
      if (!hasSynced) notifyProgress();
    },
    event: notifyProgress,
  });
  // ListWatch has no option for bookmarks, but keeps the query its path comes with. Bookmarks keep a quiet informer's
  // revision fresh, so that a restart of the watch never falls out of the server's history.
  const seconds = Math.floor(WATCH_SECONDS * (1 + random()));
  const watchPath = `${pathOf(resource, { namespace })}?allowWatchBookmarks=true&timeoutSeconds=${seconds}`;
  // biome-ignore lint/suspicious/noExplicitAny: its types promise class instances with Dates; ours are wire JSON.
  const listWatch = new ListWatch<any>(
    watchPath,
    watch as unknown as Watch,
    list,
    false,
    labelSelector,
    fieldSelector,
    {
      delayFn: (milliseconds) => sleep(clock, milliseconds, aborted.signal),
    },
  );

  const guarded = (what: string, call: () => void) => {
    try {
      call();
    } catch (error) {
      // One consumer's bug must not stop the shared watch of all others.
      logger.error({ err: error, resource }, `${what} handler failed`);
    }
  };
  const remove = (object: T) => {
    store.delete(keyOf(object));
    for (const handler of handlers) guarded("delete", () => handler.deleted?.(object));
  };
  const put = (object: T) => {
    trim(object);
    const old = store.get(keyOf(object));
    // The name was deleted and made again while nobody watched: those are two objects.
    const replaced = old && old.metadata.uid !== object.metadata.uid;
    if (replaced) remove(old);
    store.set(object);
    for (const handler of handlers) {
      guarded("change", () => (old && !replaced ? handler.updated?.(object, old) : handler.added?.(object)));
    }
  };
  listWatch.on("add", put);
  listWatch.on("update", put);
  listWatch.on("delete", remove);
  listWatch.on("error", (error: unknown) => {
    if (aborted.signal.aborted) return;
    const pause = Math.min(BACKOFF_MS * 2 ** failures++, LONGEST_BACKOFF_MS) * (0.5 + random() / 2);
    logger.warn({ err: error, resource, pauseMs: Math.round(pause) }, "list or watch failed, trying again");
    // The revision and the objects are kept, so a new start goes on where the watch broke off: no gap.
    clock.setTimeout(() => void run(), pause);
  });

  const run = async () => {
    if (!aborted.signal.aborted) await listWatch.start();
  };

  return {
    resource,
    lister: store,
    addHandler(handler) {
      handlers.push(handler);
      for (const object of store.list()) guarded("change", () => handler.added?.(object));
    },
    addIndex: (name, values) => store.addIndex(name, values),
    start() {
      if (started) return;
      started = true;
      void run();
    },
    synced,
    get hasSynced() {
      return hasSynced;
    },
    latestResourceVersion: () => listWatch.latestResourceVersion(),
    onProgress(callback) {
      progress.add(callback);
      return () => progress.delete(callback);
    },
    stop() {
      aborted.abort();
      void listWatch.stop();
      watch.close();
    },
  };
}
