import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Family } from "./address.ts";

/** 0.001 s doubled fourteen times, as upstream counts. */
const SYNC_BUCKETS = Array.from({ length: 15 }, (_, n) => 0.001 * 2 ** n);
const steps = (from: number, step: number, count: number) => Array.from({ length: count }, (_, n) => from + n * step);
const PROGRAMMING_BUCKETS = [...steps(0.25, 0.25, 2), ...steps(1, 1, 59), ...steps(60, 5, 12), ...steps(120, 30, 7)];

/** What a proxy counts. Names, labels and buckets are upstream's. (pkg/proxy/metrics) */
export interface ProxyMetrics {
  readonly registry: Registry;
  /** A sync that ended well. Seconds. */
  synced(family: Family, how: "full" | "partial", seconds: number, now: Date): void;
  failed(family: Family, what: "sync" | "cleanup"): void;
  queued(family: Family, now: Date): void;
  changed(what: "service" | "endpoint"): void;
  /** Objects whose changes the rules do not know of yet. */
  pending(what: "service" | "endpoint", objects: number): void;
  /** From the change of a Pod or Service until the rules knew. Seconds. */
  programmed(family: Family, seconds: number): void;
  /** Services whose policy is Local and that have no endpoint here. */
  noLocalEndpoints(family: Family, policy: "internal" | "external", services: number): void;
  asked(path: "healthz" | "livez", code: number): void;
  conntrackCleaned(family: Family, entries: number, seconds: number): void;
}

/** Makes a proxy's metrics, with those of the process. */
export function createProxyMetrics(): ProxyMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const named = (name: string, help: string, labelNames: string[] = []) => ({
    name: `kubeproxy_${name}`,
    help,
    labelNames,
    registers,
  });
  const byFamily = ["ip_family"];
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ ...named(name, help, byFamily), buckets });
  const all = histogram("sync_proxy_rules_duration_seconds", "Time of a sync in seconds.", SYNC_BUCKETS);
  const full = histogram("sync_full_proxy_rules_duration_seconds", "Time of a full sync in seconds.", SYNC_BUCKETS);
  const partial = histogram(
    "sync_partial_proxy_rules_duration_seconds",
    "Time of a partial sync in seconds.",
    SYNC_BUCKETS,
  );
  const programming = histogram(
    "network_programming_duration_seconds",
    "Time from a change until the rules knew of it, in seconds.",
    PROGRAMMING_BUCKETS,
  );
  const conntrack = histogram(
    "conntrack_reconciler_sync_duration_seconds",
    "Time of a look through tracked connections in seconds.",
    SYNC_BUCKETS,
  );
  const last = new Gauge(named("sync_proxy_rules_last_timestamp_seconds", "When rules were last synced.", byFamily));
  const lastQueued = new Gauge(
    named("sync_proxy_rules_last_queued_timestamp_seconds", "When a sync was last asked for.", byFamily),
  );
  const none = new Gauge(
    named("sync_proxy_rules_no_local_endpoints_total", "Services with policy Local and no endpoint on the node.", [
      "traffic_policy",
      "ip_family",
    ]),
  );
  const services = new Counter(named("sync_proxy_rules_service_changes_total", "Changes of Services seen."));
  const endpoints = new Counter(named("sync_proxy_rules_endpoint_changes_total", "Changes of endpoints seen."));
  const pendingServices = new Gauge(
    named("sync_proxy_rules_service_changes_pending", "Changes of Services that rules do not know of yet."),
  );
  const pendingEndpoints = new Gauge(
    named("sync_proxy_rules_endpoint_changes_pending", "Changes of endpoints that rules do not know of yet."),
  );
  const syncFailures = new Counter(
    named("sync_proxy_rules_nftables_sync_failures_total", "Transactions that nftables refused.", byFamily),
  );
  const cleanupFailures = new Counter(
    named("sync_proxy_rules_nftables_cleanup_failures_total", "Old chains that could not be deleted.", byFamily),
  );
  const healthz = new Counter(named("proxy_healthz_total", "Answers of /healthz by status.", ["code"]));
  const livez = new Counter(named("proxy_livez_total", "Answers of /livez by status.", ["code"]));
  const deleted = new Counter(
    named("conntrack_reconciler_deleted_entries_total", "Tracked connections that were deleted.", byFamily),
  );
  return {
    registry,
    synced(family, how, seconds, now) {
      for (const each of [all, how === "full" ? full : partial]) each.observe({ ip_family: family }, seconds);
      last.set({ ip_family: family }, now.getTime() / 1000);
    },
    failed: (family, what) => (what === "sync" ? syncFailures : cleanupFailures).inc({ ip_family: family }),
    queued: (family, now) => lastQueued.set({ ip_family: family }, now.getTime() / 1000),
    changed: (what) => (what === "service" ? services : endpoints).inc(),
    pending: (what, objects) => (what === "service" ? pendingServices : pendingEndpoints).set(objects),
    programmed: (family, seconds) => programming.observe({ ip_family: family }, seconds),
    noLocalEndpoints: (family, policy, count) => none.set({ traffic_policy: policy, ip_family: family }, count),
    asked: (path, code) => (path === "healthz" ? healthz : livez).inc({ code: String(code) }),
    conntrackCleaned(family, entries, seconds) {
      conntrack.observe({ ip_family: family }, seconds);
      deleted.inc({ ip_family: family }, entries);
    },
  };
}
