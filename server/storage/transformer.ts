import type { Journal } from "./journal.ts";
import type { Change } from "./storage.ts";

/**
 * Changes bytes on their way to disk and back, such as encryption at rest (apiserver/pkg/storage/value). Memory holds
 * them as they were. Keys that it does not care for keep their bytes: it returns them as they are.
 */
export interface Transformer {
  toDisk(key: string, value: Uint8Array): Uint8Array;
  /** @throws when the bytes cannot be turned back, such as for want of their key. */
  fromDisk(key: string, value: Uint8Array): Uint8Array;
}

/** The same journal with all values transformed. */
export function transformedJournal(journal: Journal, { toDisk, fromDisk }: Transformer): Journal {
  const decode = (key: string, value: Uint8Array) => {
    try {
      return fromDisk(key, value);
    } catch (cause) {
      throw new Error(`the stored bytes of ${key} cannot be read: ${String(cause)}`, { cause });
    }
  };
  const read = (change: Change): Change => {
    const { key, previous } = change;
    return {
      ...change,
      value: decode(key, change.value),
      ...(previous && { previous: { ...previous, value: decode(key, previous.value) } }),
    };
  };
  return {
    ...journal,
    async load() {
      const loaded = await journal.load();
      return { ...loaded, live: loaded.live.map(read) };
    },
    // Of `previous` journals store the revision only, so its bytes need no transformation.
    commit: (changes) =>
      journal.commit(changes.map((change) => ({ ...change, value: toDisk(change.key, change.value) }))),
    history: async (prefix, after, upTo) => (await journal.history(prefix, after, upTo)).map(read),
  };
}
