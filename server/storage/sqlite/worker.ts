// The database's own thread: fsync never stops the event loop of the API server.
import { parentPort, workerData } from "node:worker_threads";
import { HistoryDatabase } from "./database.ts";
import type { Part, Reply, Report, Request, WorkerData } from "./messages.ts";
import { decodeRecords, encodeRecords, type HistoryRecord } from "./records.ts";

/** Values of loaded keys are views of buffers of about this size: small, so that overwritten ones are freed. */
const partBytes = 256 * 1024;

const port = parentPort!; // this file only ever runs in a worker
let database: HistoryDatabase | undefined;
let isSweeping = false;

function open(): HistoryDatabase {
  database ??= new HistoryDatabase(workerData as WorkerData); // what sqlite-journal.ts gives
  return database;
}

/** While the other thread takes one part in, the next is read. */
function sendParts(records: Iterable<HistoryRecord>): void {
  let part: HistoryRecord[] = [];
  let bytes = 0;
  const send = () => {
    const buffer = encodeRecords(part);
    port.postMessage({ part: buffer } satisfies Part, [buffer]);
    part = [];
    bytes = 0;
  };
  for (const record of records) {
    part.push(record);
    bytes += record.value.length;
    if (bytes >= partBytes) send();
  }
  if (part.length) send();
}

function answer(request: Request): Reply {
  switch (request.do) {
    case "load": {
      const { revision, compactedRevision } = open();
      sweepSoon();
      sendParts(open().live());
      return { revision, compactedRevision };
    }
    case "commit":
      open().commit(decodeRecords(request.records));
      return {};
    case "history":
      sendParts(open().window(request.prefix, request.after, request.upTo));
      return {};
    case "compact":
      open().compact(request.revision);
      sweepSoon();
      return {};
    case "stop":
      database?.close();
      database = undefined;
      return {};
  }
}

/** Frees space bit by bit, letting commits through in between. */
function sweepSoon(): void {
  if (isSweeping) return;
  isSweeping = true;
  setImmediate(() => {
    isSweeping = false;
    try {
      if (database?.sweep()) sweepSoon();
    } catch (error) {
      // Such as a full disk: it goes on at the next compaction.
      port.postMessage({ report: `freeing space: ${String(error)}` } satisfies Report);
    }
  });
}

port.on("message", (request: Request) => {
  let reply: Reply;
  try {
    reply = answer(request);
  } catch (error) {
    const { message, code } = error as { message: string; code?: string }; // only Errors are thrown in here
    reply = { error: { message, code: code ?? "" } };
  }
  port.postMessage(reply);
  if (request.do === "stop") port.close();
});
