import type { Journal } from "./journal.ts";

/** For tests: a journal whose commits fail while `error` is set, or wait while `gate` is. */
export function faultyJournal(journal: Journal): Journal & { error?: Error; gate?: Promise<void> } {
  let called = 0;
  /** All that were called up to this one fail. */
  let failed = 0;
  const faulty: Journal & { error?: Error; gate?: Promise<void> } = {
    ...journal,
    async commit(changes) {
      const call = ++called;
      await faulty.gate;
      if (faulty.error) failed = called;
      if (call <= failed) throw faulty.error ?? new Error("an earlier commit failed");
      await journal.commit(changes);
    },
  };
  return faulty;
}
