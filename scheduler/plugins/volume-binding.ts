import { controllerOf, nodeSelectorMatches, nodeSelectorTermMatches, quantity } from "../../client/index.ts";
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from "../../openapi/api/core.v1.ts";
import { bindVolumes, type PendingClaim, refersTo, SELECTED_NODE } from "../bind-volumes.ts";
import { claimsUsed, type UsedClaim, usesClaim } from "../claims.ts";
import type { PluginArgs } from "../config/types.ts";
import { type Cycle, type Listers, type Plugin, refuse } from "../framework.ts";
import { selectorMatches } from "../selectors.ts";

const NAME = "VolumeBinding";
const NO_PROVISIONER = "kubernetes.io/no-provisioner";

interface State {
  readonly bound: readonly PersistentVolumeClaim[];
  /** Claims whose volume is chosen, or made, once a node is. */
  readonly waiting: readonly PersistentVolumeClaim[];
}

const isBound = ({ metadata, spec }: PersistentVolumeClaim) =>
  Boolean(spec?.volumeName && metadata.annotations?.["pv.kubernetes.io/bind-completed"] !== undefined);

const reachable = (volume: PersistentVolume, node: Parameters<typeof nodeSelectorMatches>[1]) =>
  !volume.spec?.nodeAffinity?.required || nodeSelectorMatches(volume.spec.nodeAffinity.required, node);

const sizeOf = ({ spec }: PersistentVolume): number => quantity(spec?.capacity?.storage ?? "0");

/** A volume that would satisfy the claim: one that refers to it already, or a free one. */
function suits(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const isMeant = refersTo(volume, claim);
  if (volume.metadata.deletionTimestamp || (volume.spec.claimRef && !isMeant)) return false;
  const fits =
    (volume.spec.volumeMode ?? "Filesystem") === (claim.spec.volumeMode ?? "Filesystem") &&
    (volume.spec.volumeAttributesClassName ?? "") === (claim.spec.volumeAttributesClassName ?? "") &&
    sizeOf(volume) >= quantity(claim.spec.resources?.requests?.storage ?? "0");
  if (!fits || isMeant) return fits;
  return (
    volume.status?.phase === "Available" &&
    (volume.spec.storageClassName ?? "") === (claim.spec.storageClassName ?? "") &&
    (claim.spec.accessModes ?? []).every((mode) => volume.spec.accessModes?.includes(mode)) &&
    (!claim.spec.selector || selectorMatches(claim.spec.selector, volume.metadata.labels))
  );
}

/**
 * The existing volume that a claim would get on a node: one that refers to it, else the smallest.
 * @param taken by other claims of the same Pod
 */
function volumeFor(
  claim: PersistentVolumeClaim,
  node: Node,
  listers: Listers,
  taken: ReadonlySet<string>,
): PersistentVolume | undefined {
  return listers
    .persistentVolumes()
    .filter((volume) => !taken.has(volume.metadata.name ?? "") && suits(volume, claim) && reachable(volume, node))
    .sort((a, b) => Number(refersTo(b, claim)) - Number(refersTo(a, claim)) || sizeOf(a) - sizeOf(b))[0];
}

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
    "storageclass/change": () => true,
    "csinode/change": () => true,
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
    const waits = ({ spec }: PersistentVolumeClaim) =>
      !spec.volumeName &&
      listers.storageClass(spec.storageClassName ?? "")?.volumeBindingMode === "WaitForFirstConsumer";
    const bound = claims.filter(isBound);
    const waiting = claims.filter((claim) => !isBound(claim) && waits(claim));
    if (bound.length + waiting.length < claims.length)
      return refuse(NAME, ["pod has unbound immediate PersistentVolumeClaims"], true);
    state.set(NAME, { bound, waiting } satisfies State);
    return undefined;
  },
  filter({ listers, state }, { node }) {
    const { bound, waiting } = state.get(NAME) as State;
    for (const claim of bound) {
      const volume = listers.persistentVolume(claim.spec?.volumeName ?? "");
      if (!volume)
        return refuse(NAME, ["node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"], true);
      if (!reachable(volume, node))
        return refuse(NAME, ["node(s) didn't match PersistentVolume's node affinity"], true);
    }
    const taken = new Set<string>();
    for (const claim of waiting) {
      const selected = claim.metadata.annotations?.[SELECTED_NODE];
      if (selected && selected !== node.metadata.name)
        return refuse(NAME, ["node(s) didn't find available persistent volumes to bind"], true);
      const volume = selected ? undefined : volumeFor(claim, node, listers, taken);
      if (volume) {
        taken.add(volume.metadata.name ?? "");
        continue;
      }
      const storageClass = listers.storageClass(claim.spec?.storageClassName ?? "");
      const provisions = storageClass && storageClass.provisioner !== NO_PROVISIONER;
      const topologies = storageClass?.allowedTopologies ?? [];
      const allowed =
        !topologies.length ||
        topologies.some(({ matchLabelExpressions = [] }) =>
          nodeSelectorTermMatches(
            { matchExpressions: matchLabelExpressions.map(({ key, values }) => ({ key, operator: "In", values })) },
            node,
          ),
        );
      if (!provisions || !allowed)
        return refuse(NAME, ["node(s) didn't find available persistent volumes to bind"], true);
    }
    return undefined;
  },
  async preBind(cycle, node, cluster) {
    const info = cycle.nodes.get(node);
    const waiting = info ? pendingClaims(cycle, info.node) : [];
    if (waiting.length) await bindVolumes(node, waiting, cluster, bindTimeoutSeconds * 1000);
  },
  // Decided anew when it binds.
  alsoAt: ["reserve"],
});

/** What must be decided about claims before the Pod is bound to the node. (AssumePodVolumes) */
function pendingClaims({ state, listers }: Cycle, node: Node): PendingClaim[] {
  const taken = new Set<string>();
  return ((state.get(NAME) as State | undefined)?.waiting ?? []).map((claim) => {
    const volume = claim.metadata.annotations?.[SELECTED_NODE] ? undefined : volumeFor(claim, node, listers, taken);
    if (volume) taken.add(volume.metadata.name ?? "");
    return { claim, volume };
  });
}
