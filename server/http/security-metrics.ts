import { Series } from "./series.ts";

const AUTHENTICATION_BUCKETS = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i);
const FILTER_BUCKETS = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 5, 10, 15, 30];
/** Users that are counted by name: any number of others could come. (endpoints/filters/metrics.go compressUsername) */
const KNOWN_USERS = new Set(["admin", "client", "kube_proxy", "kubelet", "system:serviceaccount:kube-system:default"]);

/** Upstream's metrics of who asks and of who may. (endpoints/filters/metrics.go, apiserver/pkg/authorization/metrics) */
export class SecurityMetrics {
  readonly #users = new Series(
    "authenticated_user_requests",
    "counter",
    "[ALPHA] Counter of authenticated requests broken out by username.",
    ["username"],
  );
  readonly #attempts = new Series("authentication_attempts", "counter", "[ALPHA] Counter of authenticated attempts.", [
    "result",
  ]);
  readonly #durations = new Series(
    "authentication_duration_seconds",
    "histogram",
    "[ALPHA] Authentication duration in seconds broken out by result.",
    ["result"],
    AUTHENTICATION_BUCKETS,
  );
  readonly #decisions = new Series(
    "apiserver_authorization_decisions_total",
    "counter",
    "[ALPHA] Total number of terminal decisions made by an authorizer split by authorizer type, name, and decision.",
    ["type", "name", "decision"],
  );
  readonly #authorizations = new Series(
    "authorization_attempts_total",
    "counter",
    "[ALPHA] Counter of authorization attempts broken down by result. It can be either 'allowed', 'denied', 'no-opinion' or 'error'.",
    ["result"],
  );
  readonly #authorizationDurations = new Series(
    "authorization_duration_seconds",
    "histogram",
    "[ALPHA] Authorization duration in seconds broken out by result.",
    ["result"],
    AUTHENTICATION_BUCKETS,
  );
  readonly #filters = new Series(
    "apiserver_request_filter_duration_seconds",
    "histogram",
    "[ALPHA] Request filter latency distribution in seconds, for each filter type",
    ["filter"],
    FILTER_BUCKETS,
  );
  readonly series: readonly Series[] = [
    this.#users,
    this.#attempts,
    this.#durations,
    this.#decisions,
    this.#authorizations,
    this.#authorizationDurations,
    this.#filters,
  ];

  /** `failure`: the request showed nothing that is known. `error`: what it showed is wrong. */
  authenticated(result: "success" | "failure" | "error", seconds: number, username = ""): void {
    this.#attempts.add(result, 1);
    this.#durations.observe(result, seconds);
    this.#filters.observe("authentication", seconds);
    if (result === "success") this.#users.add(KNOWN_USERS.has(username) ? username : "other", 1);
  }

  /** A request was judged. */
  authorized(result: "allowed" | "denied" | "no-opinion" | "error", seconds: number): void {
    this.#authorizations.add(result, 1);
    this.#authorizationDurations.observe(result, seconds);
    this.#filters.observe("authorization", seconds);
  }

  /** @param authorizer its type as in `--authorization-mode`, and its name */
  decided({ type, name }: { type: string; name: string }, decision: "allow" | "deny"): void {
    this.#decisions.add(`${type}\0${name}\0${decision === "allow" ? "allowed" : "denied"}`, 1);
  }
}
