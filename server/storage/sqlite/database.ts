import Sqlite from "better-sqlite3";
import { firstRevision } from "../journal.ts";
import type { WorkerData } from "./messages.ts";
import type { HistoryRecord } from "./records.ts";

/** Of this layout; a file with another number is not ours to touch. */
const layoutVersion = 1;
const pageSize = 4096;
/** A larger log means fewer, longer checkpoints; it is read again after a crash. 4000 pages = 16 MB. */
const checkpointPages = 4000;
/** Free pages kept for the writes to come; more are given back to the file system. */
const sparePages = 1024;
/** So many revisions are compacted, and free pages given back, in one transaction: commits wait no longer than that. */
const compactionStep = 500;

/**
 * One table holds all: each row is a change, and the newest row of a key is its current state. So a value is written
 * once, at the end of the table, and a commit touches few pages; which rows are current is worked out once, at start-up.
 * See docs/storage.md.
 */
const layout = `
  CREATE TABLE IF NOT EXISTS history (
    revision INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    create_revision INTEGER NOT NULL,
    previous_revision INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    value BLOB NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS compaction (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    compacted_revision INTEGER NOT NULL,
    swept_revision INTEGER NOT NULL
  ) STRICT;
  INSERT OR IGNORE INTO compaction VALUES (1, ${firstRevision}, ${firstRevision});
  PRAGMA user_version = ${layoutVersion};
`;

type Row = [...Inserted, previousValue: Uint8Array | null];
type Inserted = [
  key: string,
  revision: number,
  createRevision: number,
  previousRevision: number,
  deleted: number,
  expiresAt: number,
  value: Uint8Array,
];
const columns = "key, revision, create_revision, previous_revision, deleted, expires_at, value";

/** The database file and its statements. Used by one thread, synchronously. */
export class HistoryDatabase {
  readonly #sqlite: Sqlite.Database;
  readonly #insert: Sqlite.Statement<Inserted>;
  readonly #window: Sqlite.Statement<[number, number, string, string], Row>;
  readonly #commit: (records: readonly HistoryRecord[]) => void;
  #compactedRevision: number;
  #revision: number;
  /** Rows that the compaction made superfluous are gone up to here. */
  #sweptRevision: number;

  /** @throws when it is not ours, damaged, or open in another process. */
  constructor({ path, durability, quotaBytes }: WorkerData) {
    // A process that is just being stopped gets a moment to let go.
    this.#sqlite = new Sqlite(path, { timeout: 1000 });
    const sqlite = this.#sqlite;
    try {
      // Held from the first access on, until closed or killed: no second process, and no shared-memory file.
      sqlite.pragma("locking_mode = EXCLUSIVE");
      sqlite.pragma(`page_size = ${pageSize}`);
      sqlite.pragma("auto_vacuum = INCREMENTAL");
      sqlite.pragma("journal_mode = WAL");
      sqlite.pragma(`synchronous = ${durability === "full" ? "FULL" : "NORMAL"}`);
      sqlite.pragma(`wal_autocheckpoint = ${checkpointPages}`);
      const version = sqlite.pragma("user_version", { simple: true });
      if (version !== 0 && version !== layoutVersion) throw new Error(`layout version ${version} is not known`);
      sqlite.exec(`BEGIN EXCLUSIVE; ${layout} COMMIT;`);
      if (quotaBytes) sqlite.pragma(`max_page_count = ${Math.ceil(quotaBytes / pageSize)}`);
      this.#insert = sqlite.prepare(`INSERT INTO history (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?)`);
      this.#window = sqlite
        .prepare<[number, number, string, string], Row>(
          `SELECT ${columns}, (SELECT p.value FROM history p WHERE p.revision = h.previous_revision)
           FROM history h WHERE revision > ? AND revision <= ? AND substr(key, 1, length(?)) = ? ORDER BY revision`,
        )
        .raw();
      const [compacted, swept] = sqlite
        .prepare("SELECT compacted_revision, swept_revision FROM compaction")
        .raw()
        .get() as [number, number]; // the columns just named
      this.#compactedRevision = compacted;
      this.#sweptRevision = swept;
      const newest = sqlite.prepare("SELECT max(revision) FROM history").pluck().get() as number | null; // as SQL says
      this.#revision = Math.max(newest ?? 0, compacted);
      this.#commit = sqlite.transaction((records: readonly HistoryRecord[]) => {
        for (const r of records) {
          const { key, revision, createRevision, previousRevision, deleted, expiresAt, value } = r;
          this.#insert.run(key, revision, createRevision, previousRevision, deleted, expiresAt, value);
        }
      });
    } catch (error) {
      sqlite.close();
      throw error;
    }
  }

  get compactedRevision(): number {
    return this.#compactedRevision;
  }

  /** Of the newest change, which may have been a deletion whose row is compacted away. */
  get revision(): number {
    return this.#revision;
  }

  /** All live keys in byte order. */
  *live(): Iterable<HistoryRecord> {
    // Sorting the keys first and fetching rows one by one is faster than having SQLite sort whole rows.
    const revisions = this.#sqlite
      .prepare<[], number>(
        `SELECT revision FROM history
         WHERE deleted = 0 AND revision NOT IN (SELECT previous_revision FROM history)
         ORDER BY key`,
      )
      .pluck()
      .all();
    const row = this.#sqlite.prepare<[number], Row>(`SELECT ${columns}, NULL FROM history WHERE revision = ?`).raw();
    for (const revision of revisions) yield toRecord(row.get(revision)!); // just found
  }

  /** @param records with the revisions that come next */
  commit(records: readonly HistoryRecord[]): void {
    this.#commit(records);
    this.#revision += records.length;
  }

  /** Changes after one revision up to another, with previous values. */
  window(prefix: string, after: number, upTo: number): HistoryRecord[] {
    return this.#window.all(after, upTo, prefix, prefix).map(toRecord);
  }

  /** Durable before it returns; the rows go in later calls of `sweep`. */
  compact(revision: number): void {
    this.#sqlite.prepare("UPDATE compaction SET compacted_revision = ?").run(revision);
    this.#compactedRevision = revision;
  }

  /** Removes some rows that no revision still readable needs, or gives back some free space. @returns more is left. */
  sweep(): boolean {
    const sqlite = this.#sqlite;
    if (this.#sweptRevision >= this.#compactedRevision) {
      const free = sqlite.pragma("freelist_count", { simple: true }) as number; // as SQLite documents
      if (free <= sparePages) return false;
      sqlite.pragma(`incremental_vacuum(${Math.min(compactionStep, free - sparePages)})`);
      return free - compactionStep > sparePages;
    }
    const from = this.#sweptRevision;
    const to = Math.min(from + compactionStep, this.#compactedRevision);
    sqlite.transaction(() => {
      // A change is the end of what the key was before; a deletion's own row is needed by nobody after it.
      const superseded = "SELECT previous_revision FROM history WHERE revision > ? AND revision <= ?";
      sqlite.prepare(`DELETE FROM history WHERE revision IN (${superseded})`).run(from, to);
      sqlite.prepare("DELETE FROM history WHERE revision > ? AND revision <= ? AND deleted = 1").run(from, to);
      sqlite.prepare("UPDATE compaction SET swept_revision = ?").run(to);
    })();
    this.#sweptRevision = to;
    return true;
  }

  close(): void {
    this.#sqlite.close();
  }
}

function toRecord(row: Row): HistoryRecord {
  const [key, revision, createRevision, previousRevision, deleted, expiresAt, value, previousValue] = row;
  const record = { key, revision, createRevision, previousRevision, deleted, expiresAt, value };
  return previousValue ? { ...record, previousValue } : record;
}
