import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { systemClock } from "../storage/clock.ts";
import { type FollowOptions, failureOf, followConfiguration } from "./follow-configuration.ts";

const folder = mkdtempSync(join(tmpdir(), "follow-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "config");

let current: string;
let errors: string[];
beforeEach(() => {
  writeFileSync(file, "one");
  current = "one";
  errors = [];
});
const follow = (more: Partial<FollowOptions> = {}) =>
  followConfiguration(file, {
    ...{ of: "authorization", text: "one", serverId: "s", clock: systemClock, now: () => new Date(0) },
    failure: failureOf("authorization"),
    async apply(text) {
      if (text === "wrong") throw new Error("cannot be read so");
      current = text;
    },
    onError: (message) => errors.push(message),
    ...more,
  });

test("a changed text takes effect, and one that is wrong leaves what was", async () => {
  const following = follow();
  writeFileSync(file, "two");
  await expect.poll(() => current, { timeout: 10_000 }).toBe("two");
  writeFileSync(file, "wrong");
  await expect
    .poll(() => errors, { timeout: 10_000 })
    .toEqual(["failed to reload authorization config: cannot be read so"]);
  rmSync(file);
  await expect
    .poll(() => errors.at(-1), { timeout: 10_000 })
    .toMatch(/^failed to read authorization config file: ENOENT/);
  expect(current).toBe("two");
  expect(await following.series[0]?.get()).toMatchObject({
    values: [
      { value: 1, labels: { status: "success" } },
      { value: 2, labels: { status: "failure" } },
    ],
  });
  following.stop();
});

test("what may be well another time is tried again, and each failure counted", async () => {
  const failures: number[] = [];
  let isThere = false;
  const following = follow({
    async apply(text) {
      if (!isThere) throw new Error("not there yet");
      current = text;
    },
    retryAfter(_, before) {
      failures.push(before);
      isThere = before === 2;
      return 1;
    },
  });
  writeFileSync(file, "two");
  await expect.poll(() => current, { timeout: 10_000 }).toBe("two");
  expect(failures).toEqual([0, 1, 2]);
  expect(errors).toEqual(Array(3).fill("failed to reload authorization config: not there yet"));
  following.stop();
});
