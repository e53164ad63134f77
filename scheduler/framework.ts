import type { ReplicaSet, StatefulSet } from "../openapi/api/apps.v1.ts";
import type {
  Namespace,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  ReplicationController,
  Service,
} from "../openapi/api/core.v1.ts";
import type { PodDisruptionBudget } from "../openapi/api/policy.v1.ts";
import type { CSINode, StorageClass } from "../openapi/api/storage.k8s.io.v1.ts";
import type { NodeInfo, PodInfo } from "./node-info.ts";
import type { PodIndex } from "./pod-index.ts";

/** Why a node, or the whole cluster, is no place for a Pod. */
export interface Status {
  readonly reasons: readonly string[];
  /** Removing other Pods from the node would not help. */
  readonly unresolvable: boolean;
  /** The plugin that said so: its events decide when to try again. */
  readonly plugin: string;
}

/** Objects besides nodes and Pods, from informers. All are empty for resources that nothing has asked for. */
export interface Listers {
  namespace(name: string): Namespace | undefined;
  persistentVolume(name: string): PersistentVolume | undefined;
  persistentVolumes(): readonly PersistentVolume[];
  persistentVolumeClaim(namespace: string, name: string): PersistentVolumeClaim | undefined;
  storageClass(name: string): StorageClass | undefined;
  csiNode(name: string): CSINode | undefined;
  services(namespace: string): readonly Service[];
  replicationControllers(namespace: string): readonly ReplicationController[];
  replicaSets(namespace: string): readonly ReplicaSet[];
  statefulSets(namespace: string): readonly StatefulSet[];
  disruptionBudgets(namespace: string): readonly PodDisruptionBudget[];
}

/** One attempt to place one Pod. Plugins keep what they prepared in `state`, under their own name. */
export interface Cycle {
  readonly pod: Pod;
  readonly info: PodInfo;
  /** All nodes. */
  readonly nodes: ReadonlyMap<string, NodeInfo>;
  readonly listers: Listers;
  /** Counts of the Pods on all nodes. */
  readonly index: PodIndex;
  /** How many nodes have an image, by each of its names. */
  readonly imageNodes: ReadonlyMap<string, number>;
  readonly state: Map<string, unknown>;
}

/** What happened in the cluster, as far as it may make an unschedulable Pod schedulable. */
export type ClusterEvent =
  | "node/add"
  | "node/allocatable"
  | "node/labels"
  | "node/taints"
  | "pod/add"
  | "pod/labels"
  | "pod/delete"
  | "pod/gates"
  | "volume"
  | "namespace";

/**
 * A scheduling plugin: any subset of the extension points. Follows pkg/scheduler/framework/interface.go, where each
 * point is described. All functions are pure but for `cycle.state`.
 */
export interface Plugin {
  readonly name: string;
  /** Weight of its normalised score; absent when it does not score. */
  readonly weight?: number;
  /** Events after which a Pod that this plugin refused may fit. */
  readonly retryOn: readonly ClusterEvent[];
  /** Before it may enter the queue at all. @returns why not. */
  preEnqueue?(pod: Pod): string | undefined;
  /** Once per cycle. @returns a status that ends the cycle, or "skip" when `filter` has nothing to do for this Pod. */
  preFilter?(cycle: Cycle): Status | "skip" | undefined;
  /** Names of the only nodes worth a look; absent = all. Asked after `preFilter`. */
  candidates?(cycle: Cycle): ReadonlySet<string> | undefined;
  filter?(cycle: Cycle, node: NodeInfo): Status | undefined;
  /**
   * Keeps prepared state true while a node is looked at as if it had some more Pods, or some less. Absent: what
   * preFilter prepares is not about Pods of nodes.
   */
  withPods?(cycle: Cycle, infos: readonly PodInfo[], node: NodeInfo, by: 1 | -1): void;
  /** Before scores, with the nodes that passed. @returns "skip" when it would say the same of all. */
  preScore?(cycle: Cycle, feasible: readonly NodeInfo[]): "skip" | undefined;
  score?(cycle: Cycle, node: NodeInfo): number;
  /** Brings raw scores, one a feasible node, to 0…100, in place. */
  normalize?(cycle: Cycle, scores: number[], feasible: readonly NodeInfo[]): void;
}

export const MAX_SCORE = 100;

export function refuse(plugin: string, reasons: readonly string[], unresolvable = false): Status {
  return { plugin, reasons, unresolvable };
}

/** Scales to 0…MAX_SCORE by the largest; `reverse` turns it round. (framework/plugins/helper/normalize_score.go) */
export function defaultNormalize(scores: number[], reverse: boolean): void {
  let highest = 0;
  for (const score of scores) highest = Math.max(highest, score);
  for (let i = 0; i < scores.length; i++) {
    const scaled = highest === 0 ? 0 : Math.floor((MAX_SCORE * (scores[i] ?? 0)) / highest);
    scores[i] = reverse ? MAX_SCORE - scaled : scaled;
  }
}
