import type { Node, Pod } from "../openapi/api/core.v1.ts";
import { defaultConfiguration } from "./config/load.ts";
import { noDevices } from "./devices/no-devices.ts";
import type { Listers } from "./framework.ts";
import { NodeInfo } from "./node-info.ts";
import { PodIndex } from "./pod-index.ts";
import { createProfile, type Profile } from "./profile.ts";
import type { ScheduleInput } from "./schedule.ts";

/** For tests: the profile of a scheduler without a configuration, in a cluster without devices. */
export function defaultProfile(): Profile {
  const [configuration] = defaultConfiguration().profiles;
  if (!configuration) throw new Error("no profile");
  return createProfile(configuration, { isPreempting: () => false, devices: noDevices });
}

/** For tests: a cluster that has nothing but nodes and Pods. */
export const nothing: Listers = {
  namespace: () => undefined,
  persistentVolume: () => undefined,
  persistentVolumes: () => [],
  persistentVolumeClaim: () => undefined,
  storageClass: () => undefined,
  csiNode: () => undefined,
  csiDriver: () => undefined,
  csiStorageCapacities: () => [],
  services: () => [],
  replicationControllers: () => [],
  replicaSets: () => [],
  statefulSets: () => [],
  disruptionBudgets: () => [],
};

/** For tests: a node with four processors and room for ten Pods. */
export function nodeInfo(name: string, spec: Partial<Node["spec"]>, labels: Record<string, string>): NodeInfo {
  const status = { allocatable: { cpu: "4", memory: "8Gi", pods: "10" } };
  return new NodeInfo({ metadata: { name, labels }, spec, status } as unknown as Node);
}

export interface Simulation {
  readonly profile: Profile;
  readonly listers: Listers;
  /** From 0 to 1: which of equally good nodes it is. */
  readonly random: number;
}

/** For tests: what one decision is made from; every node is looked at, in this order. */
export function decisionOn(pod: Pod, order: NodeInfo[], { profile, listers, random }: Simulation): ScheduleInput {
  const nodes = new Map(order.map((info) => [info.name, info]));
  return {
    ...{ pod, nodes, order, listers, profile },
    index: new PodIndex(nodes, () => ({})),
    imageNodes: new Map(),
    startAt: 0,
    percentageOfNodesToScore: 0,
    random: () => random,
    nominated: () => [],
  };
}
