import { nodeSelectorMatches, quantity } from "../../client/index.ts";
import type { Node, NodeSelector } from "../../openapi/api/core.v1.ts";
import type { Device, ResourceSlice } from "../../openapi/api/resource.k8s.io.v1.ts";

/** A device and where it comes from. */
export interface PooledDevice {
  /** Of driver, pool and device together. */
  readonly id: string;
  readonly driver: string;
  readonly pool: Pool;
  readonly device: Device;
  readonly slice: ResourceSlice;
}

/** The devices of one pool that a node reaches. */
export interface Pool {
  readonly driver: string;
  readonly name: string;
  /** Slices of it are missing, as while it is being updated: nothing of it is allocated. */
  readonly isIncomplete: boolean;
  /** Its slices contradict each other: nothing of it is allocated either. */
  readonly isInvalid: boolean;
  readonly devices: readonly PooledDevice[];
  /** Also those that only other nodes reach: they may share counters. */
  readonly all: readonly PooledDevice[];
  /** What partitions of devices share, by counter set, then by counter. */
  readonly counters: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

export const deviceId = (driver: string, pool: string, device: string): string => `${driver}/${pool}/${device}`;

interface Reach {
  readonly nodeName?: string;
  readonly allNodes?: boolean;
  readonly nodeSelector?: NodeSelector;
}

const reaches = ({ nodeName, allNodes, nodeSelector }: Reach, node: Node): boolean => {
  if (nodeName) return node.metadata.name === nodeName;
  return allNodes === true || (nodeSelector !== undefined && nodeSelectorMatches(nodeSelector, node));
};

const concerns = ({ spec }: ResourceSlice, node: Node): boolean => {
  if (spec.sharedCounters?.length) return true;
  return spec.perDeviceNodeSelection
    ? (spec.devices ?? []).some((device) => reaches(device, node))
    : reaches(spec, node);
};

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * The pools that a node has to do with, in the order in which their devices are tried: by driver and name, those whose
 * devices must be made ready last. Follows structured/internal/incubating/pools_incubating.go.
 */
export function poolsFor(node: Node, slices: readonly ResourceSlice[]): Pool[] {
  const byPool = new Map<string, ResourceSlice[]>();
  for (const slice of slices) {
    const { driver, pool } = slice.spec;
    const id = `${driver}/${pool.name}`;
    const known = byPool.get(id);
    const generation = known?.[0]?.spec.pool.generation ?? -1;
    // Only the newest generation of a pool counts.
    if (pool.generation > generation) byPool.set(id, [slice]);
    else if (pool.generation === generation) known?.push(slice);
  }
  const pools = [...byPool.values()]
    .filter((ofPool) => ofPool.some((slice) => concerns(slice, node)))
    .map((ofPool) => poolOf(node, ofPool))
    .sort((a, b) => byText(a.driver, b.driver) || byText(a.name, b.name));
  const isSlow = ({ devices }: Pool) => devices.some(({ device }) => device.bindingConditions?.length);
  return [...pools.filter((pool) => !isSlow(pool)), ...pools.filter(isSlow)];
}

function poolOf(node: Node, unsorted: readonly ResourceSlice[]): Pool {
  const slices = unsorted.toSorted((a, b) => byText(a.metadata.name ?? "", b.metadata.name ?? ""));
  const { driver = "", pool: { name = "", resourceSliceCount = 0 } = {} } = slices[0]?.spec ?? {};
  const devices: PooledDevice[] = [];
  const all: PooledDevice[] = [];
  const pool: Pool = {
    driver,
    name,
    isIncomplete: slices.length !== resourceSliceCount,
    isInvalid: contradict(slices, node),
    devices,
    all,
    counters: new Map(
      slices.flatMap(({ spec }) =>
        (spec.sharedCounters ?? []).map((set) => [
          set.name,
          new Map(Object.entries(set.counters ?? {}).map(([counter, { value }]) => [counter, quantity(value)])),
        ]),
      ),
    ),
  };
  for (const slice of slices) {
    for (const device of slice.spec.devices ?? []) {
      const pooled = { id: deviceId(driver, name, device.name), driver, pool, device, slice };
      all.push(pooled);
      if (reaches(slice.spec.perDeviceNodeSelection ? device : slice.spec, node)) devices.push(pooled);
    }
  }
  return pool;
}

/** Names must be unique among what the node reaches, and counters that are consumed must be there. */
function contradict(slices: readonly ResourceSlice[], node: Node): boolean {
  const devices = slices.flatMap((slice) => (concerns(slice, node) ? (slice.spec.devices ?? []) : []));
  if (new Set(devices.map(({ name }) => name)).size !== devices.length) return true;
  const sets = slices.flatMap(({ spec }) => spec.sharedCounters ?? []);
  const counters = new Map(sets.map(({ name, counters: known }) => [name, known ?? {}]));
  if (counters.size !== sets.length) return true;
  return slices
    .flatMap(({ spec }) => (spec.devices ?? []).flatMap(({ consumesCounters = [] }) => consumesCounters))
    .some(({ counterSet, counters: used = {} }) => {
      const known = counters.get(counterSet);
      return !known || Object.keys(used).some((counter) => !known[counter]);
    });
}
