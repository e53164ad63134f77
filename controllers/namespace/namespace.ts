import {
  type ApiObject,
  type ControllerContext,
  type CustomController,
  isConflict,
  isNotFound,
  itemExponentialFailure,
  WorkQueue,
} from "../../client/index.ts";
import { sameStatus } from "../equality.ts";
import { namespaceConditions } from "./conditions.ts";
import { deleteContent } from "./delete-content.ts";

const RESOURCE = "v1/namespaces";
const FINALIZER = "kubernetes";
const WORKERS = 10;
/** First pause before content other than Pods is looked at again; it doubles up to upstream's estimate. */
const FIRST_LOOK_MS = 500;

/** Empties namespaces that are being deleted, then lets them go. Follows pkg/controller/namespace. */
export const namespaceController: CustomController = {
  name: "namespace-controller",
  start({ client, informers, clock, logger, queueMetrics }: ControllerContext) {
    const queue = new WorkQueue(clock, itemExponentialFailure(5, 60_000), queueMetrics?.("namespace-controller"));
    const looks = new Map<string, number>();
    const namespaces = informers.get(RESOURCE);
    const offer = ({ metadata }: ApiObject) => {
      if (metadata.deletionTimestamp) queue.add(metadata.name ?? "");
    };
    namespaces.addHandler({
      added: offer,
      // What this controller writes itself is no reason to look again.
      updated: (namespace, old) => {
        if (!old.metadata.deletionTimestamp) offer(namespace);
      },
      deleted: ({ metadata }) => void looks.delete(metadata.name ?? ""),
    });
    // The last Pod to go is the usual thing that a namespace waits for: no need to guess when.
    const pods = informers.get("v1/pods");
    pods.addHandler({
      deleted({ metadata }) {
        const namespace = namespaces.lister.get(metadata.namespace ?? "");
        if (namespace?.metadata.deletionTimestamp && !pods.lister.countIn(metadata.namespace ?? "")) offer(namespace);
      },
    });

    const sync = async (name: string): Promise<void> => {
      let namespace = await client.get(RESOURCE, { name });
      const deleted = namespace.metadata.deletionTimestamp;
      if (!deleted) return;
      if (namespace.status.phase !== "Terminating") {
        namespace = await client.updateStatus(RESOURCE, {
          ...namespace,
          status: { ...namespace.status, phase: "Terminating" },
        });
      }
      if (!namespace.spec.finalizers?.includes(FINALIZER)) return;
      const now = clock.now();
      const { findings, estimateSeconds, waitsForPods } = await deleteContent(client, {
        namespace: name,
        ageSeconds: (now.getTime() - Date.parse(deleted)) / 1000,
        knownPods: () => pods.lister.byNamespace(name),
      });
      const conditions = namespaceConditions(namespace.status.conditions, findings, now);
      if (!sameStatus(conditions, namespace.status.conditions)) {
        namespace = await client.updateStatus(RESOURCE, { ...namespace, status: { ...namespace.status, conditions } });
      }
      if (findings.contentErrors.length || findings.discoveryErrors.length) {
        throw new Error([...findings.discoveryErrors, ...findings.contentErrors].join("; "));
      }
      if (estimateSeconds) {
        const latest = (estimateSeconds / 2 + 1) * 1000;
        if (waitsForPods) return queue.addAfter(name, latest);
        const look = looks.get(name) ?? 0;
        looks.set(name, look + 1);
        return queue.addAfter(name, Math.min(FIRST_LOOK_MS * 2 ** look, latest));
      }
      const finalizers = namespace.spec.finalizers?.filter((finalizer) => finalizer !== FINALIZER);
      await client.updateSubresource(
        RESOURCE,
        { name, subresource: "finalize" },
        { ...namespace, spec: { finalizers } },
      );
    };
    const work = async () => {
      for (let name = await queue.next(); name !== undefined; name = await queue.next()) {
        try {
          await sync(name);
          queue.forget(name);
        } catch (error) {
          if (!isNotFound(error)) {
            if (!isConflict(error)) logger.warn({ err: error, namespace: name }, "namespace not yet empty");
            queue.addRateLimited(name);
          }
        }
        queue.done(name);
      }
    };
    for (let i = 0; i < WORKERS; i++) void work();
    return { stop: () => queue.stop() };
  },
};
