import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { OpenStorageOptions } from "./open.ts";
import type { Change, Encode, Storage, Watcher } from "./storage.ts";
import { TestClock } from "./test-clock.ts";

/** A place for one storage: opened again, a durable one still holds what it held. */
export interface ContractSite {
  open(options: OpenStorageOptions): Promise<Storage>;
  /** A storage whose commits fail while `fail(true)`. */
  openFailing(options: OpenStorageOptions): Promise<{ storage: Storage; fail(isFailing: boolean): void }>;
  remove(): Promise<void>;
}

const text = (change: { value: Uint8Array } | undefined) => change && Buffer.from(change.value).toString();
const bytes = (content: string): Encode => {
  return (revision) => Buffer.from(`${content}@${revision}`);
};
const names = (changes: readonly Change[]) => changes.map(({ key }) => key);

/** Remembers what it is sent; full after `limit` changes. */
class Recorder implements Watcher {
  readonly changes: Change[] = [];
  ended: { error?: Error } | undefined;
  revision = 0;
  limit = Number.POSITIVE_INFINITY;
  send(change: Change): boolean {
    if (this.changes.length >= this.limit) return false;
    this.changes.push(change);
    return true;
  }
  end(error?: Error): void {
    this.ended = { ...(error && { error }) };
  }
  progress(revision: number): void {
    this.revision = revision;
  }
  /** Such as `put /a 3`. */
  get log(): string[] {
    return this.changes.map(({ type, key, revision }) => `${type} ${key} ${revision}`);
  }
  async until(done: () => boolean): Promise<this> {
    for (let tries = 0; !done() && tries < 2000; tries++) await sleep(1);
    expect(done()).toBe(true);
    return this;
  }
}

/** What every backend does, durable or not: the registry relies on nothing else. */
export function storageContract(name: string, backend: { isDurable: boolean; site(): Promise<ContractSite> }): void {
  describe(`storage contract: ${name}`, () => {
    let site: ContractSite;
    let storage: Storage;
    let clock: TestClock;
    const errors: unknown[] = [];
    const open = async (options: Partial<OpenStorageOptions> = {}) => {
      storage = await site.open({ durability: "relaxed", clock, onError: (error) => errors.push(error), ...options });
    };
    const reopen = async (options: Partial<OpenStorageOptions> = {}) => {
      await storage.stop();
      await open(options);
    };
    /** Current keys and contents under a prefix. */
    const contents = async (prefix: string, atRevision = 0) =>
      (await storage.list(prefix, { limit: 0, atRevision })).items.map((item) => `${item.key}=${text(item)}`);

    beforeEach(async () => {
      errors.length = 0;
      clock = new TestClock();
      site = await backend.site();
      await open();
    });
    afterEach(async () => {
      await storage.stop();
      await site.remove();
    });

    test("an empty storage is at revision 1 and each write takes the next", async () => {
      expect([storage.revision, storage.compactedRevision, storage.count("")]).toEqual([1, 1, 0]);
      expect((await storage.put("/a", bytes("x"), 0))?.revision).toBe(2);
      expect((await storage.put("/b", bytes("y"), 0))?.revision).toBe(3);
      expect(storage.revision).toBe(3);
    });

    test("compare-and-set: create, update and delete only at the expected revision", async () => {
      const created = await storage.put("/a", bytes("one"), 0);
      expect(created).toMatchObject({ type: "put", key: "/a", revision: 2, createRevision: 2 });
      expect(created?.previous).toBeUndefined();
      expect(await storage.put("/a", bytes("again"), 0)).toBeUndefined();
      expect(await storage.put("/a", bytes("wrong"), 7)).toBeUndefined();
      expect(await storage.put("/absent", bytes("wrong"), 2)).toBeUndefined();
      const updated = await storage.put("/a", bytes("two"), 2);
      expect(updated).toMatchObject({ revision: 3, createRevision: 2, previous: { revision: 2 } });
      expect(text(updated?.previous)).toBe("one@2");
      expect(await storage.delete("/a", bytes("gone"), 2)).toBeUndefined();
      expect(await storage.delete("/absent", bytes("gone"), 0)).toBeUndefined();
      const deleted = await storage.delete("/a", bytes("gone"), 3);
      expect(deleted).toMatchObject({ type: "delete", revision: 4, createRevision: 2, previous: { revision: 3 } });
      expect(text(deleted)).toBe("gone@4");
      expect([storage.peek("/a"), await storage.get("/a", 0)]).toEqual([undefined, undefined]);
      const recreated = await storage.put("/a", bytes("new"), 0);
      expect(recreated).toMatchObject({ revision: 5, createRevision: 5 });
      expect(recreated?.previous).toBeUndefined();
    });

    test("of concurrent writes at one revision exactly one wins, and a loser's retry can see what it lost to", async () => {
      await storage.put("/counter", () => Buffer.from("0"), 0);
      let lost = 0;
      const increment = async () => {
        for (;;) {
          const current = storage.peek("/counter")!;
          const next = Buffer.from(String(Number(text(current)) + 1));
          if (await storage.put("/counter", () => next, current.revision)) return;
          expect(storage.peek("/counter")!.revision).toBeGreaterThan(current.revision);
          lost++;
        }
      };
      await Promise.all(Array.from({ length: 20 }, increment));
      expect(text(storage.peek("/counter"))).toBe("20");
      expect(lost).toBe((20 * 19) / 2);
    });

    test("a write that cannot be encoded takes no revision", async () => {
      const broken = () => {
        throw new Error("cannot encode");
      };
      await expect(storage.put("/a", broken, 0)).rejects.toThrow("cannot encode");
      expect((await storage.put("/a", bytes("x"), 0))?.revision).toBe(2);
    });

    test("writes show only once they are durable, and acknowledge in revision order", async () => {
      const order: string[] = [];
      const watcher = new Recorder();
      watcher.send = ({ key }) => order.push(`shown ${key}`) > 0;
      storage.watch("/", 0, watcher);
      const writes = ["/a", "/b", "/c"].map((key) =>
        storage.put(key, bytes("x"), 0).then(() => order.push(`done ${key}`)),
      );
      expect([storage.revision, storage.peek("/a"), storage.count("/")]).toEqual([1, undefined, 0]);
      await Promise.all(writes);
      expect(order.filter((entry) => entry.startsWith("shown"))).toEqual(["shown /a", "shown /b", "shown /c"]);
      expect(order.filter((entry) => entry.startsWith("done"))).toEqual(["done /a", "done /b", "done /c"]);
      expect(order.indexOf("shown /c")).toBeLessThan(order.indexOf("done /c"));
    });

    test("lists are in byte order of keys, and prefixes are exact", async () => {
      // U+FF5E is before U+1F600 in UTF-8, after it in UTF-16.
      const keys = ["/p/a", "/p/a-b", "/p/a/b", "/p/b", "/p/~", "/p/é", "/p/\uff5e", "/p/\u{1f600}", "/pa", "/q"];
      for (const key of [...keys].reverse()) await storage.put(key, bytes("x"), 0);
      const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      if (backend.isDurable) await reopen();
      expect(names((await storage.list("", { limit: 0, atRevision: 0 })).items)).toEqual(sorted);
      expect(names((await storage.list("/p/", { limit: 0, atRevision: 0 })).items)).toHaveLength(8);
      expect(names(storage.values("/p/"))).toEqual(sorted.filter((key) => key.startsWith("/p/")));
      expect([storage.count("/p/"), storage.count("/p"), storage.count("/x")]).toEqual([8, 9, 0]);
      expect(names((await storage.list("/p/", { limit: 0, after: "/q", atRevision: 0 })).items)).toEqual([]);
    });

    test.each([{ limit: 1 }, { limit: 7 }, { limit: 30 }, { limit: 100 }])(
      "pages of $limit are consistent at their revision while everything changes",
      async ({ limit }) => {
        const key = (n: number) => `/p/${String(n).padStart(2, "0")}`;
        const written = await Promise.all(Array.from({ length: 30 }, (_, n) => storage.put(key(n), bytes("old"), 0)));
        const expected = written.map((change) => `${change?.key}=${text(change)}`);
        const { revision } = storage;
        const seen: string[] = [];
        let after: string | undefined;
        for (let n = 0; ; n++) {
          const page = await storage.list("/p/", { limit, atRevision: revision, ...(after && { after }) });
          seen.push(...page.items.map((item) => `${item.key}=${text(item)}`));
          expect(page.revision).toBe(revision);
          expect(page.remaining).toBe(30 - seen.length);
          if (page.remaining === 0) break;
          after = page.items.at(-1)?.key;
          const change = storage.peek(key((n * 7) % 30));
          if (change) await storage.delete(change.key, bytes("gone"), change.revision);
          const other = storage.peek(key((n * 11 + 1) % 30));
          if (other) await storage.put(other.key, bytes("new"), other.revision);
          await storage.put(`/p/${n % 30}-new-${n}`, bytes("new"), 0);
        }
        expect(seen).toEqual(expected);
      },
    );

    test.each([{ recentChanges: 20_000 }, { recentChanges: 5 }])(
      "every revision can be read and replayed, with $recentChanges changes in memory",
      async ({ recentChanges }) => {
        await reopen({ recentChanges });
        // A fixed sequence that creates, updates, deletes and creates again.
        const states: Map<string, string>[] = [new Map(), new Map()];
        for (let n = 1; n <= 200; n++) {
          const key = `/k/${(n * n) % 23}`;
          const current = storage.peek(key);
          const state = new Map(states.at(-1));
          if (current && n % 3 === 0) {
            await storage.delete(key, bytes("gone"), current.revision);
            state.delete(key);
          } else {
            const change = await storage.put(key, bytes(`v${n}`), current?.revision ?? 0);
            state.set(key, text(change)!);
          }
          states.push(state);
        }
        const check = async (oldest: number) => {
          for (let revision = oldest; revision <= storage.revision; revision += 13) {
            const state = states[revision]!;
            const sorted = [...state].map(([key, value]) => `${key}=${value}`);
            expect((await contents("/k/", revision)).sort()).toEqual(sorted.sort());
            expect(text(await storage.get("/k/1", revision))).toBe(state.get("/k/1"));
            const watcher = new Recorder();
            storage.watch("/k/", revision, watcher);
            await watcher.until(() => watcher.revision === storage.revision);
            const replayed = new Map(state);
            for (const { type, key, value, previous } of watcher.changes) {
              expect(text(previous)).toBe(replayed.get(key));
              if (type === "put") replayed.set(key, text({ value })!);
              else replayed.delete(key);
            }
            expect(watcher.changes.map((change) => change.revision)).toEqual(
              Array.from({ length: storage.revision - revision }, (_, n) => revision + 1 + n),
            );
            expect(replayed).toEqual(states[storage.revision]);
          }
        };
        await check(1);
        await storage.compact(90);
        await check(90);
        if (backend.isDurable) {
          await reopen({ recentChanges });
          expect([storage.revision, storage.compactedRevision]).toEqual([201, 90]);
          await check(90);
        }
        await storage.compact(storage.revision);
        await check(storage.revision);
        if (backend.isDurable) {
          await reopen();
          await check(storage.revision);
        }
      },
    );

    test("a watch sends changes of its prefix only, once, in order, and stops when told", async () => {
      const pods = new Recorder();
      const one = new Recorder();
      const all = new Recorder();
      const stop = storage.watch("/pods/", 0, pods);
      storage.watch("/pods/default/a", 0, one);
      storage.watch("", 0, all);
      await storage.put("/pods/default/a", bytes("x"), 0);
      await storage.put("/podsandmore/a", bytes("x"), 0);
      await storage.put("/pods/other/b", bytes("x"), 0);
      await storage.delete("/pods/default/a", bytes("x"), 2);
      stop();
      stop();
      await storage.put("/pods/default/a", bytes("x"), 0);
      expect(pods.log).toEqual(["put /pods/default/a 2", "put /pods/other/b 4", "delete /pods/default/a 5"]);
      expect(one.log).toEqual(["put /pods/default/a 2", "delete /pods/default/a 5", "put /pods/default/a 6"]);
      expect(all.changes).toHaveLength(5);
      expect(all.revision).toBe(6);
      expect([pods.ended, one.ended]).toEqual([undefined, undefined]);
    });

    test("nothing is lost or doubled between a list and a watch from its revision, under load", async () => {
      let isWriting = true;
      const writing = (async () => {
        for (let n = 0; isWriting; n++) {
          await Promise.all(Array.from({ length: 8 }, (_, i) => storage.put(`/k/${n}-${i}`, bytes("x"), 0)));
        }
      })();
      const watchers: { from: number; recorder: Recorder }[] = [];
      for (let n = 0; n < 30; n++) {
        await sleep(1);
        const { revision } = await storage.list("/k/", { limit: 10, atRevision: 0 });
        if (n % 2) await sleep(1);
        const recorder = new Recorder();
        storage.watch("/k/", revision, recorder);
        watchers.push({ from: revision, recorder });
      }
      isWriting = false;
      await writing;
      for (const { from, recorder } of watchers) {
        await recorder.until(() => recorder.revision === storage.revision);
        const revisions = recorder.changes.map(({ revision }) => revision);
        expect(revisions).toEqual(Array.from({ length: storage.revision - from }, (_, n) => from + 1 + n));
      }
    });

    test("a watch from a revision to come sends only what is after it", async () => {
      const watcher = new Recorder();
      storage.watch("/", 3, watcher);
      for (const key of ["/a", "/b", "/c"]) await storage.put(key, bytes("x"), 0);
      expect(watcher.log).toEqual(["put /c 4"]);
    });

    test("a watcher that takes no more is ended, and others are not", async () => {
      const slow = new Recorder();
      slow.limit = 2;
      const throwing = new Recorder();
      throwing.send = () => {
        throw new Error("bug");
      };
      const good = new Recorder();
      for (const watcher of [slow, throwing, good]) storage.watch("/", 0, watcher);
      for (const key of ["/a", "/b", "/c", "/d"]) await storage.put(key, bytes("x"), 0);
      expect(slow.log).toEqual(["put /a 2", "put /b 3"]);
      expect(slow.ended).toEqual({});
      expect(throwing.ended).toEqual({});
      expect(errors).toHaveLength(1);
      expect(good.changes).toHaveLength(4);
      const replayed = new Recorder();
      replayed.limit = 1;
      storage.watch("/", 1, replayed);
      await replayed.until(() => replayed.ended !== undefined);
      expect(replayed.log).toEqual(["put /a 2"]);
    });

    test("compacted revisions answer 410 in upstream's words", async () => {
      for (const key of ["/a", "/b", "/c", "/d"]) await storage.put(key, bytes("x"), 0);
      await storage.compact(4);
      expect(storage.compactedRevision).toBe(4);
      const gone = { code: 410, reason: "Expired", message: "The resourceVersion for the provided list is too old." };
      await expect(storage.list("/", { limit: 0, atRevision: 3 })).rejects.toMatchObject(gone);
      await expect(storage.get("/a", 3)).rejects.toMatchObject(gone);
      expect(await contents("/", 4)).toHaveLength(3);
      const watcher = new Recorder();
      storage.watch("/", 3, watcher);
      expect(watcher.ended?.error).toMatchObject({ code: 410, message: "too old resource version: 3 (4)" });
      const resumed = new Recorder();
      storage.watch("/", 4, resumed);
      await resumed.until(() => resumed.revision === 5);
      expect(resumed.log).toEqual(["put /d 5"]);
    });

    test("history is compacted by itself after its time, and no timer runs when nothing happens", async () => {
      await reopen({ historySeconds: 300 });
      await storage.put("/a", bytes("x"), 0);
      clock.advance(200_000);
      await storage.put("/b", bytes("x"), 0);
      expect(storage.compactedRevision).toBe(1);
      clock.advance(170_000);
      expect(storage.compactedRevision).toBe(2);
      clock.advance(400_000);
      expect(storage.compactedRevision).toBe(3);
      expect(clock.pending).toBe(0);
      expect(await contents("/")).toEqual(["/a=x@2", "/b=x@3"]);
      await storage.put("/c", bytes("x"), 0);
      expect(clock.pending).toBe(1);
      await storage.stop();
      expect(clock.pending).toBe(0);
    });

    test("when a commit fails its writes and those after it fail, nobody sees them, and reads go on", async () => {
      await storage.stop();
      const failing = await site.openFailing({ durability: "relaxed", clock, onError: (error) => errors.push(error) });
      storage = failing.storage;
      await storage.put("/a", bytes("good"), 0);
      const watcher = new Recorder();
      storage.watch("/", 0, watcher);
      failing.fail(true);
      const lost = [
        storage.put("/a", bytes("lost"), 2),
        storage.delete("/a", bytes("lost"), 3),
        storage.put("/b", bytes("lost"), 0),
      ];
      const waiting = storage.put("/b", bytes("waiting"), 0);
      const settled = await Promise.allSettled([...lost, waiting]);
      expect(settled.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected", "rejected"]);
      await expect(lost[0]).rejects.toMatchObject({ code: 500, reason: "InternalError" });
      expect(errors.length).toBeGreaterThan(0);
      expect([storage.revision, storage.count("/"), watcher.changes]).toEqual([2, 1, []]);
      expect(await contents("/")).toEqual(["/a=good@2"]);
      failing.fail(false);
      expect(await storage.put("/a", bytes("better"), 2)).toMatchObject({ revision: 3, previous: { revision: 2 } });
      expect(watcher.log).toEqual(["put /a 3"]);
    });

    test("a key with expiresAt is deleted when its time comes, unless it was overwritten", async () => {
      const encodeExpired = (last: Change, revision: number) => Buffer.from(`${text(last)} expired@${revision}`);
      await reopen({ encodeExpired });
      const watcher = new Recorder();
      storage.watch("/", 0, watcher);
      await storage.put("/event", bytes("x"), 0, clock.now() + 3_600_000);
      await storage.put("/kept", bytes("x"), 0, clock.now() + 1000);
      await storage.put("/later", bytes("x"), 0, clock.now() + 1000);
      await storage.put("/kept", bytes("y"), 3);
      await storage.put("/later", bytes("y"), 4, clock.now() + 7_200_000);
      clock.advance(3_599_000);
      await sleep(20);
      expect(storage.count("/")).toBe(3);
      if (backend.isDurable) {
        await reopen({ encodeExpired });
        storage.watch("/", 0, watcher);
      }
      clock.advance(1500);
      await watcher.until(() => watcher.changes.length === 6);
      expect(watcher.log.at(-1)).toBe("delete /event 7");
      expect(text(watcher.changes.at(-1))).toBe("x@2 expired@7");
      clock.advance(7_200_000);
      await watcher.until(() => watcher.changes.length === 7);
      expect(await contents("/")).toEqual(["/kept=y@5"]);
    });

    test("stop finishes accepted writes, ends watchers, is idempotent, and writes after it fail", async () => {
      const watcher = new Recorder();
      storage.watch("/", 0, watcher);
      const write = storage.put("/a", bytes("x"), 0);
      const stopped = storage.stop();
      expect((await write)?.revision).toBe(2);
      await stopped;
      await storage.stop();
      expect([watcher.log, watcher.ended]).toEqual([["put /a 2"], {}]);
      await expect(storage.put("/b", bytes("x"), 0)).rejects.toMatchObject({ code: 500 });
      expect(text(storage.peek("/a"))).toBe("x@2");
    });

    test.runIf(backend.isDurable)("a restart keeps revisions, and watches go on across it", async () => {
      await storage.put("/a", bytes("one"), 0);
      const { revision } = storage;
      await storage.put("/a", bytes("two"), 2);
      await storage.put("/b", bytes("x"), 0);
      await storage.delete("/b", bytes("gone"), 4);
      await reopen();
      expect([storage.revision, await contents("/")]).toEqual([5, ["/a=two@3"]]);
      expect(storage.peek("/a")).toMatchObject({ revision: 3, createRevision: 2 });
      const watcher = new Recorder();
      storage.watch("/", revision, watcher);
      expect((await storage.put("/b", bytes("again"), 0))?.revision).toBe(6);
      await watcher.until(() => watcher.revision === 6);
      expect(watcher.log).toEqual(["put /a 3", "put /b 4", "delete /b 5", "put /b 6"]);
      expect(watcher.changes.map(({ previous }) => text(previous))).toEqual(["one@2", undefined, "x@4", undefined]);
    });
  });
}
