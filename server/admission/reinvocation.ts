/**
 * One request's memory of its mutating webhooks: a webhook that changed the object may ask for those before it to be
 * called once more. (apiserver/pkg/admission/reinvocation.go, plugin/webhook/mutating/reinvocationcontext.go)
 */
export class Reinvocation {
  /** The second round is on. */
  isReinvoke = false;
  /** A webhook changed the object: there shall be a second round. */
  required = false;
  /** A copy of the object as the last round of webhooks left it. */
  lastOutput: unknown;
  readonly #invoked = new Set<string>();
  readonly #again = new Set<string>();

  /** A webhook with `reinvocationPolicy: IfNeeded` has been called. */
  addInvoked(id: string): void {
    this.#invoked.add(id);
  }

  /** The object changed: all that have been called are due again. */
  requireInvoked(): void {
    for (const id of this.#invoked) this.#again.add(id);
    this.#invoked.clear();
  }

  isDue(id: string): boolean {
    return this.#again.has(id);
  }
}
