import { type Key, milliValue } from "../../client/index.ts";
import type { Node } from "../../openapi/api/core.v1.ts";
import type { Endpoint } from "../../openapi/api/discovery.k8s.io.v1.ts";
import { isNodeReady } from "../node-ready.ts";
import { changeUnchanged, removeHints } from "./hints.ts";
import type { SlicePlan } from "./plan-slices.ts";
import { type Allocations, moveHints, zonesThatGive } from "./zone-shares.ts";

/** How much more than its share an endpoint may be asked at most. (overloadThreshold) */
const OVERLOAD = 0.2;
const EXCLUDED = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];
const ZONE_LABEL = "topology.kubernetes.io/zone";

interface HintEvent {
  type: "Normal" | "Warning";
  reason: "TopologyAwareHintsEnabled" | "TopologyAwareHintsDisabled";
  message: string;
}

/** How many endpoints serve each zone. */
type ZoneCounts = Map<string, number>;

/**
 * Each zone's share of the CPUs of nodes that are ready; undefined where a node does not say its zone or CPUs, or there
 * is but one zone. (TopologyCache.SetNodes)
 */
export function cpuRatios(nodes: readonly Readonly<Node>[]): ReadonlyMap<string, number> | undefined {
  const byZone = new Map<string, number>();
  let total = 0;
  for (const node of nodes) {
    const { labels = {} } = node.metadata;
    if (EXCLUDED.some((label) => label in labels) || !isNodeReady(node)) continue;
    const zone = labels[ZONE_LABEL];
    const cpu = milliValue(node.status?.allocatable?.cpu ?? "0");
    if (!zone || !cpu) return undefined;
    byZone.set(zone, (byZone.get(zone) ?? 0) + cpu);
    total += cpu;
  }
  return byZone.size < 2 ? undefined : new Map([...byZone].map(([zone, cpu]) => [zone, cpu / total]));
}

/** Which zones may have how many endpoints, or why none can be said. (getAllocations) */
function allocate(ratios: ReadonlyMap<string, number> | undefined, count: number): Allocations | string {
  if (!ratios) return "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes";
  const amounts = `(${count} endpoints, ${ratios.size} zones)`;
  if (ratios.size > count) return `Insufficient number of endpoints ${amounts}`;
  const shares = [...ratios].map(([zone, ratio]) => {
    const desired = ratio * count;
    const minimum = Math.ceil(desired * (1 / (1 + OVERLOAD)));
    return { zone, minimum, desired: Math.max(desired, minimum) };
  });
  const spare = count - shares.reduce((sum, { minimum }) => sum + minimum, 0);
  if (spare < 0)
    return `Unable to allocate minimum required endpoints to each zone without exceeding overload threshold ${amounts}`;
  return new Map(shares.map(({ zone, minimum, desired }) => [zone, { desired, maximum: minimum + spare }]));
}

/** Remembers which services have hints by the CPUs of zones. (k8s.io/endpointslice/topologycache) */
export class TopologyHints {
  readonly #counts = new Map<Key, Map<string, ZoneCounts>>();
  readonly #populated = new Set<Key>();

  /** Gives the endpoints of a plan their hints, or takes them away where that cannot be done. */
  add(key: Key, addressType: string, plan: SlicePlan, nodes: readonly Readonly<Node>[]): HintEvent[] {
    const isUsable = ({ conditions }: Endpoint) => !!conditions?.ready;
    const slices = () => [...plan.created, ...plan.updated.map(({ group }) => group)];
    const all = [...slices(), ...plan.unchanged].flatMap(({ endpoints }) => endpoints ?? []);
    const disable = (why: string): HintEvent[] => {
      this.#forget(key, addressType);
      removeHints(plan);
      return [disabled(why, addressType)];
    };
    const allocations = allocate(cpuRatios(nodes), all.filter(isUsable).length);
    if (typeof allocations === "string") return disable(allocations);
    const counts: ZoneCounts = new Map();
    changeUnchanged(plan, ({ endpoints }) => keepHints((endpoints ?? []).filter(isUsable), counts, allocations));
    const movable = slices().flatMap(({ endpoints }) => endpoints.filter(isUsable));
    for (const endpoint of movable) {
      const { zone } = endpoint;
      if (!zone) return disable("One or more endpoints do not have a zone specified");
      counts.set(zone, (counts.get(zone) ?? 0) + 1);
      endpoint.hints = { forZones: [{ name: zone }] };
    }
    moveHints(movable, counts, zonesThatGive(allocations, counts));
    if (!counts.size) return disable("No hints allocated for zones");
    const isNew = !this.#populated.has(key);
    this.#counts.set(key, (this.#counts.get(key) ?? new Map()).set(addressType, counts));
    this.#populated.add(key);
    const message = `Topology Aware Hints has been enabled, addressType: ${addressType}`;
    return isNew ? [{ type: "Normal", reason: "TopologyAwareHintsEnabled", message }] : [];
  }

  /** Forgets a service that asks for them no more, and says so where it had them. */
  remove(key: Key, addressType: string): HintEvent[] {
    const had = this.#populated.has(key);
    this.#forget(key, addressType);
    return had ? [disabled("Topology Aware Hints has been disabled", addressType)] : [];
  }

  #forget(key: Key, addressType: string): void {
    const counts = this.#counts.get(key);
    counts?.delete(addressType);
    if (!counts?.size) this.#counts.delete(key);
    this.#populated.delete(key);
  }

  /** Services whose endpoints in some zone are too few now that nodes are these. (GetOverloadedServices) */
  overloaded(nodes: readonly Readonly<Node>[]): Key[] {
    if (!this.#counts.size) return [];
    const ratios = cpuRatios(nodes);
    const isOverloaded = (counts: ZoneCounts): boolean => {
      if (!counts.size) return false;
      if (!ratios) return true;
      const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
      return [...ratios].some(
        ([zone, ratio]) => (counts.get(zone) ?? -1) < Math.ceil(total * ratio * (1 / (1 + OVERLOAD))),
      );
    };
    return [...this.#counts].filter(([, types]) => [...types.values()].some(isOverloaded)).map(([key]) => key);
  }
}

function disabled(why: string, addressType: string): HintEvent {
  return {
    type: "Warning",
    reason: "TopologyAwareHintsDisabled",
    message: `${why}, addressType: ${addressType}`,
  };
}

/** Whether a slice's hints can stay; what they give to zones is counted then. (getHintsByZone) */
function keepHints(endpoints: readonly Endpoint[], counts: ZoneCounts, allocations: Allocations): boolean {
  const zones = new Map<string, number>();
  for (const { hints } of endpoints) {
    if (!hints?.forZones?.length) return false;
    for (const { name } of hints.forZones) zones.set(name, (zones.get(name) ?? 0) + 1);
  }
  for (const [zone, count] of zones) {
    const maximum = allocations.get(zone)?.maximum;
    if (maximum === undefined || count + (counts.get(zone) ?? 0) > maximum) return false;
  }
  for (const [zone, count] of zones) counts.set(zone, (counts.get(zone) ?? 0) + count);
  return true;
}
