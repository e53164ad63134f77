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

/** The rate between two looks. What cannot be told from them is left out. */
export function usageBetween(before: NodeSample, now: NodeSample): NodeUsage {
  const node = now.node && before.node && rate(before.node, now.node);
  const pods = new Map<string, ContainerUsage[]>();
  for (const [key, counted] of now.containers) {
    const usage = containerRate(before.containers.get(key), counted);
    if (!usage) continue;
    const pod = `${counted.namespace}/${counted.pod}`;
    pods.set(pod, [...(pods.get(pod) ?? []), { ...usage, container: counted.container }]);
  }
  return { ...(node && { node }), pods };
}

/** A container that is younger than the look before has counted from zero since its start. */
function containerRate(before: ContainerCounted | undefined, now: ContainerCounted): Usage | undefined {
  const { startedAt } = now;
  if (startedAt && (!before || startedAt > before.at))
    return rate({ at: startedAt, cpuSeconds: 0, memoryBytes: 0 }, now);
  return before && rate(before, now);
}

function rate(before: Counted, now: Counted): Usage | undefined {
  const windowMs = now.at.getTime() - before.at.getTime();
  // A counter that went back counts something else.
  if (windowMs <= 0 || now.cpuSeconds < before.cpuSeconds) return undefined;
  const cpuNanoCores = Math.round(((now.cpuSeconds - before.cpuSeconds) / windowMs) * 1e12);
  return { at: now.at, windowMs, cpuNanoCores, memoryBytes: now.memoryBytes };
}
