import type { Authenticated, TokenAuthenticator } from "../authenticator.ts";
import { type Claims, untrustedIssuer } from "./claims.ts";
import type { Issuer } from "./configuration.ts";
import { expandClaims } from "./distributed-claims.ts";
import { Provider, type ProviderOptions } from "./provider.ts";
import { userOf } from "./user.ts";
import type { CheckedJwt } from "./validation.ts";

/** Hears of what authenticators of tokens do, for metrics. */
export interface JwtObserver {
  authenticated(issuer: string, result: "success" | "failure", seconds: number): void;
  /** @param keySet what came, undefined when nothing did */
  fetchedKeys(issuer: string, keySet: string | undefined): void;
  /** The issuer is none any more. */
  removed(issuer: string): void;
}

export interface JwtOptions extends Pick<ProviderOptions, "signingAlgorithms" | "now" | "after" | "onError"> {
  /** Fetches what an issuer's own authorities vouch for. */
  readonly fetchOf: (issuer: Issuer) => typeof fetch;
  readonly observer: JwtObserver;
  /** Seconds of a clock that only goes forward. */
  readonly monotonicSeconds: () => number;
}

/** One issuer's tokens. */
export interface JwtAuthenticator extends TokenAuthenticator {
  /** Why its tokens cannot be judged yet. */
  readonly problem: string | undefined;
  /** The provider was asked once, whatever it said. */
  readonly attempted: Promise<void>;
  stop(): void;
}

/** Takes the tokens of one issuer, from now on. (apiserver/plugin/pkg/authenticator/token/oidc) */
export function startJwtAuthenticator(checked: CheckedJwt, options: JwtOptions): JwtAuthenticator {
  const { configuration } = checked;
  const { issuer } = configuration;
  const { observer, monotonicSeconds, fetchOf } = options;
  const fetch = fetchOf(issuer);
  const started: Provider[] = [];
  const providerFor = (of: ProviderOptions["issuer"], onKeys: ProviderOptions["onKeys"]) => {
    const provider = new Provider({ ...options, issuer: of, fetch, onKeys });
    started.push(provider);
    return { provider, attempted: provider.start() };
  };
  const { provider, attempted } = providerFor(issuer, (keySet) => observer.fetchedKeys(issuer.url, keySet));
  const others = new Map<string, Provider>();
  const providerOf = (url: string): Provider => {
    const own = { url, discoveryURL: "", audiences: issuer.audiences };
    const known = others.get(url) ?? providerFor(own, () => undefined).provider;
    others.set(url, known);
    return known;
  };
  const claim = configuration.claimMappings.groups.claim;
  const authenticate = async (token: string): Promise<Authenticated> => {
    if (provider.problem !== undefined) throw new Error("oidc: authenticator not initialized");
    let claims: Claims = await provider.verify(token).catch((error) => {
      throw new Error(`oidc: verify token: ${error.message}`);
    });
    if (claim) {
      claims = await expandClaims(claims, { claim, fetch, providerOf }).catch((error) => {
        throw new Error(`oidc: could not expand distributed claims: ${error.message}`);
      });
    }
    return { user: userOf(claims, checked) };
  };
  return {
    name: "jwt",
    attempted,
    get problem() {
      const { problem } = provider;
      return problem && `oidc: authenticator for issuer ${JSON.stringify(issuer.url)} is not healthy: ${problem}`;
    },
    async authenticateToken(token) {
      // Another's token: nothing is said of it, nor counted.
      if (untrustedIssuer(token) !== issuer.url) return undefined;
      const start = monotonicSeconds();
      let result: "success" | "failure" = "failure";
      try {
        const answer = await authenticate(token);
        result = "success";
        return answer;
      } finally {
        observer.authenticated(issuer.url, result, monotonicSeconds() - start);
      }
    },
    stop() {
      for (const each of started.splice(0)) each.stop();
    },
  };
}
