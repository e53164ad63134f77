import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterAll, expect, test } from "vitest";
import { systemClock as clock } from "../../../../client/index.ts";
import type { LogOptions } from "../../runtime.ts";
import { readLog } from "./read-log.ts";

const folder = mkdtempSync(join(tmpdir(), "inkube-log-"));
const path = join(folder, "0.log");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LINES = [
  "2026-01-01T00:00:01.000000001Z stdout F one",
  "2026-01-01T00:00:02.000000002Z stderr P tw",
  "2026-01-01T00:00:02.000000003Z stderr F o",
  "broken",
  "2026-01-01T00:00:03.000000004Z stdout F ",
];

function collect() {
  let text = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  return { stream, text: () => text };
}

const NONE = { follow: false, previous: false, timestamps: false };
test.each<[string, Partial<LogOptions>, string]>([
  ["all of it", {}, "one\ntwo\n\n"],
  ["its last entries", { tailLines: 2 }, "\n"],
  ["none of it", { tailLines: 0 }, ""],
  ["all when more is asked for than there is", { tailLines: 99 }, "one\ntwo\n\n"],
  ["the first bytes", { limitBytes: 5 }, "one\nt"],
  ["what is new", { since: new Date("2026-01-01T00:00:02Z") }, "two\n\n"],
  [
    "times, one a line",
    { timestamps: true },
    "2026-01-01T00:00:01.000000001Z one\n2026-01-01T00:00:02.000000002Z two\n2026-01-01T00:00:03.000000004Z \n",
  ],
])("a log gives %s", async (_what, options, expected) => {
  writeFileSync(path, LINES.map((line) => `${line}\n`).join(""));
  const { stream, text } = collect();
  const source = { path, clock, isOpen: () => false };
  await readLog(source, { ...NONE, ...options }, stream, new AbortController().signal);
  expect(text()).toBe(expected);
});

test("a log is followed to its container's end", async () => {
  writeFileSync(path, `${LINES[0]}\n`);
  const { stream, text } = collect();
  let open = true;
  const done = readLog(
    { path, clock, isOpen: () => open },
    { ...NONE, follow: true },
    stream,
    new AbortController().signal,
  );
  await expect.poll(text).toBe("one\n");
  appendFileSync(path, `${LINES[1]}\n${LINES[2]}\n`);
  open = false;
  await done;
  expect(text()).toBe("one\ntwo\n");
});

test("a follower goes on in the file that rotation begins", async () => {
  writeFileSync(path, LINES.map((line) => `${line}\n`).join(""));
  const aborted = new AbortController();
  const { stream, text } = collect();
  const done = readLog({ path, clock, isOpen: () => true }, { ...NONE, follow: true }, stream, aborted.signal);
  await expect.poll(text).toBe("one\ntwo\n\n");
  renameSync(path, `${path}.aside`);
  writeFileSync(path, "2026-01-01T00:00:09.0Z stdout F after\n");
  await expect.poll(text).toBe("one\ntwo\n\nafter\n");
  aborted.abort();
  await done;
});
