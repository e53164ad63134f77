/** What a node said at one time. CPU is counted since the start of what uses it. */
export interface NodeSample {
  readonly at: Date;
  readonly node?: Counted;
  /** By namespace, Pod and container. */
  readonly containers: ReadonlyMap<string, ContainerCounted>;
}

export interface Counted {
  readonly at: Date;
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
}

export interface ContainerCounted extends Counted {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly startedAt?: Date;
}

const LINE = /^([a-z_]+)(?:\{([^}]*)\})? (\S+)(?: (\d+))?$/gm;
const LABEL = /([a-z_]+)="((?:[^"\\]|\\.)*)"/g;

type Draft = { -readonly [K in keyof ContainerCounted]?: ContainerCounted[K] };

/**
 * Reads what a kubelet answers at /metrics/resource. What has not both CPU and memory is left out.
 * @param now of the samples that say no time themselves
 */
export function parseExposition(text: string, now: Date): NodeSample {
  const node: Draft = {};
  const containers = new Map<string, Draft>();
  for (const [, name = "", labelText = "", valueText = "", time] of text.matchAll(LINE)) {
    const labels = Object.fromEntries([...labelText.matchAll(LABEL)].map(([, key = "", value = ""]) => [key, value]));
    const draft = name.startsWith("node_") ? node : draftOf(containers, labels);
    const value = Number(valueText);
    if (!draft || !Number.isFinite(value)) continue;
    if (name.endsWith("_start_time_seconds")) draft.startedAt = new Date(value * 1000);
    else if (name.endsWith("_memory_working_set_bytes")) draft.memoryBytes = value;
    else if (name.endsWith("_cpu_usage_seconds_total")) {
      draft.cpuSeconds = value;
      draft.at = time ? new Date(Number(time)) : now;
    }
  }
  const whole = complete(node);
  return {
    at: now,
    ...(whole && { node: whole }),
    containers: new Map(
      [...containers].flatMap(([key, draft]) => {
        const counted = complete(draft);
        return counted ? [[key, counted] as const] : [];
      }),
    ),
  };
}

function draftOf(containers: Map<string, Draft>, labels: Record<string, string>): Draft | undefined {
  const { namespace, pod, container } = labels;
  if (!namespace || !pod || !container) return undefined; // of whole Pods: reckoned from their containers
  const key = `${namespace}/${pod}/${container}`;
  const draft = containers.get(key) ?? { namespace, pod, container };
  containers.set(key, draft);
  return draft;
}

function complete(draft: Draft): ContainerCounted | undefined {
  const { at, cpuSeconds, memoryBytes, namespace = "", pod = "", container = "", startedAt } = draft;
  if (!at || cpuSeconds === undefined || memoryBytes === undefined) return undefined;
  return { at, cpuSeconds, memoryBytes, namespace, pod, container, ...(startedAt && { startedAt }) };
}
