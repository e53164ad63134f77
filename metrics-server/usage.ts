import type { ContainerCounted, Counted, NodeSample } from "./exposition.ts";

/** What something uses now: CPU as a rate over `windowMs`. */
export interface Usage {
  readonly at: Date;
  readonly windowMs: number;
  /** Of a core, in billionths. */
  readonly cpuNanoCores: number;
  readonly memoryBytes: number;
}

export interface ContainerUsage extends Usage {
  readonly container: string;
}

export interface NodeUsage {
  readonly node?: Usage;
  /** By namespace and name of the Pod. */
  readonly pods: ReadonlyMap<string, readonly ContainerUsage[]>;
}

/** The newest look at a node, and of each thing it counts the one before, which rates are reckoned from. */
export interface Points {
  readonly last: NodeSample;
  readonly node?: Counted;
  readonly containers: ReadonlyMap<string, Counted>;
}

/** A younger container's rate since its start says nothing yet. In ms. */
const FRESH_CONTAINER = 10_000;
/** Looks are this many ms apart at most, as metrics-server's manifest has it: --metric-resolution. */
const RESOLUTION = 15_000;

/** Adds a look. (metrics-server pkg/storage Store) */
export function withSample(points: Points | undefined, now: NodeSample): Points {
  const node = now.node && moved(points?.last.node, points?.node, now.node);
  const containers = new Map<string, Counted>();
  for (const [key, counted] of now.containers) {
    const before = points && { look: points.last.at, last: points.last.containers.get(key) };
    const previous = isSinceStart(counted, before)
      ? { at: counted.startedAt, cpuSeconds: 0, memoryBytes: 0 }
      : seenBefore(before?.last, points?.containers.get(key), counted);
    if (previous) containers.set(key, previous);
  }
  return { last: now, ...(node && { node }), containers };
}

/**
 * Whether a container is rated from its start, when it had counted nothing. Looks of ours may be far apart, since nobody
 * asked: then also one that is older.
 */
function isSinceStart(
  counted: ContainerCounted,
  before: { readonly look: Date; readonly last: ContainerCounted | undefined } | undefined,
): counted is ContainerCounted & { readonly startedAt: Date } {
  const { at, startedAt } = counted;
  if (!startedAt) return false;
  const age = at.getTime() - startedAt.getTime();
  if (age < FRESH_CONTAINER) return false;
  return age < RESOLUTION || (before !== undefined && startedAt > (before.last?.at ?? before.look));
}

/** @returns undefined when it was not there, or has been started again since */
function seenBefore(last: ContainerCounted | undefined, previous: Counted | undefined, now: ContainerCounted) {
  if (!last || (now.startedAt && now.startedAt >= last.at)) return undefined;
  return moved(last, previous, now);
}

/** A look that is no newer than the one before does not take its place. */
function moved(last: Counted | undefined, previous: Counted | undefined, now: Counted): Counted | undefined {
  if (last && now.at > last.at) return last;
  return previous && previous.at < now.at ? previous : undefined;
}

/**
 * The rates between looks. A Pod that has a container without a look before is left out as a whole; a container whose
 * counter went back only itself. (metrics-server pkg/storage GetMetrics)
 */
export function usageOf({ last, node: before, containers }: Points): NodeUsage {
  const node = last.node && before && rate(before, last.node);
  const pods = new Map<string, ContainerUsage[]>();
  const fresh = new Set<string>();
  for (const [key, counted] of last.containers) {
    const pod = `${counted.namespace}/${counted.pod}`;
    const previous = containers.get(key);
    if (!previous) fresh.add(pod);
    const usage = previous && rate(previous, counted);
    pods.set(pod, [...(pods.get(pod) ?? []), ...(usage ? [{ ...usage, container: counted.container }] : [])]);
  }
  for (const pod of fresh) pods.delete(pod);
  return { ...(node && { node }), pods };
}

/** @returns undefined where the counter went back: it counts something else */
function rate(before: Counted, now: Counted): Usage | undefined {
  if (now.cpuSeconds < before.cpuSeconds) return undefined;
  const windowMs = now.at.getTime() - before.at.getTime();
  const nanoSeconds = Math.trunc(now.cpuSeconds * 1e9) - Math.trunc(before.cpuSeconds * 1e9);
  const cpuNanoCores = Math.trunc((nanoSeconds / windowMs) * 1000);
  return { at: now.at, windowMs, cpuNanoCores, memoryBytes: now.memoryBytes };
}
