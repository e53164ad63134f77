import { AggregatedError } from "../aggregate-error.ts";
import type { TokenAuthenticator } from "../authenticator.ts";
import { type JwtAuthenticator, type JwtOptions, startJwtAuthenticator } from "./authenticator.ts";
import type { CheckedJwt } from "./validation.ts";

/** How often new issuers are asked about before the old ones go. */
const HEALTH_MILLISECONDS = 10_000;
/** How long that may take. (UpdateAuthenticationConfigTimeout) */
const UPDATE_MILLISECONDS = 60_000;
/** Requests may still hold the old ones for a while, */
const STOP_MILLISECONDS = 60_000;
/** and their metrics are forgotten later still. */
const FORGET_MILLISECONDS = 90_000;

/** All issuers, which can be replaced while requests come in. (pkg/kubeapiserver/authenticator/config.go) */
export class JwtAuthenticators implements TokenAuthenticator {
  readonly name = "jwt";
  readonly #options: JwtOptions;
  #current: readonly JwtAuthenticator[] = [];
  #issuers: ReadonlySet<string> = new Set();
  #stopped = false;

  constructor(checked: readonly CheckedJwt[], options: JwtOptions) {
    this.#options = options;
    this.#current = this.#start(checked);
    this.#issuers = issuersOf(checked);
  }

  /** The first error is the answer: each token is of one issuer. */
  async authenticateToken(token: string, audiences: readonly string[]) {
    for (const authenticator of this.#current) {
      const answer = await authenticator.authenticateToken(token, audiences);
      if (answer) return answer;
    }
    return undefined;
  }

  /** Takes these in place of the others as soon as all are ready. @throws AggregatedError when that takes more than a minute */
  async replace(checked: readonly CheckedJwt[]): Promise<void> {
    const { now, after, observer } = this.#options;
    const next = this.#start(checked);
    const until = now().getTime() + UPDATE_MILLISECONDS;
    await Promise.all(next.map(({ attempted }) => attempted));
    for (;;) {
      const problems = next.flatMap(({ problem }) => problem ?? []);
      if (problems.length === 0) break;
      if (now().getTime() < until && !this.#stopped) {
        await new Promise<void>((resolve) => after(HEALTH_MILLISECONDS, resolve));
        continue;
      }
      for (const each of next) each.stop();
      throw new AggregatedError([...problems, "context deadline exceeded"]);
    }
    const old = this.#current;
    const left = issuersOf(checked);
    const removed = [...this.#issuers].filter((issuer) => !left.has(issuer));
    this.#current = next;
    this.#issuers = left;
    after(STOP_MILLISECONDS, () => {
      for (const each of old) each.stop();
    });
    after(FORGET_MILLISECONDS, () => {
      for (const issuer of removed) if (!this.#issuers.has(issuer)) observer.removed(issuer);
    });
  }

  stop(): void {
    this.#stopped = true;
    for (const each of this.#current) each.stop();
  }

  #start(checked: readonly CheckedJwt[]): readonly JwtAuthenticator[] {
    return checked.map((each) => startJwtAuthenticator(each, this.#options));
  }
}

const issuersOf = (checked: readonly CheckedJwt[]) =>
  new Set(checked.map(({ configuration }) => configuration.issuer.url));
