import type { Client, Clock, ListOptions } from "../client/index.ts";
import type { Node, Pod } from "../openapi/api/core.v1.ts";
import { fieldMatcher } from "./field-selector.ts";
import { type NodeMetrics, nodeMetrics, type PodMetrics, podMetrics } from "./metrics.ts";
import type { Scraper } from "./scraper.ts";
import { noMetrics } from "./status-error.ts";

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

/** Only nodes that somebody asks about, or about Pods of, are asked. */
export function createReader(client: Client, scraper: Scraper, clock: Clock): MetricsReader {
  async function ofNodes(nodes: readonly Node[]): Promise<NodeMetrics[]> {
    const usages = await scraper.usageOf(nodes.map(({ metadata }) => metadata.name ?? ""));
    return nodes.flatMap((node) => nodeMetrics(node, usages.get(node.metadata.name ?? ""), clock.now()) ?? []);
  }

  async function ofPods(pods: readonly Pod[]): Promise<PodMetrics[]> {
    const nodes = new Set(pods.flatMap(({ spec }) => spec.nodeName || []));
    const usages = await scraper.usageOf([...nodes]);
    return pods.flatMap((pod) => podMetrics(pod, usages.get(pod.spec.nodeName ?? ""), clock.now()) ?? []);
  }

  /** What the API server's cache has is new enough. */
  const options = ({ labelSelector }: Selectors): ListOptions => ({
    resourceVersion: "0",
    ...(labelSelector && { labelSelector }),
  });

  return {
    async node(name) {
      const [found] = await ofNodes([await client.get("v1/nodes", { name })]);
      if (!found) throw noMetrics("nodemetrics", name);
      return found;
    },
    async nodes(selectors) {
      const matches = fieldMatcher(selectors.fieldSelector);
      const { items } = await client.list("v1/nodes", options(selectors));
      return ofNodes(items.filter(({ metadata }) => matches(metadata)));
    },
    async pod(namespace, name) {
      const [found] = await ofPods([await client.get("v1/pods", { namespace, name })]);
      if (!found) throw noMetrics("podmetrics", `${namespace}/${name}`);
      return found;
    },
    async pods(namespace, selectors) {
      const matches = fieldMatcher(selectors.fieldSelector);
      const { items } = await client.list("v1/pods", { ...options(selectors), ...(namespace && { namespace }) });
      return ofPods(items.filter(({ metadata, status }) => status?.phase === "Running" && matches(metadata)));
    },
  };
}
