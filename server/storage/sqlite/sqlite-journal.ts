import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Journal } from "../journal.ts";
import type { Change } from "../storage.ts";
import type { Reply, Report, Request, WorkerData } from "./messages.ts";
import { decodeRecords, encodeRecords, type HistoryRecord } from "./records.ts";
import { workerUrl } from "./worker-url.ts";

export interface SqliteJournalOptions extends WorkerData {
  /** Something failed in the background. */
  readonly onError: (error: unknown) => void;
}

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

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

  worker.on("message", (reply: Reply | Report) => {
    if ("report" in reply) return onError(new Error(`${path}: ${reply.report}`));
    const { resolve, reject } = waiting.shift()!;
    if (reply.error) reject(explain(path, reply.error));
    else resolve(reply);
  });
  const fail = (message: string) => {
    failure ??= Object.assign(new Error(message), { fatal: true as const });
    for (const { reject } of waiting.splice(0)) reject(failure);
  };
  worker.on("error", (error) => fail(`the database thread failed: ${String(error)}`));
  worker.on("exit", () => fail("the database thread ended"));

  const ask = (request: Request, transfer: ArrayBuffer[] = []) =>
    new Promise<Reply>((resolve, reject) => {
      if (failure) return reject(failure);
      waiting.push({ resolve, reject });
      worker.postMessage(request, transfer);
    });

  return {
    async load() {
      const { records = [], revision = 0, compactedRevision = 0 } = await ask({ do: "load" });
      return { live: records.flatMap((buffer) => decodeRecords(buffer).map(toChange)), revision, compactedRevision };
    },
    async commit(changes) {
      const records = encodeRecords(changes.map(toRecord));
      await ask({ do: "commit", records }, [records]);
    },
    async history(prefix, after, upTo) {
      const { records = [] } = await ask({ do: "history", prefix, after, upTo });
      return records.flatMap((buffer) => decodeRecords(buffer).map(toChange));
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
