/** What a field may hold: a scalar, a list of something, fields of its own, or anything. */
export type Shape = "string" | "int" | "bool" | "any" | readonly [Shape] | { readonly [field: string]: Shape };

const PLUGIN_SET: Shape = {
  enabled: [{ name: "string", weight: "int" }],
  disabled: [{ name: "string", weight: "int" }],
};
const PLUGIN_SETS = {
  multiPoint: PLUGIN_SET,
  preEnqueue: PLUGIN_SET,
  queueSort: PLUGIN_SET,
  preFilter: PLUGIN_SET,
  filter: PLUGIN_SET,
  postFilter: PLUGIN_SET,
  preScore: PLUGIN_SET,
  score: PLUGIN_SET,
  reserve: PLUGIN_SET,
  permit: PLUGIN_SET,
  preBind: PLUGIN_SET,
  bind: PLUGIN_SET,
  postBind: PLUGIN_SET,
} as const;

/** Fields of KubeSchedulerConfiguration v1. (kube-scheduler/config/v1/types.go) */
export const CONFIGURATION: Shape = {
  apiVersion: "string",
  kind: "string",
  parallelism: "int",
  leaderElection: {
    leaderElect: "bool",
    leaseDuration: "string",
    renewDeadline: "string",
    retryPeriod: "string",
    resourceLock: "string",
    resourceName: "string",
    resourceNamespace: "string",
  },
  clientConnection: {
    kubeconfig: "string",
    acceptContentTypes: "string",
    contentType: "string",
    qps: "int",
    burst: "int",
  },
  enableProfiling: "bool",
  enableContentionProfiling: "bool",
  percentageOfNodesToScore: "int",
  podInitialBackoffSeconds: "int",
  podMaxBackoffSeconds: "int",
  profiles: [
    {
      schedulerName: "string",
      percentageOfNodesToScore: "int",
      plugins: PLUGIN_SETS,
      pluginConfig: [{ name: "string", args: "any" }],
    },
  ],
  extenders: [
    {
      urlPrefix: "string",
      filterVerb: "string",
      preemptVerb: "string",
      prioritizeVerb: "string",
      weight: "int",
      bindVerb: "string",
      enableHTTPS: "bool",
      tlsConfig: {
        insecure: "bool",
        serverName: "string",
        certFile: "string",
        keyFile: "string",
        caFile: "string",
        certData: "string",
        keyData: "string",
        caData: "string",
      },
      httpTimeout: "string",
      nodeCacheCapable: "bool",
      managedResources: [{ name: "string", ignoredByScheduler: "bool" }],
      ignorable: "bool",
    },
  ],
  delayCacheUntilActive: "bool",
};

const RESOURCES: Shape = [{ name: "string", weight: "int" }];
const TYPE = { apiVersion: "string", kind: "string" } as const;

/** Fields of what plugins may be told, by the plugin's name. (types_pluginargs.go) */
export const PLUGIN_ARGS: Readonly<Record<string, Shape>> = {
  DefaultPreemption: { ...TYPE, minCandidateNodesPercentage: "int", minCandidateNodesAbsolute: "int" },
  InterPodAffinity: { ...TYPE, hardPodAffinityWeight: "int", ignorePreferredTermsOfExistingPods: "bool" },
  NodeAffinity: { ...TYPE, addedAffinity: "any" },
  NodeResourcesBalancedAllocation: { ...TYPE, resources: RESOURCES },
  NodeResourcesFit: {
    ...TYPE,
    ignoredResources: ["string"],
    ignoredResourceGroups: ["string"],
    scoringStrategy: {
      type: "string",
      resources: RESOURCES,
      requestedToCapacityRatio: { shape: [{ utilization: "int", score: "int" }] },
    },
  },
  PodTopologySpread: { ...TYPE, defaultConstraints: ["any"], defaultingType: "string" },
  VolumeBinding: { ...TYPE, bindTimeoutSeconds: "int", shape: [{ utilization: "int", score: "int" }] },
  DynamicResources: { ...TYPE, filterTimeout: "string", bindingTimeout: "string" },
};

const GO_TYPES = { string: "string", int: "int32", bool: "bool" } as const;

/** @throws Error when the value has another type, or a field that is not known, in the words of strict decoding. */
export function checkShape(value: unknown, shape: Shape, kind: string): void {
  const unknown: string[] = [];
  walk(value, shape, "");
  if (unknown.length) throw new Error(`strict decoding error: ${unknown.join(", ")}`);

  function walk(item: unknown, wanted: Shape, path: string): void {
    if (item === undefined || item === null || wanted === "any") return;
    if (typeof wanted === "string") {
      const fits = wanted === "int" ? Number.isInteger(item) : typeof item === (wanted === "bool" ? "boolean" : wanted);
      if (!fits) mismatch(item, path, GO_TYPES[wanted]);
    } else if (isList(wanted)) {
      if (!Array.isArray(item)) return mismatch(item, path, "slice");
      for (const [i, one] of item.entries()) walk(one, wanted[0], `${path}[${i}]`);
    } else {
      if (typeof item !== "object" || Array.isArray(item)) return mismatch(item, path, "struct");
      for (const [name, field] of Object.entries(item)) {
        const below = path ? `${path}.${name}` : name;
        const known = wanted[name];
        if (known) walk(field, known, below);
        else unknown.push(`unknown field "${below}"`);
      }
    }
  }

  function mismatch(item: unknown, path: string, type: string): never {
    const found = Array.isArray(item) ? "array" : typeof item === "boolean" ? "bool" : typeof item;
    const field = path.replaceAll(/\[\d+\]/g, "");
    throw new Error(`json: cannot unmarshal ${found} into Go struct field ${kind}.${field} of type ${type}`);
  }
}

const isList = (shape: Exclude<Shape, string>): shape is readonly [Shape] => Array.isArray(shape);
