import { controllerOf } from "../../client/index.ts";
import type { Node, PersistentVolumeClaim, Pod } from "../../openapi/api/core.v1.ts";
import { bindVolumes, type PendingClaim, SELECTED_NODE } from "../bind-volumes.ts";
import { claimsUsed, type UsedClaim, usesClaim } from "../claims.ts";
import type { PluginArgs } from "../config/types.ts";
import { type Cycle, type Listers, type Plugin, refuse } from "../framework.ts";
import { classOf, isReachable, sizeOfClaim, volumeFor } from "../matching-volume.ts";
import { provisioningOn, volumeLimit } from "../provisioning.ts";

const NAME = "VolumeBinding";
const NODE_CONFLICT = "node(s) didn't match PersistentVolume's node affinity";
const BIND_CONFLICT = "node(s) didn't find available persistent volumes to bind";
const NO_SPACE = "node(s) did not have enough free storage";
const NO_VOLUME = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)";
const MIGRATED = "storage.alpha.kubernetes.io/migrated-plugins";

interface State {
  readonly bound: readonly PersistentVolumeClaim[];
  /** Claims whose volume is chosen, or made, once a node is. */
  readonly waiting: readonly PersistentVolumeClaim[];
}

const isBound = ({ metadata, spec }: PersistentVolumeClaim) =>
  Boolean(spec?.volumeName && metadata.annotations?.["pv.kubernetes.io/bind-completed"] !== undefined);

/** Why a Pod cannot use a claim yet, or at all. (podHasPVCs) */
function problemWith(
  claim: PersistentVolumeClaim | undefined,
  { name, isEphemeral }: UsedClaim,
  { metadata }: Pod,
): string | undefined {
  if (!claim && isEphemeral)
    return `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`;
  if (!claim) return `persistentvolumeclaim "${name}" not found`;
  if (claim.status?.phase === "Lost")
    return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec?.volumeName}"`;
  if (claim.metadata.deletionTimestamp) return `persistentvolumeclaim "${name}" is being deleted`;
  if (!isEphemeral || controllerOf(claim)?.uid === metadata.uid) return undefined;
  const { namespace } = metadata;
  return `PVC ${namespace}/${name} was not created for pod ${namespace}/${metadata.name} (pod is not owner)`;
}

/** Claims must be bound to volumes that the node reaches, or be bindable there. (framework/plugins/volumebinding) */
export const volumeBinding = ({ bindTimeoutSeconds }: PluginArgs["VolumeBinding"]): Plugin => ({
  name: NAME,
  hints: {
    "node/add": () => true,
    "node/labels": () => true,
    "node/taints": () => true,
    "persistentvolumeclaim/add": usesClaim,
    "persistentvolumeclaim/update": usesClaim,
    "persistentvolume/change": () => true,
    // The rest of a class never changes.
    "storageclass/change": (_pod, { now, old }) =>
      !old || JSON.stringify(now?.allowedTopologies) !== JSON.stringify(old.allowedTopologies),
    "csinode/change": (_pod, { now, old }) =>
      !old || now?.metadata.annotations?.[MIGRATED] !== old.metadata.annotations?.[MIGRATED],
    "csidriver/update": (pod, { now, old }) =>
      !!old?.spec.storageCapacity &&
      !now?.spec.storageCapacity &&
      !!pod.spec.volumes?.some(({ csi }) => csi?.driver === now?.metadata.name),
    "csistoragecapacity/change": (_pod, { now, old }) => {
      const [limit, before] = [now && volumeLimit(now), old && volumeLimit(old)];
      return !old || (limit !== undefined && (before === undefined || limit > before));
    },
  },
  preFilter({ pod, listers, state }: Cycle) {
    const used = claimsUsed(pod);
    if (!used.length) return "skip";
    const claims: PersistentVolumeClaim[] = [];
    for (const one of used) {
      const claim = listers.persistentVolumeClaim(pod.metadata.namespace ?? "", one.name);
      const problem = problemWith(claim, one, pod);
      if (problem || !claim) return refuse(NAME, [problem ?? ""], true);
      claims.push(claim);
    }
    // A claim that names its volume is bound by the controller, whatever its class says.
    const waits = (claim: PersistentVolumeClaim) =>
      !claim.spec.volumeName && listers.storageClass(classOf(claim))?.volumeBindingMode === "WaitForFirstConsumer";
    const bound = claims.filter(isBound);
    const waiting = claims.filter((claim) => !isBound(claim) && waits(claim));
    if (bound.length + waiting.length < claims.length)
      return refuse(NAME, ["pod has unbound immediate PersistentVolumeClaims"], true);
    state.set(NAME, { bound, waiting } satisfies State);
    return undefined;
  },
  filter({ listers, state }, { node }) {
    const { bound, waiting } = state.get(NAME) as State;
    const reasons = [...boundProblems(bound, node, listers), ...waitingProblems(waiting, node, listers)];
    // In upstream's order: what is found of bound claims stands around what is found of the others.
    const order = [NODE_CONFLICT, BIND_CONFLICT, NO_SPACE, NO_VOLUME].filter((reason) => reasons.includes(reason));
    return order.length ? refuse(NAME, order, true) : undefined;
  },
  preBindPreFlight: ({ state }) => Boolean((state.get(NAME) as State | undefined)?.waiting.length),
  async preBind(cycle, node, cluster) {
    const info = cycle.nodes.get(node);
    const waiting = info ? pendingClaims(cycle, info.node) : [];
    if (waiting.length) await bindVolumes(cycle.pod, node, waiting, cluster, bindTimeoutSeconds * 1000);
  },
  // Decided anew when it binds.
  alsoAt: ["reserve"],
});

/** (checkBoundClaims) */
function boundProblems(bound: State["bound"], node: Node, listers: Listers): string[] {
  for (const claim of bound) {
    const volume = listers.persistentVolume(claim.spec.volumeName ?? "");
    if (!volume) return [NO_VOLUME];
    if (!isReachable(volume, node)) return [NODE_CONFLICT];
  }
  return [];
}

/** (FindPodVolumes) */
function waitingProblems(waiting: State["waiting"], node: Node, listers: Listers): string[] {
  const selected = ({ metadata }: PersistentVolumeClaim) => metadata.annotations?.[SELECTED_NODE];
  if (waiting.some((claim) => ![undefined, node.metadata.name].includes(selected(claim)))) return [BIND_CONFLICT];
  const taken = new Set<string>();
  const unmatched = bySize(waiting.filter((claim) => selected(claim) === undefined)).filter((claim) => {
    const volume = volumeFor(claim, node, listers, taken);
    if (volume) taken.add(volume.metadata.name ?? "");
    return !volume;
  });
  for (const claim of [...waiting.filter((one) => selected(one) !== undefined), ...unmatched]) {
    const provisioning = provisioningOn(node, claim, listers);
    if (provisioning !== "possible") return [provisioning === "no space" ? NO_SPACE : BIND_CONFLICT];
  }
  return [];
}

/** The smallest claims choose first. */
const bySize = (claims: readonly PersistentVolumeClaim[]): PersistentVolumeClaim[] =>
  [...claims].sort((a, b) => sizeOfClaim(a) - sizeOfClaim(b));

/** What must be decided about claims before the Pod is bound to the node. (AssumePodVolumes) */
function pendingClaims({ state, listers }: Cycle, node: Node): PendingClaim[] {
  const taken = new Set<string>();
  return bySize((state.get(NAME) as State | undefined)?.waiting ?? []).map((claim) => {
    const volume = claim.metadata.annotations?.[SELECTED_NODE] ? undefined : volumeFor(claim, node, listers, taken);
    if (volume) taken.add(volume.metadata.name ?? "");
    return { claim, volume };
  });
}
