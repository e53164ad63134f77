import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { systemClock } from "../storage/clock.ts";
import { failureOf, followConfiguration } from "./follow-configuration.ts";

const folder = mkdtempSync(join(tmpdir(), "follow-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a changed text takes effect, and one that is wrong leaves what was", async () => {
  const file = join(folder, "config");
  writeFileSync(file, "one");
  let current = "one";
  const errors: string[] = [];
  const following = followConfiguration(file, {
    ...{ of: "authorization", text: "one", serverId: "s", clock: systemClock, now: () => new Date(0) },
    failure: failureOf("authorization"),
    async apply(text) {
      if (text === "wrong") throw new Error("cannot be read so");
      current = text;
    },
    onError: (message) => errors.push(message),
  });
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
