import type { LabelSelector } from "../../meta/selector.ts";
import { byteOrder, compareBytes } from "../../storage/byte-order.ts";
import { SortedMap } from "../../storage/sorted-map.ts";
import type { Change, Storage } from "../../storage/storage.ts";
import type { Kind } from "../kind.ts";
import { storedOf } from "./stored.ts";

/** Fewer objects than this are looked through in less time than it takes to keep an index. */
const LEAST_OBJECTS = 1000;
/** A label that is asked for once is no reason to keep an index: it costs a little with each write, and 100 bytes an object. */
const LEAST_QUESTIONS = 2;
/** Indexes, and labels that questions are counted of. Those asked for least recently make room. */
const MOST_INDEXES = 8;
const MOST_COUNTED = 100;

/**
 * Objects by a label, for lists of few out of many: each would walk over all of them. A label gets its index when it is
 * asked for again. Whoever asks checks what it finds: other requirements of the selector are not its business.
 */
export class LabelIndex {
  readonly #storage: Storage;
  /** By storage prefix and label, the most recently asked for last. */
  readonly #indexes = new Map<string, Index>();
  readonly #questions = new Map<string, number>();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** All objects under a prefix that a selector may select, in order; undefined: look through them all. */
  changes(kind: Kind, selector: LabelSelector, prefix: string): Change[] | undefined {
    // Custom resources may have other labels in other versions.
    if (kind.custom || !kind.storagePrefix) return undefined;
    const required = selector.requirements?.find(({ operator }) => EQUALITIES.has(operator));
    if (!required) return undefined;
    const index = this.#indexOf(kind, required.key);
    if (!index) return undefined;
    const values = [...new Set(required.values)];
    if (values.length === 1) return index.changes(values[0]!, prefix);
    const all = values.flatMap((value) => index.changes(value, prefix));
    return all.sort((a, b) => compareBytes(byteOrder(a.key), byteOrder(b.key)));
  }

  stop(): void {
    for (const index of this.#indexes.values()) index.stop();
    this.#indexes.clear();
  }

  #indexOf(kind: Kind, label: string): Index | undefined {
    const name = `${kind.storagePrefix} ${label}`;
    const known = this.#indexes.get(name);
    if (known?.isOpen) {
      this.#indexes.delete(name);
      this.#indexes.set(name, known);
      return known;
    }
    if (this.#storage.count(kind.storagePrefix) < LEAST_OBJECTS || !this.#isAskedAgain(name)) return undefined;
    const index = new Index(this.#storage, kind, label);
    this.#indexes.delete(name);
    this.#indexes.set(name, index);
    if (this.#indexes.size > MOST_INDEXES) {
      const [oldest] = this.#indexes;
      oldest?.[1].stop();
      this.#indexes.delete(oldest?.[0] ?? "");
    }
    return index;
  }

  #isAskedAgain(name: string): boolean {
    const questions = (this.#questions.get(name) ?? 0) + 1;
    if (questions >= LEAST_QUESTIONS) {
      this.#questions.delete(name);
      return true;
    }
    if (this.#questions.size >= MOST_COUNTED) this.#questions.clear();
    this.#questions.set(name, questions);
    return false;
  }
}

const EQUALITIES: ReadonlySet<string> = new Set(["=", "==", "in"]);

/** Follows all objects of a kind. */
class Index {
  readonly #byValue = new Map<string, SortedMap<Change>>();
  readonly #valueByKey = new Map<string, string>();
  readonly #valueOf: (change: Change) => string | undefined;
  readonly #unwatch: () => void;
  isOpen = true;

  constructor(storage: Storage, kind: Kind, label: string) {
    this.#valueOf = (change) => {
      const { labels } = storedOf(kind, change);
      return Object.hasOwn(labels, label) ? labels[label] : undefined;
    };
    this.#load(storage.values(kind.storagePrefix));
    this.#unwatch = storage.watch(kind.storagePrefix, 0, {
      send: ({ key }) => {
        // Not the change itself, which holds what was there before.
        this.#move(key, storage.peek(key));
        return true;
      },
      end: () => {
        this.isOpen = false;
      },
    });
  }

  changes(value: string, prefix: string): Change[] {
    return this.#byValue.get(value)?.values(prefix) ?? [];
  }

  stop(): void {
    this.isOpen = false;
    this.#unwatch();
  }

  /** @param live in order */
  #load(live: readonly Change[]): void {
    const entries = new Map<string, [string, Change][]>();
    for (const change of live) {
      const value = this.#valueOf(change);
      if (value === undefined) continue;
      this.#valueByKey.set(change.key, value);
      const known = entries.get(value);
      if (known) known.push([change.key, change]);
      else entries.set(value, [[change.key, change]]);
    }
    for (const [value, sorted] of entries) {
      const changes = new SortedMap<Change>();
      changes.load(sorted);
      this.#byValue.set(value, changes);
    }
  }

  #move(key: string, change: Change | undefined): void {
    const from = this.#valueByKey.get(key);
    const to = change && this.#valueOf(change);
    if (from !== undefined && from !== to) {
      const left = this.#byValue.get(from);
      left?.delete(key);
      if (left?.size === 0) this.#byValue.delete(from);
    }
    if (!change || to === undefined) {
      this.#valueByKey.delete(key);
      return;
    }
    if (from !== to) this.#valueByKey.set(key, to);
    let changes = this.#byValue.get(to);
    if (!changes) {
      changes = new SortedMap();
      this.#byValue.set(to, changes);
    }
    changes.set(key, change);
  }
}
