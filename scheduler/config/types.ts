import type { NodeAffinity, TopologySpreadConstraint } from "../../openapi/api/core.v1.ts";

/** Extension points of the scheduling framework, as the configuration names them. */
export const EXTENSION_POINTS = [
  "preEnqueue",
  "queueSort",
  "preFilter",
  "filter",
  "postFilter",
  "preScore",
  "score",
  "reserve",
  "permit",
  "preBind",
  "bind",
  "postBind",
] as const;
export type ExtensionPoint = (typeof EXTENSION_POINTS)[number];

export interface PluginChoice {
  name: string;
  weight?: number;
}
export interface PluginSet {
  enabled?: PluginChoice[];
  disabled?: PluginChoice[];
}
export type PluginSets = Partial<Record<ExtensionPoint | "multiPoint", PluginSet>>;

export interface ResourceSpec {
  name: string;
  weight: number;
}
export interface ShapePoint {
  utilization: number;
  score: number;
}
export interface ScoringStrategy {
  type: string;
  resources: ResourceSpec[];
  requestedToCapacityRatio?: { shape?: ShapePoint[] };
}

/** What plugins may be told, with all defaults filled in. (KubeSchedulerConfiguration v1, types_pluginargs.go) */
export interface PluginArgs {
  DefaultPreemption: { minCandidateNodesPercentage: number; minCandidateNodesAbsolute: number };
  InterPodAffinity: { hardPodAffinityWeight: number; ignorePreferredTermsOfExistingPods: boolean };
  NodeAffinity: { addedAffinity?: NodeAffinity };
  NodeResourcesBalancedAllocation: { resources: ResourceSpec[] };
  NodeResourcesFit: { ignoredResources: string[]; ignoredResourceGroups: string[]; scoringStrategy: ScoringStrategy };
  PodTopologySpread: { defaultConstraints: TopologySpreadConstraint[]; defaultingType: string };
  VolumeBinding: { bindTimeoutSeconds: number };
  /** In ms; a filterTimeout of 0 is none. */
  DynamicResources: { filterTimeout: number; bindingTimeout: number };
}

export interface ProfileConfiguration {
  schedulerName: string;
  /** Absent: that of the whole configuration. */
  percentageOfNodesToScore?: number;
  plugins: PluginSets;
  args: PluginArgs;
}

export interface ExtenderConfiguration {
  urlPrefix: string;
  filterVerb?: string;
  preemptVerb?: string;
  prioritizeVerb?: string;
  weight?: number;
  bindVerb?: string;
  enableHTTPS?: boolean;
  tlsConfig?: {
    insecure?: boolean;
    serverName?: string;
    certFile?: string;
    keyFile?: string;
    caFile?: string;
    certData?: string;
    keyData?: string;
    caData?: string;
  };
  httpTimeout?: string;
  nodeCacheCapable?: boolean;
  managedResources?: { name: string; ignoredByScheduler?: boolean }[];
  ignorable?: boolean;
}

/** KubeSchedulerConfiguration v1, as far as it means something here, with all defaults filled in. */
export interface Configuration {
  profiles: ProfileConfiguration[];
  percentageOfNodesToScore: number;
  podInitialBackoffSeconds: number;
  podMaxBackoffSeconds: number;
  leaderElection: {
    leaderElect: boolean;
    leaseDuration: string;
    renewDeadline: string;
    retryPeriod: string;
    resourceLock: string;
    resourceName: string;
    resourceNamespace: string;
  };
  /** From `clientConnection`. */
  kubeconfig?: string;
  extenders: ExtenderConfiguration[];
}
