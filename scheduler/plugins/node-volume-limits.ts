import type { Pod } from "../../openapi/api/core.v1.ts";
import { usesClaim } from "../claims.ts";
import { type Listers, type Plugin, refuse } from "../framework.ts";

const NAME = "NodeVolumeLimits";

/** CSI volumes of a Pod: handle → driver. */
function csiVolumes(pod: Pod, listers: Listers): Map<string, string> {
  const volumes = new Map<string, string>();
  for (const { persistentVolumeClaim } of pod.spec.volumes ?? []) {
    if (!persistentVolumeClaim) continue;
    const claim = listers.persistentVolumeClaim(pod.metadata.namespace ?? "", persistentVolumeClaim.claimName);
    const csi = claim?.spec?.volumeName ? listers.persistentVolume(claim.spec.volumeName)?.spec?.csi : undefined;
    if (csi) volumes.set(`${csi.driver}/${csi.volumeHandle}`, csi.driver);
  }
  return volumes;
}

/** A CSI driver says how many of its volumes a node takes. (framework/plugins/nodevolumelimits) */
export const nodeVolumeLimits: Plugin = {
  name: NAME,
  hints: {
    "csinode/change": () => true,
    "pod/delete": (_, { old }) =>
      Boolean(old?.spec.nodeName || old?.status?.nominatedNodeName) &&
      Boolean(old?.spec.volumes?.some(({ persistentVolumeClaim, ephemeral }) => persistentVolumeClaim ?? ephemeral)),
    "persistentvolumeclaim/add": usesClaim,
  },
  preFilter({ pod, listers, state }) {
    const wanted = csiVolumes(pod, listers);
    if (!wanted.size) return "skip";
    state.set(NAME, wanted);
    return undefined;
  },
  filter({ listers, state }, node) {
    const wanted = state.get(NAME) as Map<string, string>;
    for (const { name, allocatable } of listers.csiNode(node.name)?.spec?.drivers ?? []) {
      if (allocatable?.count === undefined) continue;
      const used = new Set([...wanted].filter(([, driver]) => driver === name).map(([handle]) => handle));
      if (!used.size) continue;
      for (const { pod } of node.pods.values()) {
        for (const [handle, driver] of csiVolumes(pod, listers)) if (driver === name) used.add(handle);
      }
      if (used.size > allocatable.count) return refuse(NAME, ["node(s) exceed max volume count"]);
    }
    return undefined;
  },
};
