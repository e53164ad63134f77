import type { JWK } from "jose";

/** Keys that are good for less than this are fetched anew where one is missing. (go-oidc/jwks.go keysExpiryDelta) */
const EXPIRY_DELTA_MILLISECONDS = 30_000;

export interface KeySetOptions {
  readonly url: string;
  readonly fetch: typeof fetch;
  readonly now: () => Date;
  /** Told of each attempt, with what came when it succeeded. */
  readonly onFetch: (keySet: string | undefined) => void;
}

/**
 * The keys of a provider: fetched when the first token comes, and again when one is signed with a key not yet known,
 * unless the provider said that they last. (go-oidc/jwks.go)
 */
export class KeySet {
  readonly #options: KeySetOptions;
  #keys: readonly JWK[] = [];
  #expiry = 0;
  #fetching: Promise<readonly JWK[]> | undefined;

  constructor(options: KeySetOptions) {
    this.#options = options;
  }

  /** @returns the signed payload. @throws Error when no key has signed the token */
  async verify(token: string, { kid, alg }: { kid: string; alg: string }): Promise<Uint8Array> {
    const known = await payloadBy(this.#keys, token, kid, alg);
    if (known) return known;
    if (this.#options.now().getTime() + EXPIRY_DELTA_MILLISECONDS <= this.#expiry) throw new Error(UNSIGNED);
    // Requests that wait for keys wait for the same ones.
    this.#fetching ??= this.#update().finally(() => {
      this.#fetching = undefined;
    });
    const keys = await this.#fetching.catch((error) => {
      throw new Error(`fetching keys ${error instanceof Error ? error.message : error}`);
    });
    const payload = await payloadBy(keys, token, kid, alg);
    if (!payload) throw new Error(UNSIGNED);
    return payload;
  }

  async #update(): Promise<readonly JWK[]> {
    const { url, fetch: get, now, onFetch } = this.#options;
    let text: string | undefined;
    try {
      const answer = await get(url).catch((error) => {
        throw new Error(`oidc: get keys failed Get ${JSON.stringify(url)}: ${error.message}`);
      });
      const body = await answer.text();
      if (answer.status !== 200) throw new Error(`oidc: get keys failed: ${statusLine(answer)} ${body}`);
      this.#keys = keysOf(body);
      this.#expiry = now().getTime() + lifetime(answer.headers.get("cache-control"));
      text = body;
      return this.#keys;
    } finally {
      onFetch(text);
    }
  }
}

const UNSIGNED = "failed to verify id token signature";

/** As Go prints it. */
export const statusLine = ({ status, statusText }: Response): string => `${status} ${statusText}`.trim();

function keysOf(body: string): readonly JWK[] {
  try {
    const { keys } = JSON.parse(body) as { keys?: unknown };
    // Each is looked at when it is imported.
    if (Array.isArray(keys)) return keys as JWK[];
    if (keys === undefined || keys === null) return [];
    throw new Error("json: cannot unmarshal keys into a list");
  } catch (error) {
    throw new Error(`oidc: failed to decode keys: ${error instanceof Error ? error.message : error} ${body}`);
  }
}

/** Milliseconds that an answer may be kept. */
function lifetime(cacheControl: string | null): number {
  if (!cacheControl || /\bno-(store|cache)\b/.test(cacheControl)) return 0;
  const seconds = /(?:^|[\s,])(?:s-)?max-?age=(\d+)/.exec(cacheControl)?.[1];
  return Number(seconds ?? 0) * 1000;
}

async function payloadBy(keys: readonly JWK[], token: string, kid: string, alg: string) {
  if (keys.length === 0) return undefined;
  const { compactVerify, importJWK } = await import("jose");
  for (const key of keys) {
    if (kid && key.kid !== kid) continue;
    try {
      const { payload } = await compactVerify(token, await importJWK(key, alg), { algorithms: [alg] });
      return payload;
    } catch {
      // another may fit
    }
  }
  return undefined;
}
