import type { ServerResponse } from "node:http";
import { cpus, totalmem } from "node:os";
import { qosClassOf } from "../qos-class.ts";
import { cadvisorMetrics } from "./cadvisor-metrics.ts";
import { configz } from "./configz.ts";
import { kubeletMetrics, type RequestCounts } from "./kubelet-metrics.ts";
import { probeMetrics } from "./probe-metrics.ts";
import { HttpError, type KubeletServerOptions } from "./request.ts";
import { resourceMetrics } from "./resource-metrics.ts";
import { statsSummary } from "./summary.ts";
import type { nodeCpuCounter, usageMeter } from "./usage.ts";

/** What the node's server remembers from one request to the next. */
export interface Meters {
  readonly usage: ReturnType<typeof usageMeter>;
  readonly nodeCpu: ReturnType<typeof nodeCpuCounter>;
  readonly requests: RequestCounts;
}

const podsOf = ({ workers }: KubeletServerOptions) =>
  [...workers.values()].map((worker) => {
    return { ...worker.pod, status: { ...worker.status(), qosClass: qosClassOf(worker.pod) } };
  });

const absent = () => new HttpError(404, "404 page not found");

function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
}

/** Answers what only tells: health, Pods, amounts, metrics. @param path its parts @throws HttpError */
export async function answerRead(
  path: readonly string[],
  response: ServerResponse,
  options: KubeletServerOptions,
  meters: Meters,
): Promise<void> {
  const [first = "", ...rest] = path;
  switch (first) {
    case "healthz":
      if (rest.length > 1 || !["ping", "log", "syncloop"].includes(rest[0] ?? "ping")) throw absent();
      response.writeHead(200, { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" });
      response.end("ok");
      return;
    case "configz":
      return json(response, configz({ ...options, port: response.socket?.localPort ?? options.port }));
    case "pods":
      return json(response, { kind: "PodList", apiVersion: "v1", metadata: {}, items: podsOf(options) });
    case "runningpods":
      return json(response, { kind: "PodList", apiVersion: "v1", metadata: {}, items: runningPods(options) });
    case "stats": {
      if (rest.join("/") !== "summary") throw absent();
      const pods = podsOf(options);
      const [usage, node] = await Promise.all([meters.usage(pods), options.runtime.nodeUsage?.(pods)]);
      return json(response, statsSummary(options.nodeName, pods, usage, options.clock.now(), node));
    }
    case "metrics": {
      const text = await metricsText(rest.join("/"), options, meters);
      response.writeHead(200, { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" });
      response.end(text);
      return;
    }
    default:
      throw absent();
  }
}

/** Pods of which a container runs, with nothing but who they are. (pkg/kubelet/server/server.go getRunningPods) */
function runningPods({ workers }: KubeletServerOptions): object[] {
  return [...workers.values()].flatMap(({ pod, records }) => {
    const running = records.filter(({ running }) => running);
    if (running.length === 0) return [];
    const { name, namespace, uid } = pod.metadata;
    const containers = running.map(({ container }) => ({
      name: container.name,
      image: container.image,
      resources: {},
    }));
    return [{ metadata: { name, namespace, uid }, spec: { containers }, status: {} }];
  });
}

async function metricsText(which: string, options: KubeletServerOptions, meters: Meters): Promise<string> {
  const { runtime, clock, nodeName, workers, meter } = options;
  const now = clock.now();
  const processStart = new Date(now.getTime() - process.uptime() * 1000);
  if (which === "probes") return probeMetrics(meter.counts(), processStart);
  if (which === "") {
    const { user, system } = process.cpuUsage();
    const own = { cpuMicroSeconds: user + system, residentBytes: process.memoryUsage.rss(), startedAt: processStart };
    return kubeletMetrics(nodeName, workers, meters.requests, own);
  }
  const pods = podsOf(options);
  if (which === "resource") {
    const stats = await runtime.stats(pods);
    return resourceMetrics(pods, stats, meters.nodeCpu(stats), now);
  }
  if (which !== "cadvisor" || !runtime.nodeUsage) throw absent();
  const usage = await runtime.nodeUsage(pods);
  return cadvisorMetrics(pods, usage, usage.machine ?? { cores: cpus().length, memoryBytes: totalmem() });
}
