import { bytesQuantity, nanoQuantity, quantity } from "../client/index.ts";
import type { NodeMetrics, PodMetrics } from "./metrics.ts";

/** Resources in the order of their columns. */
const RESOURCES = ["cpu", "memory"] as const;
const NANO = 1e9;

/** meta.k8s.io/v1 Table as metrics-server prints it: columns only where there are rows. (metrics-server pkg/api) */
export function tableOf(metrics: readonly (NodeMetrics | PodMetrics)[], includeObject: string, apiVersion: string) {
  const columns = [
    { name: "Name", type: "string", format: "name", description: "Name of the resource", priority: 0 },
    ...RESOURCES.map((name) => ({ name, type: "string", format: "quantity", description: "", priority: 0 })),
    { name: "Window", type: "string", format: "duration", description: "", priority: 0 },
  ];
  return {
    kind: "Table",
    apiVersion,
    metadata: {},
    columnDefinitions: metrics.length > 0 ? columns : null,
    rows: metrics.length > 0 ? metrics.map((each) => rowOf(each, includeObject, apiVersion)) : null,
  };
}

const rowOf = (each: NodeMetrics | PodMetrics, includeObject: string, apiVersion: string) => ({
  cells: [each.metadata.name, ...RESOURCES.map((resource) => amountOf(each, resource)), each.window],
  object: includeObject === "Object" ? each : includeObject === "None" ? null : partial(each, apiVersion),
});

function amountOf(metrics: NodeMetrics | PodMetrics, resource: (typeof RESOURCES)[number]): string {
  const amounts = metrics.kind === "NodeMetrics" ? [metrics.usage] : metrics.containers.map(({ usage }) => usage);
  const total = amounts.reduce((sum, usage) => sum + quantity(usage[resource]), 0);
  return resource === "cpu" ? nanoQuantity(Math.round(total * NANO)) : bytesQuantity(total);
}

/** Its metadata alone, as a kind of its own. */
export const partial = ({ metadata }: NodeMetrics | PodMetrics, apiVersion: string) => ({
  kind: "PartialObjectMetadata",
  apiVersion,
  metadata,
});
