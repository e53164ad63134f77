import type { UserInfo } from "../../auth/authenticator.ts";
import type { Attributes, Authorizer, Decision } from "../../auth/authorizer.ts";

/** Leaves an evaluation until an authorizer has answered. The evaluation is begun again then, and finds the answer. */
export class Undecided {
  readonly decided: Promise<void>;
  constructor(decided: Promise<void>) {
    this.decided = decided;
  }
}

/** What expressions ask while one request is admitted; nothing is asked twice. (admission/plugin/authorizer) */
export class Authorization {
  readonly user: UserInfo;
  readonly #authorizer: Authorizer;
  readonly #decisions = new Map<string, Decision>();

  constructor(user: UserInfo, authorizer: Authorizer) {
    this.user = user;
    this.#authorizer = authorizer;
  }

  /** @throws Undecided */
  readonly ask = (attributes: Attributes): Decision => {
    const key = JSON.stringify(attributes);
    const known = this.#decisions.get(key);
    if (known) return known;
    const keep = (decision: Decision): Decision => {
      this.#decisions.set(key, decision);
      return decision;
    };
    const failed = (error: unknown) =>
      keep({ decision: "no-opinion", reason: "", error: error instanceof Error ? error.message : String(error) });
    let answer: Decision | Promise<Decision>;
    try {
      answer = this.#authorizer.authorize(attributes);
    } catch (error) {
      return failed(error);
    }
    if (!(answer instanceof Promise)) return keep(answer);
    throw new Undecided(answer.then(keep, failed).then(() => undefined));
  };
}
