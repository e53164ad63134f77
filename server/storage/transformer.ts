import type { Journal } from "./journal.ts";
import type { Change } from "./storage.ts";

/**
 * Changes bytes on their way to disk and back, such as encryption at rest (apiserver/pkg/storage/value). Memory holds
 * them as they were. Keys that it does not care for keep their bytes: it returns them as they are.
 */
export interface Transformer {
  /** Absent: as they are. */
  toDisk?(key: string, value: Uint8Array): Uint8Array;
  /** Fetches what `fromDisk` needs for these bytes. @returns undefined when nothing is missing. @throws as `fromDisk` */
  prepare?(key: string, value: Uint8Array): Promise<void> | undefined;
  /** Asked before a new value of a key is taken. @throws Error when it could not go to disk now */
  checkWrite?(key: string): void;
  /** `isStale`: new values would be written otherwise. @throws when the bytes cannot be turned back, for want of their key, say */
  fromDisk(key: string, value: Uint8Array): { readonly value: Uint8Array; readonly isStale: boolean };
  /** A name of how `toDisk` writes the values of a key now; empty: as they are. */
  method?(key: string): string;
}

/** A journal that knows which of its keys are written in a way that is no longer that of new values. */
export interface TransformedJournal extends Journal {
  /** Whether a live key would be written otherwise today. */
  isStale(key: string): boolean;
}

/** Of a key whose bytes were stale when they were loaded. */
const OTHERWISE = "?";

/** The same journal with all values transformed. */
export function transformedJournal(
  journal: Journal,
  { toDisk, prepare, fromDisk, method = () => "" }: Transformer,
): TransformedJournal {
  /** How the live keys are written; those that are written as they are have no entry. */
  const written = new Map<string, string>();
  const note = (key: string, how: string) => {
    if (how) written.set(key, how);
    else written.delete(key);
  };
  const unreadable = (key: string, cause: unknown) =>
    new Error(`the stored bytes of ${key} cannot be read: ${String(cause)}`, { cause });
  const preparing = (key: string, value: Uint8Array): Promise<void> | undefined => {
    try {
      return prepare?.(key, value)?.catch((cause) => {
        throw unreadable(key, cause);
      });
    } catch (cause) {
      throw unreadable(key, cause);
    }
  };
  const decode = (key: string, value: Uint8Array) => {
    try {
      return fromDisk(key, value);
    } catch (cause) {
      throw unreadable(key, cause);
    }
  };
  const plain = async (key: string, value: Uint8Array) => {
    await preparing(key, value);
    return decode(key, value).value;
  };
  const read = async (changes: readonly Change[]): Promise<Change[]> => {
    const done: Change[] = [];
    for (const change of changes) {
      const { key, previous } = change;
      done.push({
        ...change,
        value: await plain(key, change.value),
        ...(previous && { previous: { ...previous, value: await plain(key, previous.value) } }),
      });
    }
    return done;
  };
  return {
    ...journal,
    async load() {
      const loaded = await journal.load();
      const live: Change[] = [];
      for (const change of loaded.live) {
        // Not a promise for each of what may be very many.
        const missing = preparing(change.key, change.value);
        if (missing) await missing;
        const { value, isStale } = decode(change.key, change.value);
        note(change.key, isStale ? OTHERWISE : method(change.key));
        live.push({ ...change, value });
      }
      return { ...loaded, live };
    },
    // Of `previous` journals store the revision only, so its bytes need no transformation.
    ...(toDisk && {
      async commit(changes: readonly Change[]) {
        const how = changes.map(({ type, key }) => (type === "delete" ? "" : method(key)));
        await journal.commit(changes.map((change) => ({ ...change, value: toDisk(change.key, change.value) })));
        for (const [i, { key }] of changes.entries()) note(key, how[i] ?? "");
      },
    }),
    isStale: (key) => (written.get(key) ?? "") !== method(key),
    history: async (prefix, after, upTo) => read(await journal.history(prefix, after, upTo)),
  };
}
