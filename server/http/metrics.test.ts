import { expect, test } from "vitest";
import type { Kind } from "../registry/kind.ts";
import { StorageMetrics } from "./storage-metrics.ts";
import { testServer } from "./test-server.ts";

test.each([
  "# HELP apiserver_request_total [STABLE] Counter of apiserver requests",
  "# TYPE apiserver_tls_handshake_errors_total counter",
  "# TYPE apiserver_audit_event_total counter",
  'kubernetes_feature_enabled{name="CBORServingAndStorage",stage="ALPHA"} 0',
  'kubernetes_feature_enabled{name="MutatingAdmissionPolicy",stage=""} 1',
  'kubernetes_build_info{major="1",minor="36"',
  'apiserver_current_inflight_requests{request_kind="readOnly"} 1',
  'apiserver_watch_cache_resource_version{group="",resource="configmaps"} 12',
  'watch_cache_capacity{group="",resource="configmaps"} 7',
  'aggregator_unavailable_apiservice{name="v1."} 0',
  'aggregator_unavailable_apiservice{name="v1.x"} 1',
  'kube_apiserver_clusterip_allocator_allocated_ips{cidr="10.0.0.0/24"} 3',
  'kube_apiserver_clusterip_allocator_available_ips{cidr="10.0.0.0/24"} 251',
  "# HELP kube_apiserver_nodeport_allocator_available_ports [ALPHA] Gauge measuring the number of available NodePorts",
  "kube_apiserver_nodeport_allocator_allocated_ports 1",
  "process_resident_memory_bytes",
])("/metrics shows %s", async (line) => {
  const api = testServer({
    history: () => ({ revision: 12, length: 7 }),
    serviceUsage: () => ({
      ranges: [{ cidr: "10.0.0.0/24", allocated: 3, available: 251 }],
      nodePorts: { allocated: 1, available: 9 },
    }),
    apiServices: () => [
      { name: "v1.", available: true },
      { name: "v1.x", available: false },
    ],
  });
  await api.get("/api/v1/namespaces/default/configmaps");
  expect((await api.get("/metrics")).text).toContain(line);
});

test("what was never counted is not shown, as with Go's client", async () => {
  const { text } = await testServer().get("/metrics");
  expect(text).not.toContain("apiserver_request_terminations_total");
  // Each type is followed by a value of that metric.
  for (const [, name, next] of text.matchAll(/^# TYPE (\S+) \S+\n(.*)$/gm)) expect(next).toContain(name);
});

test("writes are timed by what they ask of unknown fields", async () => {
  const api = testServer();
  const path = "/api/v1/namespaces/default/configmaps?fieldValidation=Strict";
  expect((await api.post(path).send({ metadata: { name: "a" } })).status).toBe(201);
  const { text } = await api.get("/metrics");
  expect(text).toContain('field_validation_request_duration_seconds_count{field_validation="Strict"} 1');
});

test("writes and lists are counted as those of etcd and of the watch cache", async () => {
  const metrics = new StorageMetrics();
  const kind = { group: "apps", plural: "deployments" } as Kind; // all that is looked at
  metrics.wrote(kind, { operation: "create", seconds: 0.01, failed: false });
  metrics.wrote(kind, { operation: "update", seconds: 0.01, failed: true });
  metrics.listed(kind, { fetched: 9, returned: 2, index: "" });
  const shown = await Promise.all(metrics.series.map((series) => series.get()));
  const values = shown.flatMap((metric) => {
    const { name, values } = metric as {
      name: string;
      values: { labels: object; value: number; metricName?: string }[];
    };
    return values
      .filter(({ metricName }) => !metricName)
      .map(({ labels, value }) => [name, Object.values(labels).join(), value]);
  });
  expect(values).toEqual([
    ["etcd_requests_total", "apps,create,deployments", 1],
    ["etcd_requests_total", "apps,update,deployments", 1],
    ["etcd_request_errors_total", "apps,update,deployments", 1],
    ["apiserver_storage_events_received_total", "apps,deployments", 1],
    ["apiserver_watch_cache_events_received_total", "apps,deployments", 1],
    ["apiserver_watch_cache_events_dispatched_total", "apps,deployments", 1],
    ["apiserver_cache_list_total", "apps,,deployments", 1],
    ["apiserver_cache_list_fetched_objects_total", "apps,,deployments", 9],
    ["apiserver_cache_list_returned_objects_total", "apps,deployments", 2],
  ]);
});
