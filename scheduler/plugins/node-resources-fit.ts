import type { Node, Pod } from "../../openapi/api/core.v1.ts";
import type { PluginArgs } from "../config/types.ts";
import { type Devices, type Handle, type Plugin, refuse, type Status } from "../framework.ts";
import { NodeInfo, type PodInfo, podInfo } from "../node-info.ts";
import { resourceScorer } from "../resource-scorer.ts";
import { amounts } from "../resources.ts";

const NAME = "NodeResourcesFit";

/** Extended resources that somebody else sees to. */
function isIgnored(name: string, { ignoredResources, ignoredResourceGroups }: PluginArgs["NodeResourcesFit"]): boolean {
  if (!name.includes("/")) return false;
  return ignoredResources.includes(name) || ignoredResourceGroups.includes(name.slice(0, name.indexOf("/")));
}

type ClassOf = Devices["classOfResource"];

/** What the node lacks, or undefined when the Pod fits. */
function insufficient(
  info: PodInfo,
  node: NodeInfo,
  classOf: ClassOf,
  args?: PluginArgs["NodeResourcesFit"],
): Status | undefined {
  let reasons: string[] | undefined;
  let unresolvable = false;
  if (node.pods.size + 1 > (node.allocatable.pods ?? 0)) reasons = ["Too many pods"];
  for (const name in info.requests) {
    const wanted = info.requests[name] ?? 0;
    const capacity = node.allocatable[name] ?? 0;
    if (wanted === 0 || wanted <= capacity - (node.requested[name] ?? 0)) continue;
    if (args && isIgnored(name, args)) continue;
    // What the node has no plugin for may be devices: DynamicResources sees to them. (shouldDelegateResourceToDRA)
    if (capacity === 0 && classOf(name)) continue;
    reasons ??= [];
    reasons.push(`Insufficient ${name}`);
    unresolvable ||= wanted > capacity;
  }
  return reasons && refuse(NAME, reasons, unresolvable);
}

/** Whether an empty node has room for the Pod now, and more than before of something it wants. */
function hasGrown(pod: Pod, old: Node, now: Node, classOf: ClassOf): boolean {
  const { requests } = podInfo(pod);
  if (insufficient(podInfo(pod), new NodeInfo(now), classOf)) return false;
  const [before, after] = [amounts(old.status?.allocatable), amounts(now.status?.allocatable)];
  const grown = (name: string) => (after[name] ?? 0) > (before[name] ?? 0);
  return grown("pods") || Object.entries(requests).some(([name, wanted]) => wanted > 0 && grown(name));
}

/** Requests must fit what the node has left; the emptier node is liked better. (framework/plugins/noderesources/fit.go) */
export const nodeResourcesFit = (
  { devices: { classOfResource } }: Handle,
  args: PluginArgs["NodeResourcesFit"],
): Plugin => ({
  name: NAME,
  hints: {
    "pod/delete": (_, { old }) => Boolean(old?.spec.nodeName || old?.status?.nominatedNodeName),
    "pod/scale-down": (pod, { old, now }) =>
      pod.metadata.uid === now?.metadata.uid ||
      (old !== undefined &&
        Boolean(now?.spec.nodeName) &&
        Object.entries(podInfo(pod).requests).some(
          ([name, wanted]) =>
            wanted > 0 && (podInfo(old).requests[name] ?? 0) > ((now && podInfo(now).requests[name]) ?? 0),
        )),
    "node/add": (pod, { now }) =>
      now !== undefined && insufficient(podInfo(pod), new NodeInfo(now), classOfResource) === undefined,
    "node/allocatable": (pod, { old, now }) =>
      old !== undefined && now !== undefined && hasGrown(pod, old, now, classOfResource),
    "deviceclass/change": (pod) => Object.keys(podInfo(pod).requests).some((name) => classOfResource(name)),
  },
  filter: ({ info }, node) => insufficient(info, node, classOfResource, args),
  score: resourceScorer(args.scoringStrategy),
});
