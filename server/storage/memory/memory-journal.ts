import { firstRevision, type Journal } from "../journal.ts";
import type { Change } from "../storage.ts";

/** History in memory, for as long as the process lives. Nothing is live when it is made. */
export function memoryJournal(): Journal {
  let changes: Change[] = [];
  /** `changes[0]` is the revision after this one. */
  let forgotten = firstRevision;
  return {
    load: async () => ({ live: [], revision: firstRevision, compactedRevision: firstRevision }),
    async commit(batch) {
      for (const change of batch) changes.push(change);
    },
    async history(prefix, after, upTo) {
      return changes.slice(after - forgotten, upTo - forgotten).filter(({ key }) => key.startsWith(prefix));
    },
    async compact(revision) {
      changes = changes.slice(revision - forgotten);
      forgotten = revision;
    },
    async stop() {
      changes = [];
    },
  };
}
