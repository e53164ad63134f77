import {
  type ControllerContext,
  type CustomController,
  defaultRateLimiter,
  isConflict,
  isNotFound,
  keyOf,
  resourceNameOf,
  WorkQueue,
} from "../../client/index.ts";
import { allResources } from "../all-resources.ts";
import { deepEqual } from "../equality.ts";
import { evaluatorOf, OWN } from "./evaluators.ts";
import { type Countable, recount } from "./usage.ts";

const QUOTAS = "v1/resourcequotas";
const WORKERS = 5;
/** All quotas are counted anew. (ResourceQuotaSyncPeriod) */
const RESYNC_MS = 5 * 60_000;

/** Counts what quotas limit. Follows pkg/controller/resourcequota. */
export const resourceQuotaController: CustomController = {
  name: "resourcequota-controller",
  start(context: ControllerContext) {
    const { client, informers, clock, logger } = context;
    const queue = new WorkQueue(clock, defaultRateLimiter(clock), context.queueMetrics?.("resourcequota-controller"));
    const countables = new Map<string, Countable>();
    const quotas = informers.get(QUOTAS);
    for (const name of Object.keys(OWN)) informers.get(name);
    quotas.addHandler({
      added: (quota) => queue.add(keyOf(quota)),
      updated(quota, old) {
        if (!deepEqual(quota.spec.hard, old.spec.hard)) queue.add(keyOf(quota));
      },
    });
    const replenish = ({ evaluator }: Countable, namespace = "") => {
      for (const quota of quotas.lister.byNamespace(namespace))
        if (Object.keys(quota.status.hard ?? {}).some((name) => evaluator.matches(name))) queue.add(keyOf(quota));
    };
    const enqueueAll = () => {
      for (const quota of quotas.lister.list()) queue.add(keyOf(quota));
    };

    let stopped = false;
    let working = false;
    const resources = allResources(context);
    resources.observe({
      added(found, informer) {
        if (!found.namespaced || !found.verbs.includes("create")) return;
        const name = resourceNameOf(found);
        const evaluator = evaluatorOf(name, found.group, found.resource);
        const countable = { evaluator, lister: informer.lister };
        countables.set(name, countable);
        informer.addHandler({
          updated(object, old) {
            if (evaluator.frees?.(object, old, clock.now())) replenish(countable, object.metadata.namespace);
          },
          deleted: ({ metadata }) => replenish(countable, metadata.namespace),
        });
      },
      removed: (found) => void countables.delete(resourceNameOf(found)),
      synced() {
        // Quotas may name what has just come.
        enqueueAll();
        if (working || stopped) return;
        working = true;
        for (let i = 0; i < WORKERS; i++) void work();
      },
    });

    const work = async () => {
      for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
        try {
          const quota = quotas.lister.get(key);
          const counted = quota && recount(quota, [...countables.values()], clock.now());
          if (counted) await client.updateStatus(QUOTAS, counted);
          queue.forget(key);
        } catch (error) {
          const level = isConflict(error) || isNotFound(error) ? "debug" : "warn";
          if (!stopped) logger[level]({ err: error, key }, "quota is counted again");
          if (!isNotFound(error)) queue.addRateLimited(key);
        }
        queue.done(key);
      }
    };
    const again = () => {
      enqueueAll();
      timer = clock.setTimeout(again, RESYNC_MS);
    };
    let timer = clock.setTimeout(again, RESYNC_MS);
    return {
      stop() {
        stopped = true;
        timer.cancel();
        resources.release();
        queue.stop();
      },
    };
  },
};
