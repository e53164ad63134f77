import { expect, test } from "vitest";
import { createLifetime } from "./lifetime.ts";
import { silentLogger } from "./logger.ts";

test("what was taken hold of is let go in reverse order, once, whatever fails", async () => {
  const lifetime = createLifetime(silentLogger);
  const seen: string[] = [];
  lifetime.onStop(() => void seen.push("first"));
  lifetime.onStop(async () => {
    seen.push("second");
    throw new Error("no");
  });
  lifetime.onStop(() => void seen.push("third"));
  await Promise.all([lifetime.stop(), lifetime.stop()]);
  await lifetime.stop();
  expect(seen).toEqual(["third", "second", "first"]);
});
