import { createInformer, type Informer, type InformerEnvironment, type InformerOptions } from "./informer.ts";
import type { ApiObject, ObjectOf } from "./resource.ts";

/** Informers shared by all users of one component: one LIST + WATCH a resource. (client-go/informers) */
export interface Informers {
  /** The shared informer of a resource. It starts with `start`, or at once when that has been called. */
  get<R extends string>(resource: R, options?: Omit<InformerOptions, "resource">): Informer<ObjectOf<R>>;
  /** The shared informer of whole objects of all namespaces, when somebody has asked for it. */
  peek(resource: string): Informer<ApiObject> | undefined;
  start(): void;
  /** Resolves when all informers asked for so far have their first list. */
  synced(): Promise<void>;
  /** Names of the resources that have no first list yet. */
  pending(): string[];
  /** Ends one that nobody needs any more, such as of a removed custom resource. */
  drop(resource: string, options?: Omit<InformerOptions, "resource">): void;
  stop(): void;
}

/** Makes an empty set of shared informers. */
export function createInformers(env: InformerEnvironment): Informers {
  // Each informer keeps the type of the resource it is stored under.
  const informers = new Map<string, Informer<ApiObject>>();
  let started = false;
  const idOf = (options: InformerOptions) =>
    JSON.stringify(Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    get<R extends string>(resource: R, options: Omit<InformerOptions, "resource"> = {}) {
      const id = idOf({ ...options, resource });
      let informer = informers.get(id);
      if (!informer) {
        informer = createInformer<ApiObject>({ ...options, resource }, env);
        informers.set(id, informer);
        if (started) informer.start();
      }
      return informer as unknown as Informer<ObjectOf<R>>;
    },
    peek: (resource) => informers.get(idOf({ resource })),
    start() {
      started = true;
      for (const informer of informers.values()) informer.start();
    },
    async synced() {
      await Promise.all([...informers.values()].map((informer) => informer.synced));
    },
    pending: () => [...informers.values()].filter(({ hasSynced }) => !hasSynced).map(({ resource }) => resource),
    drop(resource, options = {}) {
      const id = idOf({ ...options, resource });
      informers.get(id)?.stop();
      informers.delete(id);
    },
    stop() {
      for (const informer of informers.values()) informer.stop();
    },
  };
}
