import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Kind } from "../registry/kind.ts";
import type { InFlight } from "./filters/max-in-flight.ts";
import type { RequestInfo } from "./request-info.ts";
import { Series } from "./series.ts";
import type { State } from "./state.ts";

const DURATION_BUCKETS = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
];
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
  readonly #byKind = new Map<Kind, number>();

  constructor(options: {
    now: () => Date;
    inFlight: InFlight;
    kinds: () => readonly Kind[];
    countObjects?: (storagePrefix: string) => number;
    /** Metrics that others count. */
    series?: readonly Series[];
  }) {
    const { now, inFlight, kinds, countObjects, series: more = [] } = options;
    this.startedSeconds = Math.floor(now().getTime() / 1000);
    for (const series of [
      this.#requests,
      this.#durations,
      this.#sizes,
      this.#longRunning,
      this.#watchEvents,
      ...more,
    ]) {
      series.registerIn(this.#registry);
    }
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
    if (countObjects) {
      for (const name of ["apiserver_storage_objects", "apiserver_resource_objects"]) {
        const resource = name === "apiserver_resource_objects" ? ["group", "resource"] : ["resource"];
        new Gauge({
          name,
          help: "Number of stored objects at the time of last check split by kind.",
          labelNames: resource,
          registers: [this.#registry],
          collect() {
            this.reset();
            for (const { group, plural, storagePrefix, convert } of kinds()) {
              if (!storagePrefix || convert) continue;
              const count = countObjects(storagePrefix);
              if (resource.length === 2) this.set({ group, resource: plural }, count);
              else this.set({ resource: group ? `${plural}.${group}` : plural }, count);
            }
          },
        });
      }
    }
    new Gauge({
      name: "kubernetes_build_info",
      help: "A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.",
      labelNames: ["major", "minor", "git_version"],
      registers: [this.#registry],
    }).set({ major: "1", minor: "36", git_version: "v1.36.2" }, 1);
    collectDefaultMetrics({ register: this.#registry });
  }

  /** A watch or a connection to something that is served; `longRunningEnded` follows. */
  longRunningStarted({ requestInfo }: State): void {
    this.#longRunning.add(resourceKey(requestInfo, verbOf(requestInfo, "GET")), 1);
  }

  longRunningEnded({ requestInfo }: State): void {
    this.#longRunning.add(resourceKey(requestInfo, verbOf(requestInfo, "GET")), -1);
  }

  requestDone(
    { requestInfo, served, responseCode, responseBytes, query }: State,
    method: string,
    seconds: number,
  ): void {
    // Paths that do not exist are not counted by name: clients could make up any number of them.
    if (!served || responseCode === 0) return;
    const key = resourceKey(requestInfo, verbOf(requestInfo, method));
    const dryRun = query.size > 0 ? (query.get("dryRun") ?? "") : "";
    this.#requests.add(`${responseCode}\0${dryRun}\0${key}`, 1);
    if (requestInfo.verb !== "watch") this.#durations.observe(`${dryRun}\0${key}`, seconds);
    if (method === "GET") this.#sizes.observe(key, responseBytes);
  }

  watchEvent(kind: Kind): void {
    this.#byKind.set(kind, (this.#byKind.get(kind) ?? 0) + 1);
  }

  /** The Prometheus text. */
  expose(): Promise<string> {
    for (const [{ group, plural, version }, count] of this.#byKind) {
      this.#watchEvents.add(`${group}\0${plural}\0${version}`, count);
    }
    this.#byKind.clear();
    return this.#registry.metrics();
  }
}

const VERBS: Readonly<Record<string, string>> = { list: "LIST", watch: "WATCH", deletecollection: "DELETECOLLECTION" };

function verbOf({ verb }: RequestInfo, method: string): string {
  return VERBS[verb] ?? method;
}

/** Values of RESOURCE, in its order. */
function resourceKey(
  { apiGroup, resource, namespace, name, subresource, apiVersion }: RequestInfo,
  verb: string,
): string {
  const scope = name ? "resource" : namespace ? "namespace" : resource ? "cluster" : "";
  return `apiserver\0${apiGroup}\0${resource}\0${scope}\0${subresource}\0${verb}\0${apiVersion}`;
}
