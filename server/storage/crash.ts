import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openStorage } from "./open.ts";
import type { Change, Storage } from "./storage.ts";

const writer = fileURLToPath(new URL("./crash-writer.ts", import.meta.url));

export interface CrashReport {
  readonly rounds: number;
  /** Writes that a child had printed as acknowledged before it was killed; all were found. */
  readonly acknowledged: number;
  /** The newest revision at the end. */
  readonly revision: number;
}

/**
 * Kills a process with SIGKILL while it writes at full speed, opens what it left, and checks that every acknowledged
 * write is there with its bytes, that revisions have no gap, and that state and history agree. Round after round on the
 * same data. @param random from 0 to 1: how long each child lives. @throws on the first write that is missing.
 */
export async function crashRounds(options: {
  url: string;
  rounds: number;
  random: () => number;
}): Promise<CrashReport> {
  const { url, rounds, random } = options;
  let acknowledged = 0;
  let revision = 0;
  for (let round = 0; round < rounds; round++) {
    const lines = await runAndKill(url, { seed: round * 1000, milliseconds: 20 + random() * 200 });
    acknowledged += lines.length;
    const storage = await openStorage(url, { durability: "full", historySeconds: 0 });
    try {
      revision = Math.max(revision, await check(storage, lines));
    } finally {
      await storage.stop();
    }
  }
  return { rounds, acknowledged, revision };
}

/** @param run.milliseconds from its first acknowledged write to its end. @returns what it had acknowledged */
async function runAndKill(url: string, run: { seed: number; milliseconds: number }): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), "inkube-crash-"));
  const output = join(directory, "acknowledged");
  const file = openSync(output, "w");
  try {
    const child = spawn(process.execPath, [writer, url, String(run.seed)], { stdio: ["pipe", file, "inherit"] });
    let hasEnded = false;
    const exited = new Promise((resolve) => child.once("exit", resolve)).then(() => {
      hasEnded = true;
    });
    while (!hasEnded && statSync(output).size === 0) await sleep(5);
    await sleep(run.milliseconds);
    if (hasEnded) throw new Error("the writing process ended by itself");
    child.kill("SIGKILL");
    await exited;
    // The last line may be cut off: without its end it was not acknowledged.
    return readFileSync(output, "utf8").split("\n").slice(0, -1);
  } finally {
    closeSync(file);
    await rm(directory, { recursive: true });
  }
}

async function check(storage: Storage, lines: readonly string[]): Promise<number> {
  const since = storage.compactedRevision;
  const history = await replay(storage, since);
  const state = new Map(
    (await storage.list("", { limit: 0, atRevision: since })).items.map((item) => [item.key, item]),
  );
  history.forEach((change, n) => {
    if (change.revision !== since + 1 + n) throw new Error(`revision ${since + 1 + n} is missing`);
    if (change.type === "put") state.set(change.key, change);
    else state.delete(change.key);
  });
  const live = (await storage.list("", { limit: 0, atRevision: 0 })).items;
  if (live.length !== state.size) throw new Error(`${live.length} keys are live, history says ${state.size}`);
  for (const item of live) {
    if (state.get(item.key)?.revision !== item.revision) throw new Error(`${item.key} is not what history says`);
    checkBytes(item);
  }
  for (const line of lines) {
    const [revision = "", type, key = ""] = line.split(" ");
    const written = Number(revision);
    if (written > storage.revision) throw new Error(`acknowledged and lost: ${line}`);
    // Compacted: what is left of it is the state, which was compared with history above.
    if (written <= since) continue;
    const change = history[written - since - 1];
    if (change?.type !== type || change?.key !== key) throw new Error(`acknowledged and lost: ${line}`);
    checkBytes(change);
  }
  return storage.revision;
}

function checkBytes({ key, revision, value }: Change): void {
  if (Buffer.from(value).toString() !== `${key} ${revision} `.padEnd(1000, "."))
    throw new Error(`${key} has wrong bytes`);
}

function replay(storage: Storage, since: number): Promise<Change[]> {
  return new Promise((resolve, reject) => {
    const changes: Change[] = [];
    storage.watch("", since, {
      send: (change) => changes.push(change) > 0,
      end: reject,
      progress: () => resolve(changes),
    });
  });
}
