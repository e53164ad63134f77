import {
  type ApiObject,
  apiVersionOf,
  type ControllerContext,
  type CustomController,
  type DiscoveredResource,
  isConflict,
  itemExponentialFailure,
  WorkQueue,
} from "../../client/index.ts";
import { allResources } from "../all-resources.ts";
import { AbsentOwners } from "./absent-owners.ts";
import { attemptToDelete, type Collector, Hopeless, orphanDependents } from "./collect.ts";
import { Graph, type GraphNode } from "./graph.ts";

const WORKERS = 20;
/** A new owner is often heard of through its dependents first, since each resource has a watch of its own. */
const VERIFY_AFTER_MS = 1_000;
/** Deletes what no owner needs any more. Follows pkg/controller/garbagecollector. */
export const garbageCollectorController: CustomController = {
  name: "garbage-collector-controller",
  start(context: ControllerContext) {
    const { client, clock, logger } = context;
    const queue = (name: string) =>
      new WorkQueue(clock, itemExponentialFailure(5, 1_000_000), context.queueMetrics?.(name));
    const toDelete = queue("garbage_collector_attempt_to_delete");
    const toOrphan = queue("garbage_collector_attempt_to_orphan");
    const toVerify = queue("garbage_collector_attempt_to_verify");
    const graph = new Graph({
      verify: (uid) => toVerify.addAfter(uid, VERIFY_AFTER_MS),
      attemptToDelete: (uid) => toDelete.add(uid),
      attemptToOrphan: (uid) => toOrphan.add(uid),
      reportInvalidOwner({ apiVersion, kind, namespace, name, uid }, owner) {
        const about = { apiVersion, kind, metadata: { namespace, name, uid } };
        const who = `[${owner.apiVersion}/${owner.kind}, namespace: ${namespace}, name: ${owner.name}, uid: ${owner.uid}]`;
        const message = `ownerRef ${who} does not exist in namespace "${namespace}"`;
        recorder.event(about, "Warning", "OwnerRefInvalidNamespace", message);
      },
    });
    const recorder = context.recorder("garbage-collector-controller");
    const kinds = new Map<string, DiscoveredResource>();
    const kindKey = (group: string, kind: string) => `${group}/${kind}`;
    const collector: Collector = {
      client,
      graph,
      resourceOf: (apiVersion, kind) => kinds.get(kindKey(apiVersion.split("/").slice(0, -1).join("/"), kind)),
      again: (uid) => toDelete.add(uid),
      absent: new AbsentOwners(),
    };

    let stopped = false;
    let working = false;
    const resources = allResources(context);

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
    resources.observe({
      added(found, informer) {
        const put = (object: ApiObject) => graph.put(object, apiVersionOf(found), found.kind);
        informer.addHandler({ added: put, updated: put, deleted: ({ metadata }) => graph.remove(metadata.uid ?? "") });
      },
      removed(_found, informer) {
        for (const { metadata } of informer.lister.list()) graph.remove(metadata.uid ?? "");
      },
      discovered(all) {
        for (const found of all) kinds.set(kindKey(found.group, found.kind), found);
      },
      synced: startWork,
    });
    return {
      stop() {
        stopped = true;
        resources.release();
        toDelete.stop();
        toOrphan.stop();
        toVerify.stop();
      },
    };
  },
};
