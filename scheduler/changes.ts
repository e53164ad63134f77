import type { Node, Pod } from "../openapi/api/core.v1.ts";
import type { ClusterEvent } from "./framework.ts";
import { podInfo } from "./node-info.ts";

/** What of a node's change may make room; heartbeats are none of it. (NodeSchedulingPropertiesChange) */
export function nodeChanges(node: Node, old: Node): ClusterEvent[] {
  const differ = (pick: (node: Node) => unknown) => JSON.stringify(pick(node)) !== JSON.stringify(pick(old));
  const events: ClusterEvent[] = [];
  if (old.spec?.unschedulable && !node.spec?.unschedulable) events.push("node/taints");
  if (differ(({ status }) => status?.allocatable)) events.push("node/allocatable");
  if (differ(({ status }) => status?.declaredFeatures)) events.push("node/declaredFeatures");
  if (differ(({ metadata }) => metadata.labels)) events.push("node/labels");
  if (differ(({ spec }) => spec?.taints)) events.push("node/taints");
  return events;
}

/** What of a Pod's change may help itself, or others. (PodSchedulingPropertiesChange) */
export function podChanges(pod: Pod, old: Pod): ClusterEvent[] {
  const events: ClusterEvent[] = [];
  if (JSON.stringify(pod.metadata.labels) !== JSON.stringify(old.metadata.labels)) events.push("pod/labels");
  const [now, before] = [podInfo(pod).requests, podInfo(old).requests];
  if (Object.keys(before).some((name) => (before[name] ?? 0) > (now[name] ?? 0))) events.push("pod/scale-down");
  if (old.spec.schedulingGates?.length && !pod.spec.schedulingGates?.length) events.push("pod/gates");
  if (pod.spec.tolerations?.length !== old.spec.tolerations?.length) events.push("pod/tolerations");
  if (JSON.stringify(pod.status?.resourceClaimStatuses) !== JSON.stringify(old.status?.resourceClaimStatuses))
    events.push("pod/claims");
  return events;
}
