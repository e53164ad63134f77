import { parse } from "yaml";
import { durationMs } from "../../client/index.ts";
import type { TopologySpreadConstraint } from "../../openapi/api/core.v1.ts";
import { CONFIGURATION, checkShape, PLUGIN_ARGS } from "./decode.ts";
import type { Configuration, ExtenderConfiguration, PluginArgs, PluginSets, ResourceSpec } from "./types.ts";
import { validateConfiguration } from "./validate.ts";

const GROUP = "kubescheduler.config.k8s.io";
const VERSION = `${GROUP}/v1`;
const KIND = "KubeSchedulerConfiguration";

/** The configuration as it is written, once its shape has been checked: any field may be missing. */
export interface Written {
  apiVersion?: string;
  kind?: string;
  parallelism?: number;
  leaderElection?: Partial<Configuration["leaderElection"]>;
  clientConnection?: { kubeconfig?: string };
  percentageOfNodesToScore?: number;
  podInitialBackoffSeconds?: number;
  podMaxBackoffSeconds?: number;
  profiles?: WrittenProfile[];
  extenders?: ExtenderConfiguration[];
}
export interface WrittenProfile {
  schedulerName?: string;
  percentageOfNodesToScore?: number;
  plugins?: PluginSets;
  pluginConfig?: { name?: string; args?: WrittenArgs }[];
}
interface WrittenArgs {
  apiVersion?: string;
  kind?: string;
  [field: string]: unknown;
}

/** What a scheduler without any configuration does. */
export const defaultConfiguration = (): Configuration => complete({});

/**
 * Reads a KubeSchedulerConfiguration.
 * @throws Error that says all that is wrong with it, in upstream's words.
 */
export function loadConfiguration(text: string): Configuration {
  // Checked field by field right below.
  const written = parse(text) as Written;
  if (typeof written !== "object" || written === null || !written.kind) throw new Error("Object 'Kind' is missing");
  if (!written.apiVersion) throw new Error("Object 'apiVersion' is missing");
  if (written.kind !== KIND || written.apiVersion !== VERSION)
    throw new Error(
      `no kind "${written.kind}" is registered for version "${written.apiVersion}" in scheme "pkg/scheduler/apis/config/scheme/scheme.go"`,
    );
  checkShape(written, CONFIGURATION, KIND);
  for (const [i, { pluginConfig = [] }] of (written.profiles ?? []).entries()) {
    for (const [j, { name = "", args }] of pluginConfig.entries()) {
      try {
        checkArgs(name, args);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        throw new Error(`decoding .profiles[${i}].pluginConfig[${j}]: ${why}`);
      }
    }
  }
  const configuration = complete(written);
  const problems = validateConfiguration(configuration, written);
  if (problems.length) throw new Error(problems.length > 1 ? `[${problems.join(", ")}]` : problems[0]);
  return configuration;
}

function checkArgs(name: string, args: WrittenArgs | undefined): void {
  const shape = PLUGIN_ARGS[name];
  if (!shape || !args) return;
  try {
    checkShape(args, shape, `${name}Args`);
  } catch (error) {
    throw new Error(`decoding args for plugin ${name}: ${error instanceof Error ? error.message : error}`);
  }
  if (args.kind !== undefined && args.kind !== `${name}Args`)
    throw new Error(`args for plugin ${name} were not of type ${name}Args.${GROUP}, got ${args.kind}.${GROUP}`);
}

/** Fills in defaults. (apis/config/v1/defaults.go) */
function complete(written: Written): Configuration {
  const profiles = written.profiles?.length ? written.profiles : [{}];
  return {
    profiles: profiles.map(({ schedulerName, percentageOfNodesToScore, plugins, pluginConfig }) => ({
      schedulerName: schedulerName ?? (profiles.length === 1 ? "default-scheduler" : ""),
      ...(percentageOfNodesToScore !== undefined && { percentageOfNodesToScore }),
      plugins: plugins ?? {},
      args: completeArgs(
        new Map((pluginConfig ?? []).map(({ name = "", args }) => [name, args ?? {}])),
        // What extenders see to takes the place of what the plugin is told. (buildExtenders)
        (written.extenders ?? []).flatMap(({ managedResources = [] }) =>
          managedResources.flatMap(({ name, ignoredByScheduler }) => (ignoredByScheduler ? [name] : [])),
        ),
      ),
    })),
    percentageOfNodesToScore: written.percentageOfNodesToScore ?? 0,
    podInitialBackoffSeconds: written.podInitialBackoffSeconds ?? 1,
    podMaxBackoffSeconds: written.podMaxBackoffSeconds ?? 10,
    leaderElection: {
      leaderElect: written.leaderElection?.leaderElect ?? true,
      leaseDuration: written.leaderElection?.leaseDuration ?? "15s",
      renewDeadline: written.leaderElection?.renewDeadline ?? "10s",
      retryPeriod: written.leaderElection?.retryPeriod ?? "2s",
      resourceLock: written.leaderElection?.resourceLock || "leases",
      resourceName: written.leaderElection?.resourceName || "kube-scheduler",
      resourceNamespace: written.leaderElection?.resourceNamespace || "kube-system",
    },
    ...(written.clientConnection?.kubeconfig && { kubeconfig: written.clientConnection.kubeconfig }),
    extenders: written.extenders ?? [],
  };
}

const CPU_AND_MEMORY = [{ name: "cpu" }, { name: "memory" }];

function completeArgs(written: ReadonlyMap<string, WrittenArgs>, ofExtenders: readonly string[]): PluginArgs {
  // Their shapes have been checked, so that each plugin's fields have their types.
  const of = <N extends keyof PluginArgs>(name: N) => (written.get(name) ?? {}) as Partial<PluginArgs[N]>;
  const weighted = (resources: readonly Partial<ResourceSpec>[] | undefined): ResourceSpec[] =>
    (resources?.length ? resources : CPU_AND_MEMORY).map(({ name = "", weight }: Partial<ResourceSpec>) => ({
      name,
      weight: weight || 1,
    }));
  const fit = of("NodeResourcesFit");
  const spread = of("PodTopologySpread");
  const strategy = fit.scoringStrategy;
  const devices = (written.get("DynamicResources") ?? {}) as { filterTimeout?: string; bindingTimeout?: string };
  return {
    DefaultPreemption: { minCandidateNodesPercentage: 10, minCandidateNodesAbsolute: 100, ...of("DefaultPreemption") },
    InterPodAffinity: {
      hardPodAffinityWeight: 1,
      ignorePreferredTermsOfExistingPods: false,
      ...of("InterPodAffinity"),
    },
    NodeAffinity: of("NodeAffinity"),
    NodeResourcesBalancedAllocation: { resources: weighted(of("NodeResourcesBalancedAllocation").resources) },
    NodeResourcesFit: {
      ignoredResources: ofExtenders.length ? [...ofExtenders] : (fit.ignoredResources ?? []),
      ignoredResourceGroups: fit.ignoredResourceGroups ?? [],
      scoringStrategy: {
        ...strategy,
        type: strategy ? (strategy.type ?? "") : "LeastAllocated",
        resources: weighted(strategy?.resources),
      },
    },
    PodTopologySpread: {
      defaultConstraints: (spread.defaultConstraints ?? []) as TopologySpreadConstraint[],
      defaultingType: spread.defaultingType || "System",
    },
    VolumeBinding: { bindTimeoutSeconds: 600, ...of("VolumeBinding") },
    DynamicResources: {
      filterTimeout: durationMs(devices.filterTimeout ?? "10s"),
      bindingTimeout: durationMs(devices.bindingTimeout ?? "10m"),
    },
  };
}
