import { expect, test } from "vitest";
import { createLane } from "./lane.ts";

test("so much goes on at once, the rest in the order it came, and what fails lets the next one in", async () => {
  const lane = createLane(2);
  const log: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const begin = (name: string) =>
    lane.run(() => {
      log.push(name);
      return new Promise((resolve, reject) => ends.set(name, (error) => (error ? reject(error) : resolve())));
    });
  const [a, b, c, d] = ["a", "b", "c", "d"].map(begin);
  expect(log).toEqual(["a", "b"]);
  ends.get("b")?.(new Error("no"));
  await expect(b).rejects.toThrow("no");
  await Promise.resolve();
  expect(log).toEqual(["a", "b", "c"]);
  ends.get("a")?.();
  await a;
  await Promise.resolve();
  expect(log).toEqual(["a", "b", "c", "d"]);
  for (const end of ends.values()) end();
  await Promise.all([c, d]);
  begin("e");
  begin("f");
  begin("g");
  expect(log.slice(4)).toEqual(["e", "f"]);
});
