import type { LabelSelector } from "../../meta/selector.ts";
import { byteOrder } from "../../storage/byte-order.ts";
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

  /** Keys of all objects that a selector may select, in order; undefined: look through them all. */
  keys(kind: Kind, selector: LabelSelector): string[] | undefined {
    // Custom resources may have other labels in other versions.
    if (kind.custom || !kind.storagePrefix) return undefined;
    const required = selector.requirements?.find(({ operator }) => EQUALITIES.has(operator));
    if (!required) return undefined;
    const index = this.#indexOf(kind, required.key);
    if (!index) return undefined;
    const keys = [...new Set(required.values)].flatMap((value) => index.keys(value));
    return keys.sort((a, b) => (byteOrder(a) < byteOrder(b) ? -1 : 1));
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
  readonly #keysByValue = new Map<string, Set<string>>();
  readonly #valueByKey = new Map<string, string>();
  readonly #unwatch: () => void;
  isOpen = true;

  constructor(storage: Storage, kind: Kind, label: string) {
    const apply = (change: Change) => {
      const { labels } = storedOf(kind, change);
      this.#move(change.key, change.type === "put" && Object.hasOwn(labels, label) ? labels[label] : undefined);
    };
    for (const change of storage.values(kind.storagePrefix)) apply(change);
    this.#unwatch = storage.watch(kind.storagePrefix, 0, {
      send: (change) => {
        apply(change);
        return true;
      },
      end: () => {
        this.isOpen = false;
      },
    });
  }

  keys(value: string): string[] {
    return [...(this.#keysByValue.get(value) ?? [])];
  }

  stop(): void {
    this.isOpen = false;
    this.#unwatch();
  }

  #move(key: string, to: string | undefined): void {
    const from = this.#valueByKey.get(key);
    if (from === to) return;
    if (from !== undefined) {
      const left = this.#keysByValue.get(from);
      left?.delete(key);
      if (left?.size === 0) this.#keysByValue.delete(from);
    }
    if (to === undefined) {
      this.#valueByKey.delete(key);
      return;
    }
    this.#valueByKey.set(key, to);
    const keys = this.#keysByValue.get(to);
    if (keys) keys.add(key);
    else this.#keysByValue.set(to, new Set([key]));
  }
}
