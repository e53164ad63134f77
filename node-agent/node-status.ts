import { timestamp } from "../client/index.ts";
import type { Node, NodeCondition } from "../openapi/api/core.v1.ts";
import type { NodeFeatures } from "./admission.ts";
import { DECLARED_FEATURES } from "./declared-features.ts";
import type { Image } from "./runtime/runtime.ts";

export interface NodeFacts {
  readonly name: string;
  readonly addresses: readonly { type: string; address: string }[];
  readonly capacity: Readonly<Record<string, string>>;
  readonly runtimeVersion: string;
  readonly kubeletPort: number;
  readonly images: readonly Image[];
  readonly machineId: string;
  /** Of the hardware; undefined: as the machine's. */
  readonly systemUuid?: string;
  /** Of this start of the machine; undefined: as the machine's. */
  readonly bootId?: string;
  readonly operatingSystem: string;
  readonly architecture: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  readonly features: NodeFeatures;
  /** What of the capacity Pods may have; undefined: all of it. */
  readonly allocatable?: Readonly<Record<string, string>>;
  /** Conditions of the node that say of what it has too little. */
  readonly pressure?: ReadonlySet<string>;
  /** Range of its Pods' addresses, when the node has one from the start. */
  readonly podCidr?: string;
}

/** The release whose kubelet this agent behaves like. */
export const KUBELET_VERSION = "v1.36.2";
/** Images that a node reports at most. (nodeStatusMaxImages) */
const MAX_IMAGES = 50;
/** Names of each. (MaxNamesPerImageInNodeStatus) */
const MAX_NAMES = 5;

const CONDITIONS = [
  ["MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"],
  ["DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"],
  ["PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"],
  ["Ready", "True", "KubeletReady", "kubelet is posting ready status"],
] as const;

/** The same, of a node that has too little of something. (pkg/kubelet/nodestatus/setters.go) */
const WRONG: Readonly<Record<string, readonly [reason: string, message: string]>> = {
  MemoryPressure: ["KubeletHasInsufficientMemory", "kubelet has insufficient memory available"],
  DiskPressure: ["KubeletHasDiskPressure", "kubelet has disk pressure"],
  PIDPressure: ["KubeletHasInsufficientPID", "kubelet has insufficient PID available"],
};

/** (pkg/kubelet/nodestatus/setters.go Images) */
const reportedImages = ({ images }: NodeFacts) =>
  images.slice(0, MAX_IMAGES).map(({ names, sizeBytes }) => ({ names: names.slice(0, MAX_NAMES), sizeBytes }));

/** Whether the node has other images than its Node says. */
export function hasOtherImages({ status }: Node, facts: NodeFacts): boolean {
  const said = (status?.images ?? []).map(({ names = [], sizeBytes }) => ({ names, sizeBytes }));
  return JSON.stringify(said) !== JSON.stringify(reportedImages(facts));
}

/** A Node as kubelet registers it. (kubelet_node_status.go initialNode) */
export function initialNode(facts: NodeFacts, now: Date): Node {
  const { name, operatingSystem, architecture, podCidr } = facts;
  const node = {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: {
        "beta.kubernetes.io/arch": architecture,
        "beta.kubernetes.io/os": operatingSystem,
        "kubernetes.io/arch": architecture,
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": operatingSystem,
      },
      // Volumes are attached by the controller, which leaves other nodes alone.
      annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true" },
    },
    spec: podCidr ? { podCIDR: podCidr, podCIDRs: [podCidr] } : {},
    status: {},
    // The rest of the spec and status is the API server's to default.
  } as unknown as Node;
  return { ...node, status: nodeStatus(facts, node, now) };
}

/** The status that is written on every heartbeat; conditions keep their transition times. */
export function nodeStatus(facts: NodeFacts, node: Node, now: Date): NonNullable<Node["status"]> {
  const { recursiveReadOnlyMounts, userNamespaces, supplementalGroupsPolicy } = facts.features;
  const conditions: NodeCondition[] = CONDITIONS.map((usual) => {
    const [type] = usual;
    const wrong = facts.pressure?.has(type) ? WRONG[type] : undefined;
    const [status, reason, message] = wrong ? ["True", ...wrong] : usual.slice(1);
    const old = node.status?.conditions?.find((condition) => condition.type === type);
    return {
      type,
      status,
      lastHeartbeatTime: timestamp(now),
      lastTransitionTime: old?.status === status ? old.lastTransitionTime : timestamp(now),
      reason,
      message,
    };
  });
  return {
    capacity: { ...facts.capacity },
    allocatable: { ...(facts.allocatable ?? facts.capacity) },
    conditions,
    addresses: facts.addresses.map((address) => ({ ...address })),
    daemonEndpoints: { kubeletEndpoint: { Port: facts.kubeletPort } },
    nodeInfo: {
      machineID: facts.machineId,
      systemUUID: facts.systemUuid ?? facts.machineId,
      bootID: facts.bootId ?? facts.machineId,
      kernelVersion: facts.kernelVersion,
      osImage: facts.osImage,
      containerRuntimeVersion: facts.runtimeVersion,
      kubeletVersion: KUBELET_VERSION,
      kubeProxyVersion: "",
      operatingSystem: facts.operatingSystem,
      architecture: facts.architecture,
    },
    images: reportedImages(facts),
    runtimeHandlers: [{ name: "", features: { recursiveReadOnlyMounts, userNamespaces } }],
    features: { supplementalGroupsPolicy },
    declaredFeatures: [...DECLARED_FEATURES],
  };
}
