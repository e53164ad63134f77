import { type Client, type Clock, isNotFound, type ListOptions } from "../client/index.ts";
import type { Node, Pod } from "../openapi/api/core.v1.ts";
import { fieldMatcher } from "./field-selector.ts";
import { type NodeMetrics, nodeMetrics, type PodMetrics, podMetrics } from "./metrics.ts";
import type { OwnMetrics } from "./own-metrics.ts";
import type { Scraper } from "./scraper.ts";
import { noMetrics, notThere } from "./status-error.ts";

export interface Selectors {
  readonly labelSelector: string;
  readonly fieldSelector: string;
}

/** GET and LIST of both resources. @throws StatusError, ApiError */
export interface MetricsReader {
  node(name: string): Promise<NodeMetrics>;
  nodes(selectors: Selectors): Promise<NodeMetrics[]>;
  pod(namespace: string, name: string): Promise<PodMetrics>;
  /** @param namespace "" for all */
  pods(namespace: string, selectors: Selectors): Promise<PodMetrics[]>;
}

/** @param kind as upstream's lister calls it @throws StatusError 404 */
async function existing<T>(kind: string, name: string, get: () => Promise<T>): Promise<T> {
  try {
    return await get();
  } catch (error) {
    throw isNotFound(error) ? notThere(kind, name) : error;
  }
}

/** By namespace, then by name: not as keys of storage would be, where a-b comes before a. */
function inOrder(metrics: PodMetrics[]): PodMetrics[] {
  const compare = (a = "", b = "") => (a < b ? -1 : a > b ? 1 : 0);
  return metrics.sort(
    ({ metadata: a }, { metadata: b }) => compare(a.namespace, b.namespace) || compare(a.name, b.name),
  );
}

/** Only nodes that somebody asks about, or about Pods of, are asked. */
export function createReader(
  client: Client,
  scraper: Scraper,
  { clock, metrics }: { readonly clock: Clock; readonly metrics: OwnMetrics },
): MetricsReader {
  function tell<T extends { readonly timestamp: string | null }>(found: T[]): T[] {
    const now = clock.now().getTime();
    for (const { timestamp } of found) if (timestamp) metrics.told((now - Date.parse(timestamp)) / 1000);
    return found;
  }

  async function ofNodes(nodes: readonly Node[]): Promise<NodeMetrics[]> {
    const usages = await scraper.usageOf(nodes.map(({ metadata }) => metadata.name ?? ""));
    return tell(nodes.flatMap((node) => nodeMetrics(node, usages.get(node.metadata.name ?? ""), clock.now()) ?? []));
  }

  async function ofPods(pods: readonly Pod[]): Promise<PodMetrics[]> {
    const nodes = new Set(pods.flatMap(({ spec }) => spec.nodeName || []));
    const usages = await scraper.usageOf([...nodes]);
    return tell(pods.flatMap((pod) => podMetrics(pod, usages.get(pod.spec.nodeName ?? ""), clock.now()) ?? []));
  }

  /** What the API server's cache has is new enough. */
  const options = ({ labelSelector }: Selectors): ListOptions => ({
    resourceVersion: "0",
    ...(labelSelector && { labelSelector }),
  });

  return {
    async node(name) {
      const [found] = await ofNodes([await existing("node", name, () => client.get("v1/nodes", { name }))]);
      if (!found) throw noMetrics("nodemetrics", name);
      return found;
    },
    async nodes(selectors) {
      const matches = fieldMatcher(selectors.fieldSelector);
      const { items } = await client.list("v1/nodes", options(selectors));
      return ofNodes(items.filter(({ metadata }) => matches(metadata)));
    },
    async pod(namespace, name) {
      const pod = await existing("pods", name, () => client.get("v1/pods", { namespace, name }));
      // Only Pods that run are looked at: others are not there.
      if (pod.status?.phase !== "Running") throw notThere("pods", name);
      const [found] = await ofPods([pod]);
      if (!found) throw noMetrics("podmetrics", `${namespace}/${name}`);
      return found;
    },
    async pods(namespace, selectors) {
      const matches = fieldMatcher(selectors.fieldSelector);
      const { items } = await client.list("v1/pods", { ...options(selectors), ...(namespace && { namespace }) });
      return inOrder(
        await ofPods(items.filter(({ metadata, status }) => status?.phase === "Running" && matches(metadata))),
      );
    },
  };
}
