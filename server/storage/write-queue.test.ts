import { expect, test } from "vitest";
import type { Journal } from "./journal.ts";
import type { Change } from "./storage.ts";
import { WatchCache } from "./watch-cache.ts";
import { WriteQueue } from "./write-queue.ts";

/** A queue on a journal that answers when it is told to, and takes two writes a group. */
function scripted() {
  const commits: { revisions: number[]; done: () => void; fail: (error: Error) => void }[] = [];
  const journal = {
    groupSize: 2,
    commit: (changes: readonly Change[]) =>
      new Promise<void>((resolve, reject) => {
        commits.push({ revisions: changes.map(({ revision }) => revision), done: resolve, fail: reject });
      }),
  } as unknown as Journal; // nothing else of it is used
  const cache = new WatchCache([], { revision: 1, recentChanges: 100 });
  const shown: number[] = [];
  const errors: unknown[] = [];
  const queue = new WriteQueue({
    journal,
    cache,
    show: (change) => {
      cache.apply(change);
      shown.push(change.revision);
    },
    shown: () => undefined,
    onError: (error) => errors.push(error),
  });
  const put = (key: string, expected = 0) =>
    queue.write({ type: "put", key, encode: (revision) => Buffer.from(String(revision)), expected });
  return { queue, put, commits, shown, errors };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("a group is committed at once, what is left when the journal is free, and all is shown in order", async () => {
  const { put, commits, shown } = scripted();
  const revisions = () => commits.map(({ revisions }) => revisions);
  const writes = ["/a", "/b", "/c"].map((key) => put(key));
  expect(revisions()).toEqual([[2, 3]]);
  await turn();
  expect(revisions()).toEqual([[2, 3]]);
  expect(shown).toEqual([]);
  commits[0]!.done();
  await Promise.all(writes.slice(0, 2));
  expect(shown).toEqual([2, 3]);
  expect(revisions()).toEqual([[2, 3], [4]]);
  commits[1]!.done();
  expect((await writes[2])?.revision).toBe(4);
});

test("a free journal is given what a turn of the event loop leaves", async () => {
  const { put, commits } = scripted();
  const write = put("/a");
  expect(commits).toEqual([]);
  await turn();
  commits[0]!.done();
  expect((await write)?.revision).toBe(2);
});

test("a commit that fails takes all behind it along, their revisions are given out anew, and none is told twice", async () => {
  const { put, commits, shown, errors } = scripted();
  const settled = Promise.allSettled(["/a", "/b", "/c", "/d", "/e", "/f", "/g"].map((key) => put(key)));
  commits[0]!.done();
  commits[1]!.fail(new Error("disk full"));
  await turn();
  // The journal has not come to these yet: it refuses them when it does.
  const again = put("/c");
  for (const late of commits.slice(2)) late.fail(new Error("an earlier one failed"));
  await turn();
  commits.at(-1)!.done();
  expect((await settled).map(({ status }) => status)).toEqual([
    "fulfilled",
    "fulfilled",
    ...Array.from({ length: 5 }, () => "rejected"),
  ]);
  expect((await again)?.revision).toBe(4);
  expect(shown).toEqual([2, 3, 4]);
  expect(errors.map(String)).toEqual(["Error: disk full"]);
});

test("closing waits for the last commit", async () => {
  const { queue, put, commits } = scripted();
  const write = put("/a");
  let isClosed = false;
  const closed = queue.close(new Error("stopped")).then(() => {
    isClosed = true;
  });
  await turn();
  expect([isClosed, commits.length]).toEqual([false, 1]);
  commits[0]!.done();
  await closed;
  expect((await write)?.revision).toBe(2);
});

test("a journal that can take no more says so to every write from then on", async () => {
  const { queue, put, commits } = scripted();
  const write = put("/a").catch(String);
  await turn();
  expect(queue.failure).toBeUndefined();
  commits[0]!.fail(Object.assign(new Error("the database thread ended"), { fatal: true }));
  expect(await write).toContain("the database thread ended");
  expect(queue.failure?.message).toBe("the database thread ended");
  await expect(put("/b")).rejects.toThrow("the database thread ended");
});
