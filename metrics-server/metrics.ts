import { bytesQuantity, durationText, nanoQuantity, timestamp } from "../client/index.ts";
import type { Node, Pod } from "../openapi/api/core.v1.ts";
import type { NodeUsage, Usage } from "./usage.ts";

export const GROUP = "metrics.k8s.io";
export const VERSION = "v1beta1";

/** By resource, as quantities. */
type Amounts = Readonly<Record<"cpu" | "memory", string>>;

interface Metrics {
  readonly apiVersion: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly creationTimestamp: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  /** Null where the counters of all containers went back. */
  readonly timestamp: string | null;
  readonly window: string;
}

export interface NodeMetrics extends Metrics {
  readonly kind: "NodeMetrics";
  readonly usage: Amounts;
}

export interface PodMetrics extends Metrics {
  readonly kind: "PodMetrics";
  readonly containers: readonly { readonly name: string; readonly usage: Amounts }[];
}

const amounts = ({ cpuNanoCores, memoryBytes }: Pick<Usage, "cpuNanoCores" | "memoryBytes">): Amounts => ({
  cpu: nanoQuantity(cpuNanoCores),
  memory: bytesQuantity(Math.round(memoryBytes)),
});

function head({ metadata }: Pick<Node, "metadata">, usage: Usage | undefined, now: Date): Metrics {
  const { name, namespace, labels } = metadata;
  return {
    apiVersion: `${GROUP}/${VERSION}`,
    metadata: {
      name: name ?? "",
      ...(namespace && { namespace }),
      creationTimestamp: timestamp(now),
      ...(labels && { labels }),
    },
    timestamp: usage ? timestamp(usage.at) : null,
    window: durationText(usage?.windowMs ?? 0),
  };
}

/** @returns undefined when nothing is known of it */
export function nodeMetrics(node: Readonly<Node>, usage: NodeUsage | undefined, now: Date): NodeMetrics | undefined {
  if (!usage?.node) return undefined;
  return { kind: "NodeMetrics", ...head(node, usage.node, now), usage: amounts(usage.node) };
}

/** Only Pods that run have metrics; their time is that of the container that was seen first. */
export function podMetrics(pod: Readonly<Pod>, usage: NodeUsage | undefined, now: Date): PodMetrics | undefined {
  const { namespace, name } = pod.metadata;
  const containers = usage?.pods.get(`${namespace}/${name}`);
  if (!containers || pod.status?.phase !== "Running") return undefined;
  const [first] = containers.toSorted((a, b) => a.at.getTime() - b.at.getTime());
  return {
    kind: "PodMetrics",
    ...head(pod, first, now),
    containers: containers.map((each) => ({ name: each.container, usage: amounts(each) })),
  };
}
