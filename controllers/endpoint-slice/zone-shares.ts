import type { Endpoint } from "../../openapi/api/discovery.k8s.io.v1.ts";

/** How many endpoints each zone should have, and may have at most. */
export type Allocations = ReadonlyMap<string, { desired: number; maximum: number }>;

interface Exchange {
  giving: Map<string, number>;
  receiving: Map<string, number>;
}

/** How many endpoints zones with too many give, and those with too few get. (getGivingAndReceivingZones) */
export function zonesThatGive(allocations: Allocations, counts: ReadonlyMap<string, number>): Exchange {
  const tooMany = new Map<string, number>();
  const tooFew = new Map<string, number>();
  for (const [zone, { desired }] of allocations) {
    const diff = (counts.get(zone) ?? 0) - desired;
    if (diff > 0) tooMany.set(zone, diff);
    else if (diff < 0) tooFew.set(zone, -diff);
  }
  const exchange: Exchange = { giving: new Map(), receiving: new Map() };
  for (;;) {
    const [from, give] = most(tooMany);
    const [to, take] = most(tooFew);
    // Half an endpoint is worth moving only where the other side is off by a whole one.
    if (!from || !to || (give < 1 && take < 1) || give < 0.5 || take < 0.5) return exchange;
    count(exchange.giving, from, 1);
    count(tooMany, from, -1);
    count(exchange.receiving, to, 1);
    count(tooFew, to, -1);
  }
}

function most(zones: ReadonlyMap<string, number>): [string, number] {
  return [...zones].reduce((best, one) => (one[1] > best[1] ? one : best), ["", 0] as [string, number]);
}

/** Points endpoints of zones that give to zones that receive. (redistributeHints) */
export function moveHints(
  endpoints: readonly Endpoint[],
  counts: Map<string, number>,
  { giving, receiving }: Exchange,
): void {
  for (const endpoint of endpoints) {
    const from = endpoint.zone ?? "";
    if (!giving.get(from)) continue;
    const to = [...receiving].find(([, number]) => number > 0)?.[0];
    if (to === undefined) return;
    endpoint.hints = { forZones: [{ name: to }] };
    count(giving, from, -1);
    count(receiving, to, -1);
    count(counts, from, -1);
    count(counts, to, 1);
  }
}

const count = (zones: Map<string, number>, zone: string, by: number) => zones.set(zone, (zones.get(zone) ?? 0) + by);
