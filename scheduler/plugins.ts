import type { PluginArgs, PluginChoice } from "./config/types.ts";
import type { Handle, Plugin } from "./framework.ts";
import { defaultBinder } from "./plugins/default-binder.ts";
import { defaultPreemption } from "./plugins/default-preemption.ts";
import { dynamicResources } from "./plugins/dynamic-resources.ts";
import { imageLocality } from "./plugins/image-locality.ts";
import { interPodAffinity } from "./plugins/inter-pod-affinity.ts";
import { nodeAffinity } from "./plugins/node-affinity.ts";
import { nodeDeclaredFeatures } from "./plugins/node-declared-features.ts";
import { nodeName } from "./plugins/node-name.ts";
import { nodePorts } from "./plugins/node-ports.ts";
import { nodeResourcesBalancedAllocation } from "./plugins/node-resources-balanced-allocation.ts";
import { nodeResourcesFit } from "./plugins/node-resources-fit.ts";
import { nodeUnschedulable } from "./plugins/node-unschedulable.ts";
import { nodeVolumeLimits } from "./plugins/node-volume-limits.ts";
import { podTopologySpread } from "./plugins/pod-topology-spread.ts";
import { schedulingGates } from "./plugins/scheduling-gates.ts";
import { taintToleration } from "./plugins/taint-toleration.ts";
import { volumeBinding } from "./plugins/volume-binding.ts";
import { volumeRestrictions } from "./plugins/volume-restrictions.ts";
import { volumeZone } from "./plugins/volume-zone.ts";

/** The queue sorts by priority, then age, and in no other way. */
const prioritySort: Plugin = { name: "PrioritySort", alsoAt: ["queueSort"] };

/** All plugins there are, by name. (framework/plugins/registry.go) */
export const registry: Readonly<Record<string, (args: PluginArgs, handle: Handle) => Plugin>> = {
  SchedulingGates: () => schedulingGates,
  PrioritySort: () => prioritySort,
  NodeUnschedulable: () => nodeUnschedulable,
  NodeName: () => nodeName,
  TaintToleration: () => taintToleration,
  NodeAffinity: (args) => nodeAffinity(args.NodeAffinity),
  NodePorts: () => nodePorts,
  NodeResourcesFit: (args, handle) => nodeResourcesFit(handle, args.NodeResourcesFit),
  VolumeRestrictions: () => volumeRestrictions,
  NodeVolumeLimits: () => nodeVolumeLimits,
  VolumeBinding: (args) => volumeBinding(args.VolumeBinding),
  VolumeZone: () => volumeZone,
  PodTopologySpread: (args) => podTopologySpread(args.PodTopologySpread),
  InterPodAffinity: (args) => interPodAffinity(args.InterPodAffinity),
  DynamicResources: (args, handle) => dynamicResources(handle, args.DynamicResources),
  DefaultPreemption: (args, handle) => defaultPreemption(handle, args.DefaultPreemption),
  NodeResourcesBalancedAllocation: (args) => nodeResourcesBalancedAllocation(args.NodeResourcesBalancedAllocation),
  ImageLocality: () => imageLocality,
  DefaultBinder: () => defaultBinder,
  NodeDeclaredFeatures: () => nodeDeclaredFeatures,
};

/** Those of a profile that says nothing else: a node is refused by the first one that does. (default_plugins.go) */
export const defaultPlugins: readonly PluginChoice[] = Object.keys(registry).map((name) => {
  const weights: Record<string, number> = {
    TaintToleration: 3,
    NodeAffinity: 2,
    PodTopologySpread: 2,
    InterPodAffinity: 2,
    DynamicResources: 2,
  };
  return { name, weight: weights[name] ?? 1 };
});
