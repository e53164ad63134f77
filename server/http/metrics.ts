import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import { collectDefaultMetrics, Registry } from "prom-client";
import type { Kind } from "../registry/kind.ts";
import { type GaugeOptions, registerGauges } from "./gauges.ts";
import { registerProcessMetrics } from "./process-metrics.ts";
import type { RequestInfo } from "./request-info.ts";
import { type Buckets, REQUEST_BUCKETS, Series } from "./series.ts";
import type { State } from "./state.ts";

const SLI_BUCKETS = REQUEST_BUCKETS.slice(2);
const BODY_BUCKETS = Array.from({ length: 31 }, (_, i) => 50_000 + i * 100_000);
const WATCH_LIST_BUCKETS = [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8, 10, 15, 20, 30, 45, 60];
const EVENT_BUCKETS = Array.from({ length: 8 }, (_, i) => 1024 * 2 ** i);
const SIZE_BUCKETS = [1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];
const RESOURCE = ["component", "group", "resource", "scope", "subresource", "verb", "version"] as const;

/** A metric of which nothing was counted yet: Go's client does not show it. */
const UNCOUNTED = /# HELP [^\n]*\n# TYPE [^\n]*\n(?=\n|# HELP|$)/g;

/**
 * Upstream's request metrics. (apiserver/pkg/endpoints/metrics) A request costs a few additions here; labels are made
 * once a series, and text only when someone asks.
 */
export class Metrics {
  readonly startedSeconds: number;
  readonly #now: () => Date;
  readonly #registry = new Registry();
  readonly #requests = new Series(
    "apiserver_request_total",
    "counter",
    "[STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.",
    ["code", "dry_run", ...RESOURCE],
  );
  readonly #durations = new Series(
    "apiserver_request_duration_seconds",
    "histogram",
    "[STABLE] Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.",
    ["dry_run", ...RESOURCE],
    REQUEST_BUCKETS,
  );
  readonly #sizes = new Series(
    "apiserver_response_sizes",
    "histogram",
    "[STABLE] Response size distribution in bytes for each group, version, verb, resource, subresource, scope and component.",
    RESOURCE,
    SIZE_BUCKETS,
  );
  readonly #longRunning = new Series(
    "apiserver_longrunning_requests",
    "gauge",
    "[STABLE] Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.",
    RESOURCE,
  );
  readonly #watchEvents = new Series(
    "apiserver_watch_events_total",
    "counter",
    "[ALPHA] Number of events sent in watch clients",
    ["group", "resource", "version"],
  );
  readonly #sli = new Series(
    "apiserver_request_sli_duration_seconds",
    "histogram",
    "[ALPHA] Response latency distribution (not counting webhook duration and priority & fairness queue wait times) in seconds for each verb, group, version, resource, subresource, scope and component.",
    RESOURCE,
    SLI_BUCKETS,
  );
  readonly #bodies = new Series(
    "apiserver_request_body_size_bytes",
    "histogram",
    "[ALPHA] Apiserver request body size in bytes broken out by resource and verb.",
    ["group", "resource", "verb"],
    BODY_BUCKETS,
  );
  readonly #deprecated = new Series(
    "apiserver_requested_deprecated_apis",
    "gauge",
    "[STABLE] Gauge of deprecated APIs that have been requested, broken out by API group, version, resource, subresource, and removed_release.",
    ["group", "version", "resource", "subresource", "removed_release"],
  );
  readonly #watchEventSizes = new Series(
    "apiserver_watch_events_sizes",
    "histogram",
    "[ALPHA] Watch event size distribution in bytes",
    ["group", "resource", "version"],
    EVENT_BUCKETS,
  );
  readonly #watchLists = new Series(
    "apiserver_watch_list_duration_seconds",
    "histogram",
    "[BETA] Response latency distribution in seconds for watch list requests broken by group, version, resource and scope.",
    ["group", "version", "resource", "scope"],
    WATCH_LIST_BUCKETS,
  );
  readonly #terminations = new Series(
    "apiserver_request_terminations_total",
    "counter",
    "[ALPHA] Number of requests which apiserver terminated in self-defense.",
    ["code", ...RESOURCE],
  );
  readonly #fieldValidation = new Series(
    "field_validation_request_duration_seconds",
    "histogram",
    "[ALPHA] Response latency distribution in seconds for each field validation value",
    ["field_validation"],
    SLI_BUCKETS,
  );
  readonly #handshakeErrors = new Series(
    "apiserver_tls_handshake_errors_total",
    "counter",
    "[ALPHA] Number of requests dropped with 'TLS handshake error from' error",
    [],
  );
  readonly #auditEvents = new Series(
    "apiserver_audit_event_total",
    "counter",
    "[ALPHA] Counter of audit events generated and sent to the audit backend.",
    [],
  );
  readonly #countAuditEvents: () => number;
  readonly #series: readonly Series[];
  readonly #byKind = new Map<Kind, Buckets>();

  constructor(
    options: GaugeOptions & {
      now: () => Date;
      audit?: { readonly events: number };
      /** Metrics that others count. */
      series?: readonly Series[];
    },
  ) {
    const { now, audit, series: more = [] } = options;
    this.#countAuditEvents = () => audit?.events ?? 0;
    this.#now = now;
    this.startedSeconds = Math.floor(now().getTime() / 1000);
    this.#series = [
      this.#requests,
      this.#durations,
      this.#sizes,
      this.#longRunning,
      this.#watchEvents,
      this.#sli,
      this.#bodies,
      this.#deprecated,
      this.#watchEventSizes,
      this.#watchLists,
      this.#terminations,
      this.#fieldValidation,
      this.#handshakeErrors,
      this.#auditEvents,
      ...more,
    ];
    for (const series of this.#series) series.registerIn(this.#registry);
    registerGauges(this.#registry, options);
    collectDefaultMetrics({ register: this.#registry });
    registerProcessMetrics(this.#registry);
  }

  /** A watch or a connection to something that is served; `longRunningEnded` follows. */
  longRunningStarted({ requestInfo }: State): void {
    this.#longRunning.add(resourceKey(requestInfo, verbOf(requestInfo, "GET", "")), 1);
  }

  longRunningEnded({ requestInfo }: State): void {
    this.#longRunning.add(resourceKey(requestInfo, verbOf(requestInfo, "GET", "")), -1);
  }

  requestDone(state: State, { method = "", headers }: IncomingMessage | Http2ServerRequest, seconds: number): void {
    const { requestInfo, responseCode, responseBytes, query, queuedSeconds } = state;
    if (responseCode === 0) return;
    // Paths that do not exist are not counted by name: clients could make up any number of them.
    const key = state.served
      ? resourceKey(requestInfo, verbOf(requestInfo, method, headers["content-type"] ?? ""))
      : pathKey(requestInfo.path, method, headers.accept ?? "");
    if (key === undefined) return;
    const dryRun = dryRunOf(query);
    this.#requests.add(`${responseCode}\0${dryRun}\0${key}`, 1);
    this.#durations.observe(`${dryRun}\0${key}`, seconds);
    if (!dryRun) this.#sli.observe(key, Math.max(0, seconds - queuedSeconds));
    if (method === "GET" && requestInfo.verb !== "watch") this.#sizes.observe(key, responseBytes);
    if (state.terminated) this.#terminations.add(`${responseCode}\0${key}`, 1);
    const { apiGroup, resource, verb } = requestInfo;
    if (state.served && VALIDATED.has(verb)) {
      this.#fieldValidation.observe(query.size > 0 ? (query.get("fieldValidation") ?? "") : "", seconds);
    }
    if (state.requestBytes > 0) this.#bodies.observe(`${apiGroup}\0${resource}\0${verb}`, state.requestBytes);
  }

  /** A request for what clients are warned not to use. */
  deprecatedRequest({ group, version, plural }: Kind, subresource: string): void {
    this.#deprecated.set(`${group}\0${version}\0${plural}\0${subresource}\0`, 1);
  }

  handshakeFailed(): void {
    this.#handshakeErrors.add("", 1);
  }

  /** An event of so many bytes was sent to so many watchers. */
  watchEvents(kind: Kind, bytes: number, watchers: number): void {
    let buckets = this.#byKind.get(kind);
    if (!buckets) {
      buckets = { counts: EVENT_BUCKETS.map(() => 0), sum: 0, count: 0 };
      this.#byKind.set(kind, buckets);
      this.#watchEventSizes.show(`${kind.group}\0${kind.plural}\0${kind.version}`, buckets);
    }
    buckets.count += watchers;
    buckets.sum += bytes * watchers;
    const at = EVENT_BUCKETS.findIndex((limit) => bytes <= limit);
    if (at >= 0) buckets.counts[at]! += watchers;
  }

  /** A watch has sent all that was there when it began. */
  initialEventsSent({ requestInfo, receivedAt }: State): void {
    const { apiGroup, apiVersion, resource } = requestInfo;
    const seconds = (this.#now().getTime() - receivedAt.getTime()) / 1000;
    this.#watchLists.observe(`${apiGroup}\0${apiVersion}\0${resource}\0${scopeOf(requestInfo)}`, seconds);
  }

  /** Begins anew, as a DELETE of the endpoint asks for. (component-base/metrics HandlerWithReset) */
  reset(): void {
    for (const series of this.#series) series.reset();
    this.#byKind.clear();
  }

  /** The Prometheus text. */
  async expose(): Promise<string> {
    for (const [{ group, plural, version }, { count }] of this.#byKind) {
      this.#watchEvents.set(`${group}\0${plural}\0${version}`, count);
    }
    this.#auditEvents.set("", this.#countAuditEvents());
    return (await this.#registry.metrics()).replace(UNCOUNTED, "");
  }
}

const CONNECTS = new Set(["log", "exec", "portforward", "attach", "proxy"]);
/** Writes whose fields are checked against the schema. */
const VALIDATED = new Set(["create", "update", "patch"]);
const METHODS = new Set(["DELETE", "GET", "PATCH", "POST", "PUT"]);

/** (CanonicalVerb and CleanVerb of endpoints/metrics) */
function verbOf({ verb, subresource }: RequestInfo, method: string, contentType: string): string {
  if (CONNECTS.has(subresource)) return "CONNECT";
  if (verb === "watch") return "WATCH";
  if (verb === "list") return "LIST";
  if (method === "PATCH" && contentType === "application/apply-patch+yaml") return "APPLY";
  return method === "HEAD" ? "GET" : METHODS.has(method) ? method : "other";
}

function dryRunOf(query: URLSearchParams): string {
  if (query.size === 0) return "";
  const values = query.getAll("dryRun");
  return values.every((value) => value === "All") ? (values[0] ?? "") : "invalid";
}

/** Of the few paths without resources that upstream counts; undefined for all others. */
function pathKey(path: string, method: string, accept: string): string | undefined {
  const verb = method === "HEAD" ? "GET" : METHODS.has(method) ? method : "other";
  const key = (component: string, subresource: string) => `${component}\0\0\0\0${subresource}\0${verb}\0`;
  if (path === "/healthz" || path === "/livez" || path === "/readyz") return key("", path);
  if (path === "/openapi/v3" || path.startsWith("/openapi/v3/")) return key("", "openapi/v3");
  const isAggregated = accept.includes("as=APIGroupDiscoveryList");
  return isAggregated && (path === "/api" || path === "/apis") ? key("apiserver", path.slice(1)) : undefined;
}

/** How much a request is about. (CleanScope) */
function scopeOf({ name, verb, namespace, resource }: RequestInfo): string {
  return name || verb === "create" ? "resource" : namespace ? "namespace" : resource ? "cluster" : "";
}

/** Values of RESOURCE, in its order. */
function resourceKey(info: RequestInfo, verb: string): string {
  const { apiGroup, resource, subresource, apiVersion } = info;
  return `apiserver\0${apiGroup}\0${resource}\0${scopeOf(info)}\0${subresource}\0${verb}\0${apiVersion}`;
}
