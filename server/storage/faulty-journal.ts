import type { Journal } from "./journal.ts";

/** For tests: a journal whose commits fail while `error` is set, or wait while `gate` is. */
export function faultyJournal(journal: Journal): Journal & { error?: Error; gate?: Promise<void> } {
  const faulty: Journal & { error?: Error; gate?: Promise<void> } = {
    ...journal,
    async commit(changes) {
      await faulty.gate;
      if (faulty.error) throw faulty.error;
      await journal.commit(changes);
    },
  };
  return faulty;
}
