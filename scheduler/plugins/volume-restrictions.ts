import { claimNames, usesClaim } from "../claims.ts";
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

/** ReadWriteOncePod claims have one user in the whole cluster. (framework/plugins/volumerestrictions) */
export const volumeRestrictions: Plugin = {
  name: NAME,
  hints: {
    "pod/delete": (pod, { old }) =>
      pod.metadata.namespace === old?.metadata.namespace &&
      old !== undefined &&
      claimNames(pod).some((name) => claimNames(old).includes(name)),
    "persistentvolumeclaim/add": usesClaim,
  },
  preFilter(cycle) {
    const claims = exclusiveClaims(cycle);
    if (!claims.size) return "skip";
    cycle.state.set(NAME, claims);
    return undefined;
  },
  filter(cycle, node) {
    const claims = cycle.state.get(NAME) as Set<string>;
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
