import { deepCopy, semanticEqual } from "../meta/equality.ts";

/**
 * One request's memory of its mutating webhooks and policies: one that changed the object may ask for those before it
 * to be called once more. (apiserver/pkg/admission/reinvocation.go)
 */
export class Reinvocation {
  /** The second round is on. */
  isReinvoke = false;
  /** Something changed the object: there shall be a second round. */
  required = false;
  readonly #plugins = new Map<string, PluginReinvocation>();

  /** What one plugin remembers. */
  of(plugin: string): PluginReinvocation {
    let found = this.#plugins.get(plugin);
    if (!found) {
      found = new PluginReinvocation();
      this.#plugins.set(plugin, found);
    }
    return found;
  }
}

/** (plugin/webhook/mutating and plugin/policy/mutating, reinvocationcontext.go) */
export class PluginReinvocation {
  #lastOutput: unknown;
  readonly #invoked = new Set<string>();
  readonly #again = new Set<string>();

  /** Begins the second round: when other plugins changed the object since the first, all are due again. */
  resume(object: unknown): void {
    if (!semanticEqual(this.#lastOutput, object)) this.requireInvoked();
  }

  /** Ends a round. */
  suspend(object: unknown): void {
    this.#lastOutput = deepCopy(object);
  }

  /** One with `reinvocationPolicy: IfNeeded` has been called. */
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
