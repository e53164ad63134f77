import type { JwtObserver } from "../auth/jwt/authenticator.ts";
import { labelHash } from "./config-reload-metrics.ts";
import { Series } from "./series.ts";

const PREFIX = "apiserver_authentication_jwt_authenticator_";
const BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Upstream's metrics of tokens of other issuers. (apiserver/plugin/pkg/authenticator/token/oidc/metrics.go) */
export class JwtMetrics implements JwtObserver {
  readonly #latency = new Series(
    `${PREFIX}latency_seconds`,
    "histogram",
    "[ALPHA] Latency of jwt authentication operations in seconds. This is the time spent authenticating a token for cache miss only (i.e. when the token is not found in the cache).",
    ["result", "jwt_issuer_hash"],
    BUCKETS,
  );
  readonly #fetches = new Series(
    `${PREFIX}jwks_fetch_last_timestamp_seconds`,
    "gauge",
    "[ALPHA] Timestamp of the last successful or failed JWKS fetch split by result, api server identity and jwt issuer for the JWT authenticator.",
    ["result", "jwt_issuer_hash", "apiserver_id_hash"],
  );
  readonly #keySets = new Series(
    `${PREFIX}jwks_fetch_last_key_set_info`,
    "gauge",
    "[ALPHA] Information about the last JWKS fetched by the JWT authenticator with hash as label, split by api server identity and jwt issuer.",
    ["jwt_issuer_hash", "apiserver_id_hash", "hash"],
  );
  readonly series: readonly Series[] = [this.#latency, this.#fetches, this.#keySets];
  readonly #id: string;
  readonly #now: () => Date;
  /** The series of each issuer's last keys. */
  readonly #shown = new Map<string, string>();

  constructor(serverId: string, now: () => Date) {
    this.#id = labelHash(serverId);
    this.#now = now;
  }

  authenticated(issuer: string, result: "success" | "failure", seconds: number): void {
    this.#latency.observe(`${result}\0${labelHash(issuer)}`, seconds);
  }

  fetchedKeys(issuer: string, keySet: string | undefined): void {
    const hash = labelHash(issuer);
    const result = keySet === undefined ? "failure" : "success";
    this.#fetches.set(`${result}\0${hash}\0${this.#id}`, this.#now().getTime() / 1000);
    if (keySet === undefined) return;
    this.#hideKeySet(issuer);
    const key = `${hash}\0${this.#id}\0${labelHash(keySet)}`;
    this.#shown.set(issuer, key);
    this.#keySets.set(key, 1);
  }

  removed(issuer: string): void {
    this.#hideKeySet(issuer);
    for (const result of ["success", "failure"]) this.#fetches.remove(`${result}\0${labelHash(issuer)}\0${this.#id}`);
  }

  #hideKeySet(issuer: string): void {
    this.#keySets.remove(this.#shown.get(issuer) ?? "");
    this.#shown.delete(issuer);
  }
}
