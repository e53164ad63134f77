import type { Client, Clock, Informers, Logger, SeriesRecorder } from "../client/index.ts";
import type { ReplicaSet, StatefulSet } from "../openapi/api/apps.v1.ts";
import type {
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  ReplicationController,
  Service,
} from "../openapi/api/core.v1.ts";
import type { PodDisruptionBudget } from "../openapi/api/policy.v1.ts";
import type { DeviceClass, ResourceClaim, ResourceSlice } from "../openapi/api/resource.k8s.io.v1.ts";
import type { CSIDriver, CSINode, CSIStorageCapacity, StorageClass } from "../openapi/api/storage.k8s.io.v1.ts";
import type { ExtensionPoint } from "./config/types.ts";
import type { CompileSelector } from "./devices/allocate.ts";
import type { Claims } from "./devices/claims.ts";
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
  csiDriver(name: string): CSIDriver | undefined;
  csiStorageCapacities(): readonly CSIStorageCapacity[];
  services(namespace: string): readonly Service[];
  replicationControllers(namespace: string): readonly ReplicationController[];
  replicaSets(namespace: string): readonly ReplicaSet[];
  statefulSets(namespace: string): readonly StatefulSet[];
  disruptionBudgets(): readonly PodDisruptionBudget[];
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
  /** Plugins whose filter has something to do, known after preFilter. */
  readonly filters: Plugin[];
  /** 0…1 */
  readonly random: () => number;
  /** Pods that preemption has promised a node, by its name. */
  readonly nominated: (node: string) => readonly Pod[];
}

/** Why no node fits. */
export interface Diagnosis {
  readonly nodes: number;
  /** Set when the cycle ended before any node was looked at. */
  readonly preFilter?: Status;
  readonly refused: ReadonlyMap<NodeInfo, Status>;
  /** Nodes that were not even looked at, because the Pod names others. */
  readonly notAsked: { readonly count: number; readonly reason: string };
  /** Plugins that said no: their events wake the Pod up. */
  readonly plugins: ReadonlySet<string>;
}

/** Pods to evict so that one of higher priority fits on a node. */
export interface Candidate {
  readonly node: NodeInfo;
  /** Most important first. */
  readonly victims: readonly Pod[];
  readonly budgetViolations: number;
}

/** What came of a plugin's search for a way to place a Pod after all. */
export interface PostFilterResult {
  /** What FailedScheduling ends with. */
  readonly message: string;
  readonly candidate?: Candidate;
  /** All that it was chosen from. */
  readonly candidates?: readonly Candidate[];
  /** "" takes a nomination back, undefined leaves it as it is. */
  readonly nominatedNodeName?: string;
  /** No other plugin is asked. */
  readonly isFinal?: boolean;
  /** What the plugin does about it, while the Pod waits. */
  act?(cluster: ClusterAccess): Promise<void>;
}

/** What plugins may know of the scheduler they run in. */
export interface Handle {
  /** Whether victims of this Pod are still being evicted. */
  isPreempting(uid: string): boolean;
  /** Told of each time that room is looked for by evicting Pods. */
  preempting?(): void;
  readonly devices: Devices;
}

/** What there is to claim, and who has it. */
export interface Devices {
  readonly claims: Claims;
  slices(): readonly ResourceSlice[];
  deviceClass(name: string): DeviceClass | undefined;
  /** The class whose devices stand for an extended resource. */
  classOfResource(resource: string): DeviceClass | undefined;
  readonly compileSelector: CompileSelector;
  /** A new UUID, for a share of a device, or a claim that is not made yet. */
  readonly newShareId: () => string;
  readonly now: () => Date;
}

/** What may happen in the cluster that makes an unschedulable Pod schedulable, and to what kind of object. */
export interface ClusterEvents {
  "node/add": Node;
  "node/allocatable": Node;
  "node/declaredFeatures": Node;
  "node/labels": Node;
  "node/taints": Node;
  "node/delete": Node;
  /** Pods with a node. Changes of a Pod that waits are told of itself only. */
  "pod/add": Pod;
  "pod/labels": Pod;
  /** It asks for less. */
  "pod/scale-down": Pod;
  "pod/delete": Pod;
  "pod/tolerations": Pod;
  "pod/gates": Pod;
  /** Claims have been made for it. */
  "pod/claims": Pod;
  "persistentvolumeclaim/add": PersistentVolumeClaim;
  "persistentvolumeclaim/update": PersistentVolumeClaim;
  "persistentvolume/change": PersistentVolume;
  "storageclass/change": StorageClass;
  "csinode/change": CSINode;
  "csidriver/update": CSIDriver;
  "csistoragecapacity/change": CSIStorageCapacity;
  "resourceclaim/change": ResourceClaim;
  "resourceslice/change": ResourceSlice;
  "deviceclass/change": DeviceClass;
}

export type ClusterEvent = keyof ClusterEvents;

/** Absent `old`: it is new; absent `now`: it is gone. */
export interface Change<T> {
  readonly old?: T;
  readonly now?: T;
}

/** Whether a change may help a Pod that the plugin has refused. (QueueingHintFn) */
export type Hint<T> = (pod: Pod, change: Change<T>, listers: Listers) => boolean;

export type Hints = { readonly [E in ClusterEvent]?: Hint<ClusterEvents[E]> };

/**
 * A scheduling plugin: any subset of the extension points. Follows pkg/scheduler/framework/interface.go, where each
 * point is described. All functions are pure but for `cycle.state`.
 */
export interface Plugin {
  readonly name: string;
  /** Extension points at which it takes part without a function of that name. */
  readonly alsoAt?: readonly ExtensionPoint[];
  /** Events after which a Pod that this plugin refused may fit. */
  readonly hints?: Hints;
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
  /** When no node fits. */
  postFilter?(cycle: Cycle, diagnosis: Diagnosis): PostFilterResult;
  /** Before scores, with the nodes that passed. @returns "skip" when it would say the same of all. */
  preScore?(cycle: Cycle, feasible: readonly NodeInfo[]): "skip" | undefined;
  score?(cycle: Cycle, node: NodeInfo): number;
  /** Brings raw scores, one a feasible node, to 0…100, in place. */
  normalize?(cycle: Cycle, scores: number[], feasible: readonly NodeInfo[]): void;
  /** The node is chosen: nothing of it may be given to others. @throws Error when that cannot be */
  reserve?(cycle: Cycle, node: string): void;
  /** It came to nothing after all. Asked of all plugins, also of those that had reserved nothing. */
  unreserve?(cycle: Cycle, cluster: ClusterAccess): void;
  /** Whether `preBind` has anything to do; then the Pod says meanwhile which node it is about to get. */
  preBindPreFlight?(cycle: Cycle, node: string): boolean;
  /** What must be done before the Pod may be bound to the node. */
  preBind?(cycle: Cycle, node: string, cluster: ClusterAccess): Promise<void>;
  bind?(cycle: Cycle, node: string, cluster: ClusterAccess): Promise<void>;
}

/** What plugins may act with once a node is chosen. */
export interface ClusterAccess {
  readonly client: Client;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly recorder: SeriesRecorder;
}

/** Extenders among the plugins that refused a Pod: any event may change their mind. (framework.ExtenderName) */
export const EXTENDERS = "Extenders";

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
