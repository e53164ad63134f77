import {
  type ApiObject,
  apiVersionOf,
  type ControllerContext,
  type CustomController,
  type DiscoveredResource,
  discoverResources,
  type Informer,
  isConflict,
  itemExponentialFailure,
  resourceNameOf,
  type Timer,
  WorkQueue,
} from "../../client/index.ts";
import { attemptToDelete, type Collector, Hopeless, orphanDependents } from "./collect.ts";
import { Graph, type GraphNode } from "./graph.ts";

const WORKERS = 20;
const METADATA = { metadataOnly: true } as const;
/** After a change of what the server has, so that several changes at once cost one look. */
const SETTLE_MS = 200;
const RETRY_MS = 5_000;
/** A new owner is often heard of through its dependents first, since each resource has a watch of its own. */
const VERIFY_AFTER_MS = 1_000;
/** Events own nothing, come and go by thousands, and expire by themselves. (DefaultIgnoredResources) */
const isIgnored = ({ resource, group }: DiscoveredResource) =>
  resource === "events" && (!group || group === "events.k8s.io");

/** Deletes what no owner needs any more. Follows pkg/controller/garbagecollector. */
export const garbageCollectorController: CustomController = {
  name: "garbage-collector-controller",
  start(context: ControllerContext) {
    const { client, informers, clock, logger } = context;
    const limiter = () => itemExponentialFailure(5, 1_000_000);
    const toDelete = new WorkQueue(clock, limiter());
    const toOrphan = new WorkQueue(clock, limiter());
    const toVerify = new WorkQueue(clock, limiter());
    const graph = new Graph({
      verify: (uid) => toVerify.addAfter(uid, VERIFY_AFTER_MS),
      attemptToDelete: (uid) => toDelete.add(uid),
      attemptToOrphan: (uid) => toOrphan.add(uid),
    });
    const kinds = new Map<string, DiscoveredResource>();
    const monitored = new Map<string, { informer: Informer<ApiObject>; own: boolean }>();
    const kindKey = (group: string, kind: string) => `${group}/${kind}`;
    const collector: Collector = {
      client,
      graph,
      resourceOf: (apiVersion, kind) => kinds.get(kindKey(apiVersion.split("/").slice(0, -1).join("/"), kind)),
      again: (uid) => toDelete.add(uid),
    };

    const monitor = (found: DiscoveredResource) => {
      const name = resourceNameOf(found);
      if (monitored.has(name)) return;
      // Whoever watches whole objects already spares a second watch.
      const whole = informers.peek(name);
      const informer = whole ?? (informers.get(name, METADATA) as unknown as Informer<ApiObject>);
      monitored.set(name, { informer, own: !whole });
      const put = (object: ApiObject) => graph.put(object, apiVersionOf(found), found.kind);
      informer.addHandler({ added: put, updated: put, deleted: ({ metadata }) => graph.remove(metadata.uid ?? "") });
    };
    const unmonitor = (name: string) => {
      const known = monitored.get(name);
      monitored.delete(name);
      for (const { metadata } of known?.informer.lister.list() ?? []) graph.remove(metadata.uid ?? "");
      if (known?.own) informers.drop(name, METADATA);
    };
    const look = async (): Promise<void> => {
      const { resources, failed } = await discoverResources(client.transport);
      for (const found of resources) kinds.set(kindKey(found.group, found.kind), found);
      const wanted = resources.filter(
        (found) => ["delete", "list", "watch"].every((verb) => found.verbs.includes(verb)) && !isIgnored(found),
      );
      wanted.forEach(monitor);
      const names = new Set(wanted.map(resourceNameOf));
      // A group that does not answer just now is not gone.
      const isFailed = (name: string) => failed.some((version) => name.startsWith(`${version}/`));
      for (const name of monitored.keys()) if (!names.has(name) && !isFailed(name)) unmonitor(name);
      await Promise.all([...monitored.values()].map(({ informer }) => informer.synced));
    };

    let stopped = false;
    let timer: Timer | undefined;
    let working = false;
    const schedule = (milliseconds: number) => {
      timer?.cancel();
      timer = clock.setTimeout(() => {
        look().then(
          () => startWork(),
          (error: unknown) => {
            if (stopped) return;
            logger.warn({ err: error }, "discovery failed, trying again");
            schedule(RETRY_MS);
          },
        );
      }, milliseconds);
    };
    for (const resource of [
      "apiextensions.k8s.io/v1/customresourcedefinitions",
      "apiregistration.k8s.io/v1/apiservices",
    ]) {
      const again = () => schedule(SETTLE_MS);
      informers.get(resource).addHandler({ added: again, updated: again, deleted: again });
    }
    schedule(0);

    const work = async (queue: WorkQueue, process: (collector: Collector, node: GraphNode) => Promise<void>) => {
      for (let uid = await queue.next(); uid !== undefined; uid = await queue.next()) {
        const node = graph.get(uid);
        try {
          if (node) await process(collector, node);
          queue.forget(uid);
        } catch (error) {
          if (error instanceof Hopeless) queue.forget(uid);
          else if (!stopped) {
            const level = isConflict(error) ? "debug" : "warn";
            logger[level]({ err: error, kind: node?.kind, name: node?.name }, "garbage collection is tried again");
            queue.addRateLimited(uid);
          }
        }
        queue.done(uid);
      }
    };
    // Not before the graph is whole: a dependent not seen yet would not hold its owner back.
    const startWork = () => {
      if (working || stopped) return;
      working = true;
      for (let i = 0; i < WORKERS; i++) void work(toDelete, attemptToDelete);
      for (let i = 0; i < WORKERS; i++) void work(toOrphan, orphanDependents);
      const verify = async (on: Collector, node: GraphNode) => (node.virtual ? attemptToDelete(on, node) : undefined);
      for (let i = 0; i < WORKERS; i++) void work(toVerify, verify);
    };
    return {
      stop() {
        stopped = true;
        timer?.cancel();
        toDelete.stop();
        toOrphan.stop();
        toVerify.stop();
      },
    };
  },
};
