import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Journal } from "../journal.ts";
import type { Change } from "../storage.ts";
import type { Part, Reply, Report, Request, WorkerData } from "./messages.ts";
import { decodeRecords, encodeRecords, type HistoryRecord } from "./records.ts";
import { workerUrl } from "./worker-url.ts";

export interface SqliteJournalOptions extends WorkerData {
  /** Something failed in the background. */
  readonly onError: (error: unknown) => void;
}

interface Waiting {
  /** Of the parts so far. */
  readonly changes: Change[];
  readonly resolve: (answer: { reply: Reply; changes: readonly Change[] }) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Few enough for the thread to be at work while the next ones are made, many enough for a message to cost little. What
 * comes while a transaction runs shares the next one, however many groups that is.
 */
const groupSize = 8;

/** History in a SQLite file, written by a thread of its own. Its files are readable by their owner only. */
export function sqliteJournal({ onError, ...data }: SqliteJournalOptions): Journal {
  const { path } = data;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // SQLite gives its other files the mode of this one.
  closeSync(openSync(path, "a", 0o600));
  chmodSync(path, 0o600);

  const worker = new Worker(workerUrl, { name: "sqlite", workerData: data });
  /** In the order asked, which is the order of answers. */
  const waiting: Waiting[] = [];
  let failure: (Error & { fatal: true }) | undefined;
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));

  worker.on("message", (message: Reply | Part | Report) => {
    if ("report" in message) return onError(new Error(`${path}: ${message.report}`));
    if ("part" in message) {
      for (const record of decodeRecords(message.part)) waiting[0]!.changes.push(toChange(record));
      return;
    }
    const { changes, resolve, reject } = waiting.shift()!;
    if (message.error) reject(explain(path, message.error));
    else resolve({ reply: message, changes });
  });
  const fail = (message: string) => {
    failure ??= Object.assign(new Error(message), { fatal: true as const });
    for (const { reject } of waiting.splice(0)) reject(failure);
  };
  worker.on("error", (error) => fail(`the database thread failed: ${String(error)}`));
  worker.on("exit", () => fail("the database thread ended"));

  const ask = (request: Request, transfer: ArrayBuffer[] = []) =>
    new Promise<{ reply: Reply; changes: readonly Change[] }>((resolve, reject) => {
      if (failure) return reject(failure);
      waiting.push({ changes: [], resolve, reject });
      worker.postMessage(request, transfer);
    });

  return {
    groupSize,
    async load() {
      const { reply, changes } = await ask({ do: "load" });
      const { revision = 0, compactedRevision = 0 } = reply;
      return { live: changes, revision, compactedRevision };
    },
    async commit(changes) {
      const records = encodeRecords(changes.map(toRecord));
      await ask({ do: "commit", records }, [records]);
    },
    async history(prefix, after, upTo) {
      return (await ask({ do: "history", prefix, after, upTo })).changes;
    },
    async compact(revision) {
      await ask({ do: "compact", revision });
    },
    async stop() {
      if (!failure) await ask({ do: "stop" }).catch(onError);
      await exited;
    },
  };
}

function toRecord({ type, key, revision, createRevision, previous, expiresAt, value }: Change): HistoryRecord {
  const deleted = type === "delete" ? 1 : 0;
  return {
    key,
    revision,
    createRevision,
    previousRevision: previous?.revision ?? 0,
    deleted,
    expiresAt: expiresAt ?? 0,
    value,
  };
}

function toChange(record: HistoryRecord): Change {
  const { key, revision, createRevision, previousRevision, deleted, expiresAt, value, previousValue } = record;
  return {
    type: deleted ? "delete" : "put",
    key,
    revision,
    createRevision,
    value,
    ...(previousValue && { previous: { value: previousValue, revision: previousRevision } }),
    ...(expiresAt && { expiresAt }),
  };
}

function explain(path: string, { message, code }: NonNullable<Reply["error"]>): Error {
  if (code === "SQLITE_BUSY") return new Error(`${path} is in use by another process`);
  if (code === "SQLITE_NOTADB") return new Error(`${path} is not a database`);
  return new Error(`${path}: ${message}`);
}
