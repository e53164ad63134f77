import { expect, test } from "vitest";
import { addressPool } from "./address-pool.ts";

test.each([
  { ranges: ["10.244.3.0/24"], first: ["10.244.3.2"], second: ["10.244.3.3"] },
  { ranges: ["10.0.0.0/24", "fd00::/64"], first: ["10.0.0.2", "fd00::2"], second: ["10.0.0.3", "fd00::3"] },
])("Pods get one address of each of $ranges", async ({ ranges, first, second }) => {
  const pool = addressPool(async () => ranges);
  expect([await pool.take(), await pool.take()]).toEqual([first, second]);
});

test("an address that was given back is the last to be taken again", async () => {
  const pool = addressPool(async () => ["10.0.0.0/29"]);
  const all = await Promise.all([1, 2, 3, 4, 5].map(() => pool.take()));
  expect(all.flat()).toEqual(["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"]);
  await expect(pool.take()).rejects.toThrow("no addresses left in 10.0.0.0/29");
  pool.give("10.0.0.4");
  expect(await pool.take()).toEqual(["10.0.0.4"]);
});

test("ranges that could not be read are asked for again", async () => {
  let calls = 0;
  const pool = addressPool(async () => {
    if (++calls === 1) throw new Error("no connection");
    return ["10.0.0.0/24"];
  });
  await expect(pool.take()).rejects.toThrow("no connection");
  expect(await pool.take()).toEqual(["10.0.0.2"]);
});
