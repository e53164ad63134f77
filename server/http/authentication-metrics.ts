import type { AuthenticationObserver, ServiceAccountTokenUse, TokenCacheObserver } from "../auth/observer.ts";
import { DEFAULT_BUCKETS, Series } from "./series.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;
const LIFETIME_BUCKETS = [
  0,
  HOUR / 2,
  HOUR,
  2 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  4 * DAY,
  7 * DAY,
  30 * DAY,
  90 * DAY,
  180 * DAY,
  360 * DAY,
];

const CACHE = "authentication_token_cache_";
/** Upstream says nothing more of these. */
const NO_HELP = "[ALPHA] ";

const tokens = (name: string, help: string) => new Series(`serviceaccount_${name}`, "counter", `[ALPHA] ${help}`, []);

/**
 * How long certificates live, what the cache of tokens is worth, and which kinds of service-account tokens are used.
 * (apiserver/pkg/authentication/request/x509, …/token/cache/stats.go, pkg/serviceaccount/metrics.go)
 */
export class AuthenticationMetrics implements AuthenticationObserver {
  readonly #lifetimes = new Series(
    "apiserver_client_certificate_expiration_seconds",
    "histogram",
    "[ALPHA] Distribution of the remaining lifetime on the certificate used to authenticate a request.",
    [],
    LIFETIME_BUCKETS,
  );
  readonly #asked = new Series(`${CACHE}request_total`, "counter", NO_HELP, ["status"]);
  readonly #durations = new Series(
    `${CACHE}request_duration_seconds`,
    "histogram",
    NO_HELP,
    ["status"],
    DEFAULT_BUCKETS,
  );
  readonly #fetches = new Series(`${CACHE}fetch_total`, "counter", NO_HELP, ["status"]);
  readonly #active = new Series(`${CACHE}active_fetch_count`, "gauge", NO_HELP, ["status"]);
  readonly #uses: Readonly<Record<ServiceAccountTokenUse, Series>> = {
    valid: tokens("valid_tokens_total", "Cumulative valid projected service account tokens used"),
    stale: tokens("stale_tokens_total", "Cumulative stale projected service account tokens used"),
    legacy: tokens("legacy_tokens_total", "Cumulative legacy service account tokens used"),
    "legacy manual": tokens("legacy_manual_token_uses_total", "Cumulative manually created legacy tokens used"),
    "legacy auto": tokens("legacy_auto_token_uses_total", "Cumulative auto-generated legacy tokens used"),
    "invalid legacy auto": tokens(
      "invalid_legacy_auto_token_uses_total",
      "Cumulative invalid auto-generated legacy tokens used",
    ),
  };
  readonly tokenCache: TokenCacheObserver;
  readonly series: readonly Series[] = [
    this.#lifetimes,
    this.#asked,
    this.#durations,
    this.#fetches,
    this.#active,
    ...Object.values(this.#uses),
  ];

  /** @param clock gives seconds since some moment */
  constructor(clock: () => number) {
    this.tokenCache = {
      clock,
      asked: (isHit, seconds) => {
        const status = isHit ? "hit" : "miss";
        this.#asked.add(status, 1);
        // Upstream counts whole milliseconds.
        this.#durations.observe(status, Math.floor(seconds * 1000) / 1000);
      },
      waiting: (by) => this.#active.add("blocked", by),
      fetching: () => this.#active.add("in_flight", 1),
      fetched: (isOk) => {
        this.#fetches.add(isOk ? "ok" : "error", 1);
        this.#active.add("in_flight", -1);
      },
    };
  }

  clientCertificate(remainingSeconds: number): void {
    this.#lifetimes.observe("", remainingSeconds);
  }

  serviceAccountToken(use: ServiceAccountTokenUse): void {
    this.#uses[use].add("", 1);
  }
}
