import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Kind } from "../registry/kind.ts";
import type { InFlight } from "./filters/max-in-flight.ts";
import type { RequestInfo } from "./request-info.ts";
import { VERSION } from "./routes/version.ts";
import { type Buckets, Series } from "./series.ts";
import type { State } from "./state.ts";

const DURATION_BUCKETS = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
];
const SLI_BUCKETS = DURATION_BUCKETS.slice(2);
const BODY_BUCKETS = Array.from({ length: 31 }, (_, i) => 50_000 + i * 100_000);
const EVENT_BUCKETS = Array.from({ length: 8 }, (_, i) => 1024 * 2 ** i);
const SIZE_BUCKETS = [1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];
const RESOURCE = ["component", "group", "resource", "scope", "subresource", "verb", "version"] as const;

/**
 * Upstream's request metrics. (apiserver/pkg/endpoints/metrics) A request costs a few additions here; labels are made
 * once a series, and text only when someone asks.
 */
export class Metrics {
  readonly startedSeconds: number;
  readonly #registry = new Registry();
  readonly #requests = new Series(
    "apiserver_request_total",
    "counter",
    "Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.",
    ["code", "dry_run", ...RESOURCE],
  );
  readonly #durations = new Series(
    "apiserver_request_duration_seconds",
    "histogram",
    "Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.",
    ["dry_run", ...RESOURCE],
    DURATION_BUCKETS,
  );
  readonly #sizes = new Series(
    "apiserver_response_sizes",
    "histogram",
    "Response size distribution in bytes for each group, version, verb, resource, subresource, scope and component.",
    RESOURCE,
    SIZE_BUCKETS,
  );
  readonly #longRunning = new Series(
    "apiserver_longrunning_requests",
    "gauge",
    "Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.",
    RESOURCE,
  );
  readonly #watchEvents = new Series(
    "apiserver_watch_events_total",
    "counter",
    "Number of events sent in watch clients",
    ["group", "resource", "version"],
  );
  readonly #sli = new Series(
    "apiserver_request_sli_duration_seconds",
    "histogram",
    "Response latency distribution (not counting webhook duration and priority & fairness queue wait times) in seconds for each verb, group, version, resource, subresource, scope and component.",
    RESOURCE,
    SLI_BUCKETS,
  );
  readonly #bodies = new Series(
    "apiserver_request_body_size_bytes",
    "histogram",
    "Apiserver request body size in bytes broken out by resource and verb.",
    ["group", "resource", "verb"],
    BODY_BUCKETS,
  );
  readonly #deprecated = new Series(
    "apiserver_requested_deprecated_apis",
    "gauge",
    "Gauge of deprecated APIs that have been requested, broken out by API group, version, resource, subresource, and removed_release.",
    ["group", "version", "resource", "subresource", "removed_release"],
  );
  readonly #watchEventSizes = new Series(
    "apiserver_watch_events_sizes",
    "histogram",
    "Watch event size distribution in bytes",
    ["group", "resource", "version"],
    EVENT_BUCKETS,
  );
  readonly #series: readonly Series[];
  readonly #byKind = new Map<Kind, Buckets>();

  constructor(options: {
    now: () => Date;
    inFlight: InFlight;
    kinds: () => readonly Kind[];
    countObjects?: (storagePrefix: string) => number;
    countBytes?: (storagePrefix: string) => number;
    storageBytes?: () => number;
    /** Metrics that others count. */
    series?: readonly Series[];
  }) {
    const { now, inFlight, kinds, countObjects, countBytes, storageBytes, series: more = [] } = options;
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
      ...more,
    ];
    for (const series of this.#series) series.registerIn(this.#registry);
    new Gauge({
      name: "apiserver_current_inflight_requests",
      help: "Maximal number of currently used inflight request limit of this apiserver per request kind in last second.",
      labelNames: ["request_kind"],
      registers: [this.#registry],
      collect() {
        this.set({ request_kind: "readOnly" }, inFlight.reading);
        this.set({ request_kind: "mutating" }, inFlight.mutating);
      },
    });
    const OBJECTS = "Number of stored objects at the time of last check split by kind.";
    const BYTES = "Estimated size of stored objects in database.";
    this.#perKind("apiserver_storage_objects", OBJECTS, kinds, countObjects);
    this.#perKind("apiserver_resource_objects", OBJECTS, kinds, countObjects, true);
    this.#perKind("apiserver_resource_size_estimate_bytes", BYTES, kinds, countBytes, true);
    if (storageBytes) {
      new Gauge({
        name: "apiserver_storage_size_bytes",
        help: "Size of the storage database file physically allocated in bytes.",
        labelNames: ["storage_cluster_id"],
        registers: [this.#registry],
        collect() {
          // The only one; upstream numbers its etcd clusters so.
          this.set({ storage_cluster_id: "etcd-0" }, storageBytes());
        },
      });
    }
    new Gauge({
      name: "kubernetes_build_info",
      help: "A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.",
      labelNames: Object.keys(BUILD),
      registers: [this.#registry],
    }).set(BUILD, 1);
    collectDefaultMetrics({ register: this.#registry });
  }

  #perKind(
    name: string,
    help: string,
    kinds: () => readonly Kind[],
    measure: ((storagePrefix: string) => number) | undefined,
    byGroup = false,
  ): void {
    if (!measure) return;
    new Gauge({
      name,
      help,
      labelNames: byGroup ? ["group", "resource"] : ["resource"],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const { group, plural, storagePrefix, convert } of kinds()) {
          if (!storagePrefix || convert) continue;
          const value = measure(storagePrefix);
          if (byGroup) this.set({ group, resource: plural }, value);
          else this.set({ resource: group ? `${plural}.${group}` : plural }, value);
        }
      },
    });
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
    const { apiGroup, resource, verb } = requestInfo;
    if (state.requestBytes > 0) this.#bodies.observe(`${apiGroup}\0${resource}\0${verb}`, state.requestBytes);
  }

  /** A request for what clients are warned not to use. */
  deprecatedRequest({ group, version, plural }: Kind, subresource: string): void {
    this.#deprecated.set(`${group}\0${version}\0${plural}\0${subresource}\0`, 1);
  }

  watchEvent(kind: Kind, bytes: number): void {
    let buckets = this.#byKind.get(kind);
    if (!buckets) {
      buckets = { counts: EVENT_BUCKETS.map(() => 0), sum: 0, count: 0 };
      this.#byKind.set(kind, buckets);
      this.#watchEventSizes.show(`${kind.group}\0${kind.plural}\0${kind.version}`, buckets);
    }
    buckets.count++;
    buckets.sum += bytes;
    const at = EVENT_BUCKETS.findIndex((limit) => bytes <= limit);
    if (at >= 0) buckets.counts[at]!++;
  }

  /** Begins anew, as a DELETE of the endpoint asks for. (component-base/metrics HandlerWithReset) */
  reset(): void {
    for (const series of this.#series) series.reset();
    this.#byKind.clear();
  }

  /** The Prometheus text. */
  expose(): Promise<string> {
    for (const [{ group, plural, version }, { count }] of this.#byKind) {
      this.#watchEvents.set(`${group}\0${plural}\0${version}`, count);
    }
    return this.#registry.metrics();
  }
}

const BUILD = {
  major: VERSION.major,
  minor: VERSION.minor,
  git_version: VERSION.gitVersion,
  git_commit: VERSION.gitCommit,
  git_tree_state: VERSION.gitTreeState,
  build_date: VERSION.buildDate,
  go_version: VERSION.goVersion,
  compiler: VERSION.compiler,
  platform: VERSION.platform,
};

const CONNECTS = new Set(["log", "exec", "portforward", "attach", "proxy"]);
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

/** Values of RESOURCE, in its order. */
function resourceKey(
  { apiGroup, resource, namespace, name, subresource, apiVersion, verb: asked }: RequestInfo,
  verb: string,
): string {
  const scope = name || asked === "create" ? "resource" : namespace ? "namespace" : resource ? "cluster" : "";
  return `apiserver\0${apiGroup}\0${resource}\0${scope}\0${subresource}\0${verb}\0${apiVersion}`;
}
