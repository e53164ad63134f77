import type { Pod } from "../../openapi/api/core.v1.ts";
import { claimNames, claimsUsed, usesClaim } from "../claims.ts";
import { conflictsWith, mayConflict } from "../disk-conflicts.ts";
import { type Cycle, type Plugin, refuse } from "../framework.ts";

const NAME = "VolumeRestrictions";

/** Claims of a Pod by name that only one Pod at a time may use. */
function exclusiveClaims({ pod, listers }: Cycle): Set<string> {
  const namespace = pod.metadata.namespace ?? "";
  const names = (pod.spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);
  return new Set(
    names.filter((name) =>
      listers.persistentVolumeClaim(namespace, name)?.spec?.accessModes?.includes("ReadWriteOncePod"),
    ),
  );
}

/** Whether a Pod's disks are mounted by another in a way that excludes it. */
const conflict = (pod: Pod, other: Pod): boolean =>
  (pod.spec.volumes ?? []).some((volume) => mayConflict(volume) && conflictsWith(volume, other));

/**
 * ReadWriteOncePod claims have one user in the whole cluster, some kinds of disks one on a node.
 * (framework/plugins/volumerestrictions)
 */
export const volumeRestrictions: Plugin = {
  name: NAME,
  hints: {
    "pod/delete": (pod, { old }) =>
      pod.metadata.namespace === old?.metadata.namespace &&
      old !== undefined &&
      (claimNames(pod).some((name) => claimNames(old).includes(name)) || conflict(pod, old)),
    "persistentvolumeclaim/add": usesClaim,
  },
  preFilter(cycle) {
    const { pod, listers } = cycle;
    const missing = claimsUsed(pod).find(
      ({ name, isEphemeral }) => !isEphemeral && !listers.persistentVolumeClaim(pod.metadata.namespace ?? "", name),
    );
    if (missing) return refuse(NAME, [`persistentvolumeclaim "${missing.name}" not found`], true);
    const claims = exclusiveClaims(cycle);
    if (!claims.size && !pod.spec.volumes?.some(mayConflict)) return "skip";
    cycle.state.set(NAME, claims);
    return undefined;
  },
  filter(cycle, node) {
    const claims = cycle.state.get(NAME) as Set<string>;
    for (const { pod } of node.pods.values())
      if (conflict(cycle.pod, pod)) return refuse(NAME, ["node(s) had no available disk"]);
    if (!claims.size) return undefined;
    for (const other of cycle.nodes.values()) {
      // While preemption tries a node, that node's Pods are as `node` shows them, not as the cluster does.
      for (const { pod } of (other.name === node.name ? node : other).pods.values()) {
        if (pod.metadata.namespace !== cycle.pod.metadata.namespace) continue;
        if (!pod.spec.volumes?.some(({ persistentVolumeClaim }) => claims.has(persistentVolumeClaim?.claimName ?? "")))
          continue;
        return refuse(NAME, [
          "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod",
        ]);
      }
    }
    return undefined;
  },
};
