import { durationMs } from "../../client/index.ts";
import type { Written, WrittenProfile } from "./load.ts";
import { type Configuration, EXTENSION_POINTS, type PluginArgs, type ShapePoint } from "./types.ts";

/** Plugins that are gone since this version. */
const INVALID_PLUGINS = ["AzureDiskLimits", "CinderLimits", "EBSLimits", "GCEPDLimits"];
const GONE =
  'was invalid in version "kubescheduler.config.k8s.io/v1" (KubeSchedulerConfiguration is version "kubescheduler.config.k8s.io/v1")';
const STRATEGIES = ["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"];

const show = (value: unknown) => JSON.stringify(value);
const invalid = (path: string, value: unknown, why: string) => `${path}: Invalid value: ${show(value)}: ${why}`;
const required = (path: string, why = "") => `${path}: Required value${why && `: ${why}`}`;
const duplicate = (path: string, value: unknown) => `${path}: Duplicate value: ${show(value)}`;
const forbidden = (path: string, why: string) => `${path}: Forbidden: ${why}`;
const unsupported = (path: string, value: unknown, supported: readonly string[]) =>
  `${path}: Unsupported value: ${show(value)}: supported values: ${supported.map(show).join(", ")}`;

/** @returns what is wrong, in upstream's words and order. (apis/config/validation) */
export function validateConfiguration(config: Configuration, written: Written): string[] {
  const problems = leaderElection(config);
  if (written.parallelism !== undefined && written.parallelism <= 0)
    problems.push(invalid("parallelism", written.parallelism, "should be an integer value greater than zero"));
  const known = new Map<string, number>();
  for (const [i, { schedulerName, percentageOfNodesToScore, args }] of config.profiles.entries()) {
    const path = `profiles[${i}]`;
    const profile = written.profiles?.[i];
    if (!schedulerName) problems.push(required(`${path}.schedulerName`));
    problems.push(...percentage(`${path}.percentageOfNodesToScore`, percentageOfNodesToScore));
    problems.push(...invalidPlugins(path, profile), ...pluginConfig(path, profile, args));
    const first = known.get(schedulerName);
    if (first !== undefined)
      problems.push(`${path}.schedulerName: Duplicate value: "profiles[${first}].schedulerName"`);
    known.set(schedulerName, i);
  }
  problems.push(...queueSort(config), ...percentage("percentageOfNodesToScore", config.percentageOfNodesToScore));
  const { podInitialBackoffSeconds: initial, podMaxBackoffSeconds: max } = config;
  if (initial <= 0) problems.push(invalid("podInitialBackoffSeconds", initial, "must be greater than 0"));
  if (max < initial)
    problems.push(invalid("podMaxBackoffSeconds", max, "must be greater than or equal to PodInitialBackoffSeconds"));
  return [...problems, ...extenders(config)];
}

/** (component-base/config/validation) */
function leaderElection({ leaderElection }: Configuration): string[] {
  const { leaderElect, leaseDuration, renewDeadline, retryPeriod, resourceLock } = leaderElection;
  if (!leaderElect) return [];
  const [lease, renew, retry] = [leaseDuration, renewDeadline, retryPeriod].map(durationMs) as [number, number, number];
  const path = "leaderElection";
  const positive = (name: string, value: number, text: string) =>
    value > 0 ? [] : [invalid(`${path}.${name}`, text, "must be greater than zero")];
  return [
    ...positive("leaseDuration", lease, leaseDuration),
    ...positive("renewDeadline", renew, renewDeadline),
    ...positive("retryPeriod", retry, retryPeriod),
    ...(lease <= renew
      ? [invalid(`${path}.leaseDuration`, renewDeadline, "LeaseDuration must be greater than RenewDeadline")]
      : []),
    ...(renew <= retry
      ? [invalid(`${path}.renewDeadline`, retryPeriod, "RenewDeadline must be greater than RetryPeriod")]
      : []),
    ...(resourceLock !== "leases"
      ? [invalid(`${path}.resourceLock`, resourceLock, 'resourceLock value must be "leases"')]
      : []),
  ];
}

function percentage(path: string, value: number | undefined): string[] {
  return value === undefined || (value >= 0 && value <= 100)
    ? []
    : [invalid(path, value, "not in valid range [0-100]")];
}

function invalidPlugins(path: string, profile: WrittenProfile | undefined): string[] {
  return EXTENSION_POINTS.flatMap((point) =>
    (profile?.plugins?.[point]?.enabled ?? []).flatMap(({ name }, i) =>
      INVALID_PLUGINS.includes(name) ? [invalid(`${path}.plugins.${point}.enabled[${i}]`, name, GONE)] : [],
    ),
  );
}

function pluginConfig(path: string, profile: WrittenProfile | undefined, args: PluginArgs): string[] {
  const seen = new Set<string>();
  return (profile?.pluginConfig ?? []).flatMap(({ name = "", args: own }, i) => {
    const below = `${path}.pluginConfig[${i}]`;
    const problems = seen.has(name) ? [duplicate(below, name)] : [];
    seen.add(name);
    if (INVALID_PLUGINS.includes(name)) return [...problems, invalid(below, name, GONE)];
    return [...problems, ...pluginArgs(`${below}.args`, name, args, own ?? {})];
  });
}

/** (validation_pluginargs.go) */
function pluginArgs(path: string, name: string, args: PluginArgs, written: Record<string, unknown>): string[] {
  switch (name) {
    case "DefaultPreemption": {
      const { minCandidateNodesPercentage: share, minCandidateNodesAbsolute: least } = args.DefaultPreemption;
      const [sharePath, leastPath] = [`${path}.minCandidateNodesPercentage`, `${path}.minCandidateNodesAbsolute`];
      return [
        ...(share < 0 || share > 100 ? [invalid(sharePath, share, "not in valid range [0, 100]")] : []),
        ...(least < 0 ? [invalid(leastPath, least, "not in valid range [0, inf)")] : []),
        ...(share === 0 && least === 0
          ? [
              invalid(sharePath, 0, "cannot be zero at the same time as minCandidateNodesAbsolute"),
              invalid(leastPath, 0, "cannot be zero at the same time as minCandidateNodesPercentage"),
            ]
          : []),
      ];
    }
    case "InterPodAffinity": {
      const weight = args.InterPodAffinity.hardPodAffinityWeight;
      const fits = weight >= 0 && weight <= 100;
      return fits ? [] : [invalid(`${path}.hardPodAffinityWeight`, weight, "not in valid range [0, 100]")];
    }
    case "NodeResourcesBalancedAllocation": {
      const seen = new Set<string>();
      return args.NodeResourcesBalancedAllocation.resources.flatMap((resource, i) => {
        const again = seen.has(resource.name);
        seen.add(resource.name);
        return [
          ...(again ? [duplicate(`${path}.resources[${i}].name`, resource.name)] : []),
          ...(resource.weight === 1 ? [] : [invalid(`${path}.resources[${i}].weight`, resource.weight, "must be 1")]),
        ];
      });
    }
    case "NodeResourcesFit":
      return fitArgs(path, args.NodeResourcesFit);
    case "PodTopologySpread":
      return spreadArgs(path, args.PodTopologySpread);
    case "VolumeBinding": {
      const { bindTimeoutSeconds: timeout } = args.VolumeBinding;
      return [
        ...(timeout < 0
          ? [
              invalid(
                `${path}.bindTimeoutSeconds`,
                timeout,
                "invalid BindTimeoutSeconds, should not be a negative value",
              ),
            ]
          : []),
        ...(written.shape
          ? [
              invalid(
                `${path}.shape`,
                written.shape,
                "unexpected field `shape`, remove it or turn on the feature gate StorageCapacityScoring",
              ),
            ]
          : []),
      ];
    }
    case "DynamicResources": {
      const { filterTimeout, bindingTimeout } = args.DynamicResources;
      return [
        ...(filterTimeout < 0
          ? [invalid(`${path}.filterTimeout`, written.filterTimeout, "must be zero or positive")]
          : []),
        ...(bindingTimeout < 1000
          ? [invalid(`${path}.bindingTimeout`, written.bindingTimeout, "must be at least 1 second")]
          : []),
      ];
    }
    default:
      return [];
  }
}

function fitArgs(path: string, args: PluginArgs["NodeResourcesFit"]): string[] {
  const strategyPath = `${path}.scoringStrategy`;
  const { type, resources, requestedToCapacityRatio: ratio } = args.scoringStrategy;
  const problems = args.ignoredResourceGroups.flatMap((group, i) =>
    group.includes("/")
      ? [invalid(`${path}.ignoredResourceGroups[${i}]`, group, "resource group name can't contain '/'")]
      : [],
  );
  if (!STRATEGIES.includes(type)) problems.push(unsupported(`${strategyPath}.type`, type, STRATEGIES));
  for (const [i, { name, weight }] of resources.entries()) {
    if (weight > 0 && weight <= 100) continue;
    const why = `resource weight of ${name} not in valid range (0, 100]`;
    problems.push(invalid(`${strategyPath}.resources[${i}].weight`, weight, why));
  }
  const ratioPath = `${strategyPath}.requestedToCapacityRatio`;
  if (type !== "RequestedToCapacityRatio") {
    return ratio
      ? [...problems, forbidden(ratioPath, "must be nil when type is not RequestedToCapacityRatio")]
      : problems;
  }
  if (!ratio) return [...problems, required(ratioPath, "must be specified when type is RequestedToCapacityRatio")];
  return [...problems, ...shapeProblems(`${ratioPath}.shape`, ratio.shape ?? [])];
}

function shapeProblems(path: string, shape: readonly ShapePoint[]): string[] {
  if (!shape.length) return [required(path, "at least one point must be specified")];
  const problems: string[] = [];
  const falling = shape.findIndex(({ utilization }, i) => i > 0 && (shape[i - 1]?.utilization ?? 0) >= utilization);
  if (falling > 0)
    problems.push(
      invalid(
        `${path}[${falling}].utilization`,
        shape[falling]?.utilization,
        "values must be sorted in increasing order",
      ),
    );
  for (const [i, { utilization, score }] of shape.entries()) {
    if (utilization < 0 || utilization > 100)
      problems.push(invalid(`${path}[${i}].utilization`, utilization, "not in valid range [0, 100]"));
    if (score < 0 || score > 10) problems.push(invalid(`${path}[${i}].score`, score, "not in valid range [0, 10]"));
  }
  return problems;
}

function spreadArgs(path: string, { defaultingType, defaultConstraints }: PluginArgs["PodTopologySpread"]): string[] {
  const problems: string[] = [];
  if (defaultingType !== "System" && defaultingType !== "List")
    problems.push(unsupported(`${path}.defaultingType`, defaultingType, ["System", "List"]));
  else if (defaultingType === "System" && defaultConstraints.length)
    problems.push(invalid(`${path}.defaultingType`, defaultingType, "when .defaultConstraints are not empty"));
  const actions = ["DoNotSchedule", "ScheduleAnyway"];
  for (const [i, constraint] of defaultConstraints.entries()) {
    const at = `${path}.defaultConstraints[${i}]`;
    const { maxSkew = 0, topologyKey, whenUnsatisfiable, labelSelector } = constraint;
    if (maxSkew <= 0) problems.push(invalid(`${at}.maxSkew`, maxSkew, "not in valid range (0, inf)"));
    if (!topologyKey) problems.push(required(`${at}.topologyKey`, "can not be empty"));
    if (!whenUnsatisfiable) problems.push(required(`${at}.whenUnsatisfiable`, "can not be empty"));
    else if (!actions.includes(whenUnsatisfiable))
      problems.push(unsupported(`${at}.whenUnsatisfiable`, whenUnsatisfiable, actions));
    if (labelSelector)
      problems.push(
        forbidden(`${at}.labelSelector`, "constraint must not define a selector, as they deduced for each pod"),
      );
    const twin = (other: typeof constraint) =>
      other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable;
    if (defaultConstraints.slice(0, i).some(twin))
      problems.push(duplicate(at, `{${topologyKey}, ${whenUnsatisfiable}}`));
  }
  return problems;
}

/** One queue for all: Pods of all profiles must be sorted alike. */
function queueSort({ profiles }: Configuration): string[] {
  const [first, ...others] = profiles.map(({ plugins }) => plugins.queueSort ?? {});
  const enabled = first?.enabled?.length ?? 0;
  return [
    ...(enabled > 1
      ? [invalid("profiles[0].plugins.queueSort.Enabled", enabled, "only one queue sort plugin can be enabled")]
      : []),
    ...others.flatMap((set, i) =>
      show(set) === show(first)
        ? []
        : [invalid(`profiles[${i + 1}].plugins.queueSort`, set, "must be the same for all profiles")],
    ),
  ];
}

function extenders({ extenders }: Configuration): string[] {
  const problems: string[] = [];
  const managed = new Set<string>();
  for (const [i, { prioritizeVerb, weight = 0, managedResources = [] }] of extenders.entries()) {
    if (prioritizeVerb && weight <= 0)
      problems.push(invalid(`extenders[${i}].weight`, weight, "must have a positive weight applied to it"));
    for (const [j, { name }] of managedResources.entries()) {
      const path = `extenders[${i}].managedResources[${j}].name`;
      // Its own domain is Kubernetes' and has no extended resources.
      if (!/^[^/]+\/[^/]+$/.test(name) || /(^|\.)kubernetes\.io\//.test(name) || name.startsWith("requests."))
        problems.push(invalid(path, name, "is an invalid extended resource name"));
      if (managed.has(name)) problems.push(invalid(path, name, "duplicate extender managed resource name"));
      managed.add(name);
    }
  }
  const binders = extenders.filter(({ bindVerb }) => bindVerb).length;
  if (binders > 1)
    problems.push(
      invalid("extenders", `found ${binders} extenders implementing bind`, "only one extender can implement bind"),
    );
  return problems;
}
