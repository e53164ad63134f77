import type { Kind } from "../registry/kind.ts";
import type { RegistryObserver } from "../registry/observer.ts";
import { REQUEST_BUCKETS, Series } from "./series.ts";

const PER_RESOURCE = ["group", "resource"];
const PER_OPERATION = ["group", "operation", "resource"];
const counter = (name: string, help: string, labels: readonly string[] = PER_RESOURCE) =>
  new Series(name, "counter", help, labels);

/**
 * What upstream counts of etcd and of its watch cache, told of what is here in their place: writes of the database, and
 * lists from memory, which stands for the watch cache and sees each write once. (storage/etcd3/metrics, cacher/metrics)
 */
export class StorageMetrics implements RegistryObserver {
  readonly #requests = counter(
    "etcd_requests_total",
    "[ALPHA] Etcd request counts for each operation and object type.",
    PER_OPERATION,
  );
  readonly #errors = counter(
    "etcd_request_errors_total",
    "[ALPHA] Etcd failed request counts for each operation and object type.",
    PER_OPERATION,
  );
  readonly #durations = new Series(
    "etcd_request_duration_seconds",
    "histogram",
    "[ALPHA] Etcd request latency in seconds for each operation and object type.",
    PER_OPERATION,
    REQUEST_BUCKETS,
  );
  readonly #stored = counter(
    "apiserver_storage_events_received_total",
    "[BETA] Number of etcd events received split by kind.",
  );
  readonly #received = counter(
    "apiserver_watch_cache_events_received_total",
    "[ALPHA] Counter of events received in watch cache broken by resource type.",
  );
  readonly #dispatched = counter(
    "apiserver_watch_cache_events_dispatched_total",
    "[ALPHA] Counter of events dispatched in watch cache broken by resource type.",
  );
  readonly #lists = counter("apiserver_cache_list_total", "[ALPHA] Number of LIST requests served from watch cache", [
    "group",
    "index",
    "resource",
  ]);
  readonly #fetched = counter(
    "apiserver_cache_list_fetched_objects_total",
    "[ALPHA] Number of objects read from watch cache in the course of serving a LIST request",
    ["group", "index", "resource"],
  );
  readonly #returned = counter(
    "apiserver_cache_list_returned_objects_total",
    "[ALPHA] Number of objects returned for a LIST request from watch cache",
  );
  readonly series: readonly Series[] = [
    this.#requests,
    this.#errors,
    this.#durations,
    this.#stored,
    this.#received,
    this.#dispatched,
    this.#lists,
    this.#fetched,
    this.#returned,
  ];

  wrote({ group, plural }: Kind, { operation, seconds, failed }: Parameters<RegistryObserver["wrote"]>[1]): void {
    const key = `${group}\0${operation}\0${plural}`;
    this.#requests.add(key, 1);
    this.#durations.observe(key, seconds);
    if (failed) return this.#errors.add(key, 1);
    const resource = `${group}\0${plural}`;
    this.#stored.add(resource, 1);
    this.#received.add(resource, 1);
    this.#dispatched.add(resource, 1);
  }

  listed({ group, plural }: Kind, { fetched, returned, index }: Parameters<RegistryObserver["listed"]>[1]): void {
    const key = `${group}\0${index}\0${plural}`;
    this.#lists.add(key, 1);
    this.#fetched.add(key, fetched);
    this.#returned.add(`${group}\0${plural}`, returned);
  }
}
