import type { Informers } from "../client/index.ts";
import type { Pod } from "../openapi/api/core.v1.ts";
import type { Cache } from "./cache.ts";
import { nodeChanges, podChanges } from "./changes.ts";
import type { Nominator } from "./nominator.ts";
import type { SchedulingQueue } from "./queue.ts";

export interface WatchClusterOptions {
  readonly informers: Informers;
  readonly cache: Cache;
  readonly queue: SchedulingQueue;
  readonly nominator: Nominator;
  /** Whether a Pod names one of our profiles. */
  isOurs(pod: Pod): boolean;
}

const uidOf = ({ metadata }: Pod) => metadata.uid ?? "";
const isFinished = ({ status }: Pod) => status?.phase === "Succeeded" || status?.phase === "Failed";
const priorityOf = ({ spec }: Pod) => spec.priority ?? 0;

/** Keeps cache and queue like the cluster. Follows pkg/scheduler/eventhandlers.go. */
export function watchCluster({ informers, cache, queue, nominator, isOurs }: WatchClusterOptions): void {
  informers.get("v1/nodes").addHandler({
    added(node) {
      cache.setNode(node);
      queue.onEvent("node/add", { now: node });
    },
    updated(node, old) {
      cache.setNode(node);
      for (const event of nodeChanges(node, old)) queue.onEvent(event, { now: node, old });
    },
    deleted(node) {
      cache.removeNode(node.metadata.name ?? "");
      queue.onEvent("node/delete", { old: node });
    },
  });
  informers.get("v1/pods").addHandler({
    added: (pod) => see(pod, undefined),
    updated: see,
    deleted: forget,
  });
  informers.get("v1/persistentvolumeclaims").addHandler({
    added: (now) => queue.onEvent("persistentvolumeclaim/add", { now }),
    updated: (now, old) => queue.onEvent("persistentvolumeclaim/update", { now, old }),
  });
  informers.get("v1/persistentvolumes").addHandler({
    added: (now) => queue.onEvent("persistentvolume/change", { now }),
    updated: (now, old) => queue.onEvent("persistentvolume/change", { now, old }),
  });
  informers.get("storage.k8s.io/v1/storageclasses").addHandler({
    added: (now) => queue.onEvent("storageclass/change", { now }),
    updated: (now, old) => queue.onEvent("storageclass/change", { now, old }),
  });
  informers.get("storage.k8s.io/v1/csinodes").addHandler({
    added: (now) => queue.onEvent("csinode/change", { now }),
    updated: (now, old) => queue.onEvent("csinode/change", { now, old }),
  });
  informers.get("storage.k8s.io/v1/csidrivers").addHandler({
    updated: (now, old) => queue.onEvent("csidriver/update", { now, old }),
  });
  informers.get("storage.k8s.io/v1/csistoragecapacities").addHandler({
    added: (now) => queue.onEvent("csistoragecapacity/change", { now }),
    updated: (now, old) => queue.onEvent("csistoragecapacity/change", { now, old }),
  });
  informers.get("resource.k8s.io/v1/resourceclaims").addHandler({
    added: (now) => queue.onEvent("resourceclaim/change", { now }),
    updated: (now, old) => queue.onEvent("resourceclaim/change", { now, old }),
  });
  informers.get("resource.k8s.io/v1/resourceslices").addHandler({
    added: (now) => queue.onEvent("resourceslice/change", { now }),
    updated: (now, old) => queue.onEvent("resourceslice/change", { now, old }),
  });
  informers.get("resource.k8s.io/v1/deviceclasses").addHandler({
    added: (now) => queue.onEvent("deviceclass/change", { now }),
    updated: (now, old) => queue.onEvent("deviceclass/change", { now, old }),
  });
  const namespacesChanged = () => cache.index.namespacesChanged();
  informers.get("v1/namespaces").addHandler({ added: namespacesChanged, updated: namespacesChanged });

  function see(pod: Pod, old: Pod | undefined): void {
    if (pod.spec.nodeName) seePlaced(pod, old);
    else seeWaiting(pod, old);
  }

  function seePlaced(pod: Pod, old: Pod | undefined): void {
    const uid = uidOf(pod);
    queue.delete(uid);
    nominator.delete(uid);
    if (isFinished(pod)) {
      if (cache.removePod(uid)) queue.onEvent("pod/delete", { old: pod });
      return;
    }
    cache.setPod(pod);
    if (!old?.spec.nodeName) queue.onEvent("pod/add", { now: pod });
    else for (const event of podChanges(pod, old)) queue.onEvent(event, { now: pod, old });
  }

  function seeWaiting(pod: Pod, old: Pod | undefined): void {
    const uid = uidOf(pod);
    if (!isOurs(pod) || isFinished(pod) || cache.isAssumed(uid)) return;
    const { nominatedNodeName } = pod.status ?? {};
    nominator.set(pod, nominatedNodeName);
    queue.set(pod, old, old ? podChanges(pod, old) : []);
    // What it was promised is free for those that it came before.
    if (old?.status?.nominatedNodeName && old.status.nominatedNodeName !== nominatedNodeName) release(old);
  }

  function forget(pod: Pod): void {
    queue.delete(uidOf(pod));
    nominator.delete(uidOf(pod));
    if (pod.spec.nodeName || cache.isAssumed(uidOf(pod))) {
      if (cache.removePod(uidOf(pod))) queue.onEvent("pod/delete", { old: pod });
    } else if (pod.status?.nominatedNodeName) {
      release(pod);
    }
  }

  function release(pod: Pod): void {
    queue.onEvent("pod/delete", { old: pod }, (other) => priorityOf(other) <= priorityOf(pod));
  }
}
