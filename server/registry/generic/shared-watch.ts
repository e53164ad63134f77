import type { Audience, WatchSink } from "../store.ts";
import type { StoreContext } from "./environment.ts";
import type { Selection, Selectors } from "./selection.ts";
import { eventOf } from "./watch-outlet.ts";
import { topicOf } from "./watch-topic.ts";

/** A watch that has seen all there is, and wants to hear what happens from now on. */
export interface Member {
  readonly selection: Selection;
  readonly selectors: Selectors;
  readonly group: NonNullable<WatchSink["group"]>;
  /** Nothing more will come. */
  end(error?: Error): void;
}

/**
 * Watches of one store that select the same and send it in the same form: hundreds of nodes watch the same Services. A
 * change is judged, encoded and counted once for all of them, which costs more than to send it to one.
 */
export class SharedWatches {
  readonly #byName = new Map<string, SharedWatch>();

  /** From now on: what was shown before this turn is the member's own business. @returns leaves */
  join(store: StoreContext, member: Member): () => void {
    const { selection, selectors, group } = member;
    const { labelSelector, fieldSelector } = selectors;
    const labels = labelSelector.requirements ? labelSelector.toString() : "nothing";
    const name = [selection.key ?? selection.prefix, labels, fieldSelector, group.form].join("\n");
    let shared = this.#byName.get(name);
    if (!shared) {
      const forget = () => this.#byName.delete(name);
      shared = new SharedWatch(store, member, forget);
      this.#byName.set(name, shared);
    }
    return shared.add(member);
  }
}

class SharedWatch {
  readonly #members = new Set<Member>();
  readonly #unwatch: () => void;
  readonly #forget: () => void;
  #audience: Audience | undefined;

  constructor({ kind, storage }: StoreContext, { selection, selectors }: Member, forget: () => void) {
    const { prefix, key, matches } = selection;
    this.#forget = forget;
    this.#unwatch = storage.watch(key ?? prefix, 0, {
      send: (change) => {
        const event = key && change.key !== key ? undefined : eventOf(kind, change, matches);
        if (event) this.#audience?.send(event);
        return true;
      },
      end: (error) => {
        this.#forget();
        for (const member of [...this.#members]) member.end(error);
      },
      topic: topicOf(kind, selectors),
    });
  }

  add(member: Member): () => void {
    this.#members.add(member);
    this.#audience = member.group.join(this.#audience);
    return () => {
      if (!this.#members.delete(member)) return;
      member.group.leave();
      if (this.#members.size > 0) return;
      this.#forget();
      this.#unwatch();
    };
  }
}
