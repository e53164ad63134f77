import { carryOut } from "./actions.ts";
import { isConflict, isNamespaceTerminating, isNotFound } from "./api-error.ts";
import type { Timer } from "./clock.ts";
import type { ControllerContext, ControllerDefinition, GetLister } from "./controller.ts";
import { Expectations } from "./expectations.ts";
import type { Informer } from "./informer.ts";
import { controllerOf } from "./lister.ts";
import type { ComponentMetrics } from "./metrics.ts";
import { OwnWrites } from "./own-writes.ts";
import { type ApiObject, type Key, keyOf } from "./resource.ts";
import { defaultRateLimiter, WorkQueue } from "./work-queue.ts";

/** As upstream's default of most controllers' ConcurrentSyncs. */
const WORKERS = 5;

/** Wires a definition to informers, a queue and workers. Returned at once; workers wait for the first lists. */
export function runController<L>(
  definition: ControllerDefinition<L>,
  context: ControllerContext,
  metrics: ComponentMetrics | undefined,
): { stop(): void } {
  const { client, informers, clock, random } = context;
  const { name, watches } = definition;
  const logger = context.logger.child({ controller: name });
  const queue = new WorkQueue(clock, (definition.retry ?? defaultRateLimiter)(clock), context.queueMetrics?.(name));
  const expectations = new Expectations(clock);
  const used = new Map<string, Informer<ApiObject>>();
  const recorder = context.recorder(definition.eventSource ?? name);
  const ownWrites = new OwnWrites();
  /** Keys that are processed, until they no longer are. */
  const underWay = new Map<Key, Promise<void>>();
  let stopped = false;
  let resync: Timer | undefined;

  const use = (resource: string): Informer<ApiObject> => {
    let informer = used.get(resource);
    if (!informer) {
      informer = informers.get(resource);
      used.set(resource, informer);
      informer.onProgress(release);
    }
    return informer;
  };
  /** Keys that waited for their own writes and need not any more. */
  function release(): void {
    for (const key of expectations.waiting()) if (expectations.areMet(key)) queue.add(key);
  }

  const getLister: GetLister = (resource, indexes = {}) => {
    use(resource);
    const informer = informers.get(resource);
    for (const [index, values] of Object.entries(indexes)) informer.addIndex(index, values);
    return informer.lister;
  };
  const listers = definition.listers(getLister);
  const ignoring = new Set((watches.maps ?? []).flatMap((one) => (one.ignoresOwnWrites ? [one.resource] : [])));

  if (watches.for) {
    const owners = use(watches.for);
    const { batchMs = 0 } = watches;
    owners.addHandler({
      added: (object) => queue.add(keyOf(object)),
      updated: (object, old) =>
        queue.addAfter(keyOf(object), object.metadata.generation === old.metadata.generation ? batchMs : 0),
      deleted: (object) => queue.add(keyOf(object)),
    });
    const addOwner = (object: ApiObject) => {
      const owner = owners.lister.byUid(controllerOf(object)?.uid ?? "");
      if (owner) queue.addAfter(keyOf(owner), batchMs);
    };
    for (const resource of watches.owns ?? []) {
      use(resource).addHandler({
        added: addOwner,
        updated(object, old) {
          if (controllerOf(old)?.uid !== controllerOf(object)?.uid) addOwner(old);
          addOwner(object);
        },
        deleted: addOwner,
      });
    }
  }
  for (const { resource, keys, ignoresOwnWrites = false, delayMs = 0 } of watches.maps ?? []) {
    const addAll = (object: ApiObject, old?: ApiObject, isGone = false) => {
      const now = keys(object, listers, old);
      const before = ignoresOwnWrites && old ? keys(old, listers, undefined) : now;
      if (now.join() !== before.join() || !ignoresOwnWrites) {
        for (const key of new Set([...now, ...before])) queue.addAfter(key, delayMs);
        return;
      }
      // Of a write under way we may hear before its answer says that it was ours.
      const add = () => {
        if (!ownWrites.explain(object, isGone)) for (const key of now) queue.addAfter(key, delayMs);
      };
      const [working] = now.flatMap((key) => underWay.get(key) ?? []);
      if (working) working.then(add);
      else add();
    };
    use(resource).addHandler({
      added: (object) => addAll(object),
      updated: addAll,
      deleted: (object) => addAll(object, undefined, true),
    });
  }
  const { resyncMs } = definition;
  if (resyncMs) {
    const again = () => {
      for (const object of (watches.for && used.get(watches.for)?.lister.list()) || []) queue.add(keyOf(object));
      for (const { resource, keys } of watches.maps?.filter((one) => one.resync) ?? [])
        for (const object of used.get(resource)?.lister.list() ?? [])
          for (const key of keys(object, listers, undefined)) queue.add(key);
      resync = clock.setTimeout(again, resyncMs);
    };
    resync = clock.setTimeout(again, resyncMs);
  }

  const process = async (key: Key): Promise<void> => {
    if (!expectations.areMet(key)) {
      queue.addAfter(key, 5 * 60_000); // normally `release` comes long before
      return;
    }
    const began = clock.now();
    try {
      const actions = definition.reconcile(key, listers, { now: began, random, logger, failures: queue.failures(key) });
      const { requeueAfterMs } = await carryOut(actions, {
        client,
        recorder,
        wrote(resource, object) {
          const informer = used.get(resource);
          if (informer) expectations.expectWrite(key, informer, object);
          if (ignoring.has(resource)) ownWrites.wrote(object);
        },
        deleted(resource, object) {
          const informer = used.get(resource);
          if (informer && object.metadata.uid) expectations.expectDelete(key, informer, object.metadata.uid);
          if (ignoring.has(resource)) ownWrites.deleted(object.metadata.uid ?? "");
        },
      });
      queue.forget(key);
      if (requeueAfterMs !== undefined) queue.addAfter(key, requeueAfterMs);
      metrics?.reconciled(name, "success");
    } catch (error) {
      if (stopped) return;
      metrics?.reconciled(name, "error");
      // Somebody else wrote or deleted first, or the namespace is going: all part of normal life.
      if (isConflict(error) || isNotFound(error) || isNamespaceTerminating(error))
        logger.debug({ err: error, key }, "reconcile again");
      else logger.warn({ err: error, key }, "reconcile failed");
      if (!isNamespaceTerminating(error)) queue.addRateLimited(key);
    }
  };
  const work = async () => {
    for (;;) {
      const key = await queue.next();
      if (key === undefined) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      underWay.set(key, promise);
      await process(key);
      underWay.delete(key);
      resolve();
      queue.done(key);
    }
  };
  void Promise.all([...used.values()].map((informer) => informer.synced)).then(() => {
    if (!stopped) for (let i = 0; i < (definition.workers ?? WORKERS); i++) void work();
  });

  return {
    stop() {
      stopped = true;
      resync?.cancel();
      queue.stop();
    },
  };
}
