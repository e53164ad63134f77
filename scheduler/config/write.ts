import { durationText } from "../../client/index.ts";
import { mergeAll } from "../profile.ts";
import type { Configuration, PluginArgs, PluginSet, ProfileConfiguration } from "./types.ts";

const VERSION = "kubescheduler.config.k8s.io/v1";

/** The configuration as it is in force, as /configz tells it: a KubeSchedulerConfiguration without what means nothing here. */
export function written(configuration: Configuration, leaderElect: boolean): object {
  const { leaderElection, percentageOfNodesToScore, podInitialBackoffSeconds, podMaxBackoffSeconds } = configuration;
  return {
    kind: "KubeSchedulerConfiguration",
    apiVersion: VERSION,
    leaderElection: { ...leaderElection, leaderElect },
    clientConnection: { kubeconfig: configuration.kubeconfig ?? "" },
    percentageOfNodesToScore,
    podInitialBackoffSeconds,
    podMaxBackoffSeconds,
    profiles: configuration.profiles.map(profile),
    ...(configuration.extenders.length > 0 && { extenders: configuration.extenders }),
  };
}

function profile({ schedulerName, percentageOfNodesToScore, plugins, args }: ProfileConfiguration): object {
  return {
    schedulerName,
    ...(percentageOfNodesToScore !== undefined && { percentageOfNodesToScore }),
    plugins: Object.fromEntries(Object.entries(mergeAll(plugins)).map(([point, set]) => [point, withoutEmpty(set)])),
    pluginConfig: (Object.keys(args) as (keyof PluginArgs)[]).sort().map((name) => ({
      name,
      args: { kind: `${name}Args`, apiVersion: VERSION, ...argsOf(args, name) },
    })),
  };
}

const withoutEmpty = (set: PluginSet): object =>
  Object.fromEntries(Object.entries(set).filter(([, choices]) => choices.length > 0));

function argsOf(args: PluginArgs, name: keyof PluginArgs): object {
  if (name !== "DynamicResources") return args[name];
  const { filterTimeout, bindingTimeout } = args.DynamicResources;
  return { filterTimeout: durationText(filterTimeout), bindingTimeout: durationText(bindingTimeout) };
}
