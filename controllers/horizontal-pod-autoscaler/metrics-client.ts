import { ApiError, type Client, durationMs, milliValue } from "../../client/index.ts";
import type { CrossVersionObjectReference } from "../../openapi/api/autoscaling.v2.ts";
import type { PodMetric, PodMetrics } from "./replica-calculator.ts";

/** Where metrics come from; values in thousandths. Selectors are in the form of a query. */
export interface MetricsClient {
  /** @param container "" for the whole Pod */
  resource(resource: string, namespace: string, selector: string, container: string): Promise<PodMetrics>;
  pods(metric: string, namespace: string, selector: string, metricSelector: string): Promise<PodMetrics>;
  object(metric: string, namespace: string, object: Described, metricSelector: string): Promise<number>;
  external(metric: string, namespace: string, selector: string): Promise<number[]>;
}

/** An object, and its resource as `deployments.apps`. */
export interface Described extends CrossVersionObjectReference {
  resource: string;
}

/** What a metrics server says of one Pod. (metrics.k8s.io/v1beta1 PodMetrics) */
export interface ResourceMetrics {
  metadata: { name: string };
  timestamp: string;
  window: string;
  containers?: { name: string; usage?: Record<string, string> }[];
}

interface CustomMetrics {
  describedObject?: { name?: string };
  timestamp: string;
  /** Called `window` in v1beta1. */
  windowSeconds?: number;
  window?: number;
  value: string;
}

const DEFAULT_WINDOW_SECONDS = 60;
const CUSTOM = "custom.metrics.k8s.io";

/** Asks the three metrics APIs. Errors are in upstream's words. Follows pkg/controller/podautoscaler/metrics. */
export function createMetricsClient(client: Client): MetricsClient {
  // The APIs' own list types are below; what is no list fails at `items`, as an error of the metric.
  const items = async <T>(path: string, query: Record<string, string>, resource: string): Promise<T[]> => {
    const sent = Object.fromEntries(Object.entries(query).filter(([, value]) => value));
    try {
      const list = (await client.transport.request({ method: "GET", path, query: sent })) as { items?: T[] };
      return list.items ?? [];
    } catch (error) {
      throw wordedFor(error, resource);
    }
  };
  const versions = new Map<string, string>();
  const customVersion = async (): Promise<string> => {
    const known = versions.get(CUSTOM);
    if (known) return known;
    try {
      const group = (await client.transport.request({ method: "GET", path: `/apis/${CUSTOM}` })) as {
        preferredVersion?: { version?: string };
      };
      const version = group.preferredVersion?.version;
      if (version) {
        versions.set(CUSTOM, version);
        return version;
      }
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 404) throw error;
    }
    throw new Error(`no custom metrics API (${CUSTOM}) registered`);
  };
  const custom = async (path: string, query: Record<string, string>, resource: string): Promise<CustomMetrics[]> => {
    try {
      return await items<CustomMetrics>(`/apis/${CUSTOM}/${await customVersion()}/${path}`, query, resource);
    } catch (error) {
      versions.delete(CUSTOM); // another server may have come
      throw new Error(`unable to fetch metrics from custom metrics API: ${textOf(error)}`, { cause: error });
    }
  };
  const part = encodeURIComponent;

  return {
    async resource(resource, namespace, labelSelector, container) {
      const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${part(namespace)}/pods`;
      let found: ResourceMetrics[];
      try {
        found = await items<ResourceMetrics>(path, { labelSelector }, "pods.metrics.k8s.io");
      } catch (error) {
        throw new Error(`unable to fetch metrics from resource metrics API: ${textOf(error)}`, { cause: error });
      }
      if (!found.length) throw new Error("no metrics returned from resource metrics API");
      return podMetricsOf(found, resource, container);
    },
    async pods(metric, namespace, labelSelector, metricLabelSelector) {
      const path = `namespaces/${part(namespace)}/pods/*/${part(metric)}`;
      const found = await custom(path, { labelSelector, metricLabelSelector }, `pods.${CUSTOM} *`);
      if (!found.length) throw new Error("no metrics returned from custom metrics API");
      return new Map(
        found.map((one) => [
          one.describedObject?.name ?? "",
          {
            value: milliValue(one.value),
            timestamp: Date.parse(one.timestamp),
            windowMs: (one.windowSeconds ?? one.window ?? DEFAULT_WINDOW_SECONDS) * 1000,
          },
        ]),
      );
    },
    async object(metric, namespace, { kind, apiVersion, name, resource }, metricLabelSelector) {
      const isNamespace = kind === "Namespace" && !apiVersion?.includes("/");
      // A reference never leads out of its own namespace, whatever its name says.
      const path = isNamespace
        ? `namespaces/${part(namespace)}/metrics/${part(metric)}`
        : `namespaces/${part(namespace)}/${resource}/${part(name)}/${part(metric)}`;
      const found = await custom(path, { metricLabelSelector }, `${resource}.${CUSTOM} ${name}`);
      const [only] = found;
      if (!only || found.length > 1) {
        const problem = `the custom metrics API server returned ${found.length} results when we asked for exactly one`;
        throw new Error(`unable to fetch metrics from custom metrics API: ${problem}`);
      }
      return milliValue(only.value);
    },
    async external(metric, namespace, labelSelector) {
      const path = `/apis/external.metrics.k8s.io/v1beta1/namespaces/${part(namespace)}/${part(metric)}`;
      let found: { value: string }[];
      try {
        found = await items(path, { labelSelector }, `${metric}.external.metrics.k8s.io`);
      } catch (error) {
        throw new Error(`unable to fetch metrics from external metrics API: ${textOf(error)}`, { cause: error });
      }
      if (!found.length) throw new Error("no metrics returned from external metrics API");
      return found.map(({ value }) => milliValue(value));
    },
  };
}

/** Of one container, or of all together: a Pod of which one container says nothing is left out. */
export function podMetricsOf(found: readonly ResourceMetrics[], resource: string, container: string): PodMetrics {
  const metrics = new Map<string, PodMetric>();
  for (const { metadata, timestamp, window, containers = [] } of found) {
    const counted = container ? containers.filter(({ name }) => name === container) : containers;
    const values = counted.map(({ usage }) => usage?.[resource]);
    if (!values.length || values.includes(undefined)) continue;
    const value = values.reduce((sum, text) => sum + milliValue(text ?? "0"), 0);
    const windowMs = durationMs(window);
    metrics.set(metadata.name, { value, timestamp: Date.parse(timestamp), windowMs });
  }
  return metrics;
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const GENERIC: Record<number, string> = {
  404: "the server could not find the requested resource",
  503: "the server is currently unable to handle the request",
};

/** What client-go says when an answer is no Status. (NewGenericServerResponse) */
function wordedFor(error: unknown, resource: string): unknown {
  if (!(error instanceof ApiError) || error.status.kind === "Status") return error;
  const message = GENERIC[error.code];
  return message ? new Error(`${message} (get ${resource})`, { cause: error }) : error;
}
