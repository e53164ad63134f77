import { type Clock, sleep } from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import type { ContainerStats, Runtime } from "../runtime/runtime.ts";

/** What a container uses at a time. */
export interface ContainerUsage extends ContainerStats {
  /** Of a core, in billionths, since the last look. */
  readonly nanoCores: number;
}

/** Ages of an earlier look that a rate may be reckoned from, in ms. */
const YOUNGEST = 1_000;
const OLDEST = 60_000;

const idOf = ({ podUid, container, startedAt }: ContainerStats) => `${podUid}/${container}/${startedAt.getTime()}`;

/** Rates of use: what each container used between two looks. The first one to ask waits for the second look. */
export function usageMeter(
  runtime: Runtime,
  clock: Clock,
): (pods: readonly Pod[]) => Promise<readonly ContainerUsage[]> {
  let earlier: { readonly at: number; readonly stats: ReadonlyMap<string, ContainerStats> } | undefined;
  const look = async (pods: readonly Pod[]) => {
    const list = await runtime.stats(pods);
    return { at: clock.now().getTime(), stats: new Map(list.map((each) => [idOf(each), each])) };
  };
  return async (pods) => {
    let from = earlier;
    if (!from || clock.now().getTime() - from.at > OLDEST) {
      from = await look(pods);
      await sleep(clock, YOUNGEST);
    }
    const now = await look(pods);
    if (!earlier || now.at - earlier.at >= YOUNGEST) earlier = now;
    return [...now.stats].map(([id, stats]) => {
      const before = from.stats.get(id);
      const since = before?.at ?? stats.startedAt;
      const seconds = (stats.at.getTime() - since.getTime()) / 1000;
      const used = stats.cpuNanoSeconds - (before?.cpuNanoSeconds ?? 0);
      return { ...stats, nanoCores: seconds > 0 ? Math.max(0, Math.round(used / seconds)) : 0 };
    });
  };
}

/**
 * What all containers of a node have used together, those that are gone included: a counter never goes back.
 * Containers that came and went between two looks are missed.
 */
export function nodeCpuCounter(): (stats: readonly ContainerStats[]) => number {
  let known = new Map<string, number>();
  let gone = 0;
  return (stats) => {
    const now = new Map(stats.map((each) => [idOf(each), each.cpuNanoSeconds]));
    for (const [id, nanoSeconds] of known) if (!now.has(id)) gone += nanoSeconds;
    known = now;
    return [...now.values()].reduce((total, each) => total + each, gone);
  };
}
