// The database's own thread: fsync never stops the event loop of the API server.
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { HistoryDatabase } from "./database.ts";
import type { Commit, Part, Reply, Report, Request, WorkerData } from "./messages.ts";
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

function answer(request: Exclude<Request, Commit>): Reply {
  switch (request.do) {
    case "load": {
      const { revision, compactedRevision } = open();
      sweepSoon();
      sendParts(open().live());
      return { revision, compactedRevision };
    }
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

/** One transaction for all. One that does not come next was sent before its sender knew that one before it failed. */
function commit(requests: readonly Commit[]): Reply[] {
  const database = open();
  const records: HistoryRecord[] = [];
  const follows = requests.map((request) => {
    const own = decodeRecords(request.records);
    const isNext = own[0]?.revision === database.revision + records.length + 1;
    if (isNext) records.push(...own);
    return isNext;
  });
  const reply = attempt(() => {
    if (records.length > 0) database.commit(records);
    return {};
  });
  return follows.map((isNext) => (isNext ? reply : { error: { message: "an earlier write failed", code: "" } }));
}

function attempt(run: () => Reply): Reply {
  try {
    return run();
  } catch (error) {
    const { message, code } = error as { message: string; code?: string }; // only Errors are thrown in here
    return { error: { message, code: code ?? "" } };
  }
}

/** All that is waiting. */
function take(first: Request): Request[] {
  const requests = [first];
  for (;;) {
    const next = receiveMessageOnPort(port);
    if (!next) return requests;
    requests.push(next.message as Request); // nobody else sends here
  }
}

port.on("message", (first: Request) => {
  const requests = take(first);
  for (let at = 0; at < requests.length; ) {
    const request = requests[at]!;
    if (request.do !== "commit") {
      port.postMessage(attempt(() => answer(request)));
      if (request.do === "stop") port.close();
      at++;
      continue;
    }
    const commits: Commit[] = [];
    for (let next = requests[at]; next?.do === "commit"; next = requests[++at]) commits.push(next);
    for (const reply of commit(commits)) port.postMessage(reply);
  }
});
