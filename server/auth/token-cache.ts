import { hash, randomBytes } from "node:crypto";
import type { Authenticated, TokenAuthenticator } from "./authenticator.ts";
import type { TokenCacheObserver } from "./observer.ts";
import { ExpiringCache } from "./remote/expiring-cache.ts";

/** Tokens of 5,000 nodes and 10,000 namespaces, twice. (token/cache/cached_token_authenticator.go) */
const CACHED = 32_768;

export interface TokenCacheOptions {
  /** How long a token that was good is taken for good. Upstream 10 s for all tokens together. */
  readonly successMilliseconds: number;
  /** How long one that nobody knew is unknown; one that was bad is judged anew each time. */
  readonly failureMilliseconds: number;
  readonly now: () => Date;
  readonly observer?: TokenCacheObserver;
}

interface Known {
  readonly answer: Authenticated | undefined;
}

/**
 * Remembers for a while whose a token is, warnings and annotations included; an answer that is there comes without a
 * promise. Requests that come with the same token at once share one look. Errors are not kept.
 * (apiserver/pkg/authentication/token/cache)
 */
export function cachedTokenAuthenticator(inner: TokenAuthenticator, options: TokenCacheOptions): TokenAuthenticator {
  const { successMilliseconds, failureMilliseconds, now, observer } = options;
  const cache = new ExpiringCache<Known>(CACHED, now);
  const looking = new Map<string, Promise<Authenticated | undefined>>();
  const secret = randomBytes(32).toString("base64");
  const look = async (key: string, token: string, audiences: readonly string[]) => {
    let isOk = false;
    observer?.fetching();
    try {
      const answer = await inner.authenticateToken(token, audiences);
      isOk = true;
      cache.set(key, { answer }, answer ? successMilliseconds : failureMilliseconds);
      return answer;
    } finally {
      looking.delete(key);
      observer?.fetched(isOk);
    }
  };
  const shared = (key: string, token: string, audiences: readonly string[]) => {
    let pending = looking.get(key);
    if (!pending) {
      pending = look(key, token, audiences);
      looking.set(key, pending);
    }
    return pending;
  };
  return {
    name: inner.name,
    authenticateToken(token, audiences) {
      const started = observer?.clock() ?? 0;
      // Tokens themselves are not kept, and nobody can know a key beforehand.
      const key = hash("sha256", secret + JSON.stringify([token, audiences]), "base64");
      const known = cache.get(key);
      if (known) {
        observer?.asked(true, observer.clock() - started);
        return known.answer;
      }
      const pending = shared(key, token, audiences);
      if (!observer) return pending;
      observer.waiting(1);
      return pending.finally(() => {
        observer.waiting(-1);
        observer.asked(false, observer.clock() - started);
      });
    },
  };
}
