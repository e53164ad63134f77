import type { Family } from "../address.ts";

/** What /healthz and /livez answer; the names are those on the wire. (pkg/proxy/healthcheck ProxyHealth) */
export interface ProxyHealthReport {
  readonly lastUpdated: string;
  readonly currentTime: string;
  readonly nodeEligible?: boolean;
  readonly healthy: boolean;
  readonly status: Partial<Record<Family, { readonly lastUpdated: string; readonly healthy: boolean }>>;
}

/** Go's zero time. */
const NEVER = "0001-01-01T00:00:00Z";

/** Knows whether the rules keep up with what has been asked for. */
export class ProxyHealth {
  readonly #timeout: number;
  readonly #updated = new Map<Family, Date>();
  /** Since when something waits. */
  readonly #queued = new Map<Family, Date>();

  /** @param timeout ms that a change may wait */
  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  /** A change waits to be synced. */
  queued(family: Family, now: Date): void {
    if (!this.#queued.has(family)) this.#queued.set(family, now);
  }

  /** All that waited is synced. */
  updated(family: Family, now: Date): void {
    this.#queued.delete(family);
    this.#updated.set(family, now);
  }

  report(now: Date): ProxyHealthReport {
    const families = [...this.#updated].map(([family, updated]) => {
      const since = this.#queued.get(family);
      const healthy = !since || now.getTime() - since.getTime() < this.#timeout;
      return [family, { lastUpdated: updated.toISOString(), healthy }] as const;
    });
    const last = families
      .map(([, { lastUpdated }]) => lastUpdated)
      .sort()
      .at(-1);
    return {
      lastUpdated: last ?? NEVER,
      currentTime: now.toISOString(),
      healthy: families.every(([, { healthy }]) => healthy),
      status: Object.fromEntries(families),
    };
  }
}
