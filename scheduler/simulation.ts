import type { Node } from "../openapi/api/core.v1.ts";
import { defaultConfiguration } from "./config/load.ts";
import { noDevices } from "./devices/no-devices.ts";
import type { Listers } from "./framework.ts";
import { NodeInfo } from "./node-info.ts";
import { createProfile, type Profile } from "./profile.ts";

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
