import { ApiError, type Client, type Clock } from "../client/index.ts";
import type { ConfigMap, Secret } from "../openapi/api/core.v1.ts";

interface Entry {
  readonly at: number;
  readonly found: Promise<ConfigMap | Secret | undefined>;
}

/** Entries are looked through for old ones when there are more. */
const MANY = 1000;

/**
 * ConfigMaps and Secrets that Pods refer to, read when they are needed. Who asks says how old the answer may be, so a
 * thousand Pods that mount one ConfigMap read it once. (pkg/kubelet/util/manager/cache_based_manager.go)
 */
export class ObjectCache {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(client: Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** @param notBefore ms: an answer asked for at that time, or later, will do. @returns undefined when there is none */
  get(
    resource: "v1/configmaps" | "v1/secrets",
    namespace: string,
    name: string,
    notBefore: number,
  ): Promise<ConfigMap | Secret | undefined> {
    const key = `${resource}/${namespace}/${name}`;
    const known = this.#entries.get(key);
    if (known && known.at >= notBefore) return known.found;
    const at = this.#clock.now().getTime();
    const found = this.#client.get(resource, { name, namespace }).catch((error: unknown) => {
      if (error instanceof ApiError && error.code === 404) return undefined;
      // What failed is not remembered: the next one asks again.
      this.#entries.delete(key);
      throw error;
    });
    this.#entries.set(key, { at, found });
    if (this.#entries.size > MANY) this.#shrink(at);
    return found;
  }

  #shrink(now: number): void {
    for (const [key, { at }] of this.#entries) if (now - at > 60_000) this.#entries.delete(key);
  }
}
