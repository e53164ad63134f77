import {
  EXTENSION_POINTS,
  type ExtensionPoint,
  type PluginChoice,
  type PluginSet,
  type PluginSets,
  type ProfileConfiguration,
} from "./config/types.ts";
import type { Handle, Plugin } from "./framework.ts";
import { defaultPlugins, registry } from "./plugins.ts";

/** The plugins that decide about Pods of one scheduler name, by what they are asked at. */
export interface Profile {
  readonly schedulerName: string;
  /** Absent: as for all profiles. */
  readonly percentageOfNodesToScore?: number;
  readonly plugins: Readonly<Record<ExtensionPoint, readonly Plugin[]>>;
  /** Each plugin once, wherever it takes part: who is to be asked whether an event helps. */
  readonly all: readonly Plugin[];
  /** What the scores of a plugin count, by its name. */
  readonly weights: ReadonlyMap<string, number>;
}

const implementsPoint = (plugin: Plugin, point: ExtensionPoint): boolean =>
  (point in plugin && plugin[point as keyof Plugin] !== undefined) || Boolean(plugin.alsoAt?.includes(point));

const typeOf = (point: string) => `${point[0]?.toUpperCase()}${point.slice(1)}Plugin`;

/** @throws Error when the choice of plugins makes no scheduler. (framework/runtime/framework.go NewFramework) */
export function createProfile(config: ProfileConfiguration, handle: Handle): Profile {
  const { schedulerName, percentageOfNodesToScore } = config;
  const sets = mergeAll(config.plugins);
  const made = new Map<string, Plugin>();
  const pluginNamed = (name: string, point: ExtensionPoint): Plugin => {
    const plugin = made.get(name) ?? registry[name]?.(config.args, handle);
    if (!plugin) throw new Error(`${typeOf(point)} "${name}" does not exist`);
    made.set(name, plugin);
    return plugin;
  };
  const plugins = {} as Record<ExtensionPoint, readonly Plugin[]>;
  for (const point of EXTENSION_POINTS) plugins[point] = pluginsAt(point, sets, pluginNamed);
  if (plugins.queueSort.length !== 1)
    throw new Error(
      `only one queue sort plugin required for profile with scheduler name "${schedulerName}", but got ${plugins.queueSort.length}`,
    );
  if (!plugins.bind.length)
    throw new Error(`at least one bind plugin is needed for profile with scheduler name "${schedulerName}"`);
  const weights = new Map<string, number>();
  for (const { name, weight } of [...(sets.multiPoint.enabled ?? []), ...(sets.score.enabled ?? [])])
    weights.set(name, weight || 1);
  return {
    schedulerName,
    ...(percentageOfNodesToScore !== undefined && { percentageOfNodesToScore }),
    plugins,
    all: [...new Set(EXTENSION_POINTS.flatMap((point) => plugins[point]))],
    weights,
  };
}

type AllSets = Record<ExtensionPoint | "multiPoint", PluginSet>;

export function mergeAll(custom: PluginSets): AllSets {
  const sets = { multiPoint: merge({ enabled: [...defaultPlugins] }, custom.multiPoint) } as AllSets;
  for (const point of EXTENSION_POINTS) sets[point] = merge({}, custom[point]);
  return sets;
}

/** What is chosen replaces the default of its name, in its place, or comes after all. (mergePluginSet) */
function merge(defaults: PluginSet, custom: PluginSet = {}): PluginSet {
  const disabled = new Set((custom.disabled ?? []).map(({ name }) => name));
  const chosen = new Map((custom.enabled ?? []).map((choice) => [choice.name, choice]));
  const replaced = new Set<PluginChoice>();
  const enabled: PluginChoice[] = [];
  for (const choice of disabled.has("*") ? [] : (defaults.enabled ?? [])) {
    if (disabled.has(choice.name)) continue;
    const own = chosen.get(choice.name);
    if (own) replaced.add(own);
    enabled.push(own ?? choice);
  }
  enabled.push(...(custom.enabled ?? []).filter((choice) => !replaced.has(choice)));
  return { enabled, disabled: custom.disabled ?? [] };
}

/** Those chosen for this point although they are chosen for all come first, those chosen only for it come last. */
function pluginsAt(
  point: ExtensionPoint,
  sets: AllSets,
  pluginNamed: (name: string, point: ExtensionPoint) => Plugin,
): Plugin[] {
  const own: Plugin[] = [];
  for (const { name } of sets[point].enabled ?? []) {
    const plugin = pluginNamed(name, point);
    if (!implementsPoint(plugin, point)) throw new Error(`plugin "${name}" does not extend ${typeOf(point)} plugin`);
    if (own.includes(plugin)) throw new Error(`plugin "${name}" already registered as "${typeOf(point)}"`);
    own.push(plugin);
  }
  const disabled = new Set((sets[point].disabled ?? []).map(({ name }) => name));
  if (disabled.has("*")) return own;
  const everywhere = (sets.multiPoint.enabled ?? [])
    .map(({ name }) => pluginNamed(name, point))
    .filter((plugin) => implementsPoint(plugin, point) && !disabled.has(plugin.name));
  return [
    ...own.filter((plugin) => everywhere.includes(plugin)),
    ...everywhere.filter((plugin) => !own.includes(plugin)),
    ...own.filter((plugin) => !everywhere.includes(plugin)),
  ];
}
