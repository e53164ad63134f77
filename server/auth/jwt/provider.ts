import { isMembers } from "../../meta/members.ts";
import type { Issuer } from "./configuration.ts";
import { KeySet, statusLine } from "./key-set.ts";
import { verifyToken } from "./verify-token.ts";

/** How often a provider that does not answer is asked again. */
const RETRY_MILLISECONDS = 10_000;

export interface ProviderOptions {
  readonly issuer: Pick<Issuer, "url" | "discoveryURL" | "audiences">;
  readonly signingAlgorithms: readonly string[];
  readonly fetch: typeof fetch;
  readonly now: () => Date;
  /** Runs once after so many milliseconds. @returns cancels it. */
  readonly after: (milliseconds: number, run: () => void) => () => void;
  /** Told of each attempt to get keys, with what came when it succeeded. */
  readonly onKeys: (keySet: string | undefined) => void;
  readonly onError: (message: string) => void;
}

/**
 * An OpenID Connect provider. Its document is asked for at once and every 10 s until it comes: providers may run on top
 * of the cluster itself. (apiserver/plugin/pkg/authenticator/token/oidc New, go-oidc/oidc.go NewProvider)
 */
export class Provider {
  readonly #options: ProviderOptions;
  #keys: KeySet | undefined;
  #problem: string;
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(options: ProviderOptions) {
    this.#options = options;
    this.#problem = `oidc: authenticator for issuer ${JSON.stringify(options.issuer.url)} is not initialized`;
  }

  /** Asks once, and goes on behind the scenes when that fails. Never throws. */
  async start(): Promise<void> {
    try {
      const url = await this.#discover();
      const { fetch, now, onKeys } = this.#options;
      this.#keys = new KeySet({ url, fetch, now, onFetch: (keySet) => !this.#stopped && onKeys(keySet) });
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
      if (this.#stopped) return;
      this.#options.onError(`oidc authenticator: initializing plugin: ${this.#problem}`);
      this.#cancel = this.#options.after(RETRY_MILLISECONDS, () => this.start());
    }
  }

  /** Why tokens cannot be judged yet. */
  get problem(): string | undefined {
    return this.#keys ? undefined : this.#problem;
  }

  /** @returns the claims of a token that is this provider's. @throws Error for one that is bad */
  verify(token: string): Promise<Record<string, unknown>> {
    const { issuer, signingAlgorithms, now } = this.#options;
    if (!this.#keys) throw new Error(`verifier not initialized for issuer: ${JSON.stringify(issuer.url)}`);
    return verifyToken(token, this.#keys, { issuer: issuer.url, audiences: issuer.audiences, signingAlgorithms, now });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  /** @returns where the keys are */
  async #discover(): Promise<string> {
    const { issuer, fetch: get } = this.#options;
    const { url, discoveryURL } = issuer;
    const place = discoveryURL || `${url.replace(/\/$/, "")}/.well-known/openid-configuration`;
    const answer = await get(place).catch((error) => {
      throw new Error(`Get ${JSON.stringify(place)}: ${error.message}`);
    });
    const body = await answer.text();
    if (answer.status !== 200) throw new Error(`${statusLine(answer)}: ${body}`);
    const document = parsed(body);
    if (document.issuer !== url) {
      const [wanted, got] = [url, document.issuer ?? ""].map((each) => JSON.stringify(each));
      throw new Error(`oidc: issuer did not match the issuer returned by provider, expected ${wanted} got ${got}`);
    }
    if (typeof document.jwks_uri !== "string" || !document.jwks_uri)
      throw new Error("provider did not return JWKS URL");
    return document.jwks_uri;
  }
}

function parsed(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return isMembers(value) ? value : {};
  } catch (error) {
    throw new Error(
      `oidc: failed to decode provider discovery object: ${error instanceof Error ? error.message : error}`,
    );
  }
}
