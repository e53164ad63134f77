/** What became of a service account's token; the last four are of those that Secrets hold. */
export type ServiceAccountTokenUse =
  | "valid"
  | "stale"
  | "legacy"
  | "legacy manual"
  | "legacy auto"
  | "invalid legacy auto";

/** Is told what clients show of themselves: for metrics. */
export interface AuthenticationObserver {
  /** A client certificate was shown. @param remainingSeconds negative past its end */
  clientCertificate(remainingSeconds: number): void;
  serviceAccountToken(use: ServiceAccountTokenUse): void;
  readonly tokenCache: TokenCacheObserver;
}

export interface TokenCacheObserver {
  /** @returns seconds since some moment */
  clock(): number;
  /** Someone asked whose a token is, and was answered after this time. */
  asked(isHit: boolean, seconds: number): void;
  /** One more (or, -1, one fewer) waits for an answer that is not in the cache. */
  waiting(by: 1 | -1): void;
  /** The authenticators are being asked. `fetched` follows. */
  fetching(): void;
  fetched(isOk: boolean): void;
}
