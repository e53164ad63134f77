import { expect, test } from "vitest";
import { Fanout } from "./fanout.ts";
import type { Change, Topic } from "./storage.ts";

const text = (change: Change) => Buffer.from(change.value).toString();
/** The first letter of a value, and of the one before. */
const letters: Topic["of"] = (change) => {
  const now = text(change)[0] ?? "";
  const before = change.previous ? (Buffer.from(change.previous.value).toString()[0] ?? "") : now;
  return before === now ? [now] : [before, now];
};

function setUp() {
  const errors: unknown[] = [];
  const fanout = new Fanout((error) => errors.push(error));
  const heard: string[] = [];
  const watch = (name: string, prefix: string, topic?: string) =>
    fanout.subscribe(prefix, 0, {
      send: (change) => heard.push(`${name} ${text(change)}`) > 0,
      end: () => heard.push(`${name} ended`),
      topic: topic ? { of: letters, name: topic } : undefined,
    });
  let revision = 1;
  const put = (key: string, value: string, previous?: string) => {
    revision++;
    fanout.publish({
      ...{ type: "put", key, revision, createRevision: revision, value: Buffer.from(value) },
      ...(previous && { previous: { value: Buffer.from(previous), revision: revision - 1 } }),
    });
    return heard.splice(0);
  };
  return { fanout, watch, put, heard, errors };
}

test("who watches a topic hears of what is in it, enters it and leaves it, who watches all of everything", () => {
  const { watch, put } = setUp();
  watch("all", "/pods/");
  watch("a", "/pods/", "a");
  watch("b", "/pods/", "b");
  watch("other", "/nodes/", "a");
  expect(put("/pods/x", "a1")).toEqual(["all a1", "a a1"]);
  expect(put("/pods/x", "a2", "a1")).toEqual(["all a2", "a a2"]);
  expect(put("/pods/x", "b1", "a2")).toEqual(["all b1", "a b1", "b b1"]);
  expect(put("/pods/x", "c1", "b1")).toEqual(["all c1", "b c1"]);
});

test("a watcher of a topic that is told to stop hears nothing more, and the others go on", () => {
  const { fanout, watch, put, heard } = setUp();
  const stop = watch("first", "/pods/", "a");
  watch("second", "/pods/", "a");
  stop();
  stop();
  expect([put("/pods/x", "a1"), fanout.size]).toEqual([["second a1"], 1]);
  fanout.endAll();
  expect([heard.splice(0), fanout.size, put("/pods/x", "a2", "a1")]).toEqual([["second ended"], 0, []]);
});
