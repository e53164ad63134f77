import type { Journal } from "./journal.ts";
import type { Change } from "./storage.ts";

/**
 * Changes bytes on their way to disk and back, such as encryption at rest (apiserver/pkg/storage/value). Memory holds
 * them as they were. Keys that it does not care for keep their bytes: it returns them as they are.
 */
export interface Transformer {
  toDisk(key: string, value: Uint8Array): Uint8Array;
  /** Fetches what `fromDisk` needs for these bytes. @returns undefined when nothing is missing. @throws as `fromDisk` */
  prepare?(key: string, value: Uint8Array): Promise<void> | undefined;
  /** Asked before a new value of a key is taken. @throws Error when it could not go to disk now */
  checkWrite?(key: string): void;
  /** @throws when the bytes cannot be turned back, such as for want of their key. */
  fromDisk(key: string, value: Uint8Array): Uint8Array;
}

/** The same journal with all values transformed. */
export function transformedJournal(journal: Journal, { toDisk, prepare, fromDisk }: Transformer): Journal {
  const decode = async (key: string, value: Uint8Array) => {
    try {
      const preparing = prepare?.(key, value);
      if (preparing) await preparing;
      return fromDisk(key, value);
    } catch (cause) {
      throw new Error(`the stored bytes of ${key} cannot be read: ${String(cause)}`, { cause });
    }
  };
  const read = async (changes: readonly Change[]): Promise<Change[]> => {
    const done: Change[] = [];
    for (const change of changes) {
      const { key, previous } = change;
      done.push({
        ...change,
        value: await decode(key, change.value),
        ...(previous && { previous: { ...previous, value: await decode(key, previous.value) } }),
      });
    }
    return done;
  };
  return {
    ...journal,
    async load() {
      const loaded = await journal.load();
      return { ...loaded, live: await read(loaded.live) };
    },
    // Of `previous` journals store the revision only, so its bytes need no transformation.
    commit: (changes) =>
      journal.commit(changes.map((change) => ({ ...change, value: toDisk(change.key, change.value) }))),
    history: async (prefix, after, upTo) => read(await journal.history(prefix, after, upTo)),
  };
}
