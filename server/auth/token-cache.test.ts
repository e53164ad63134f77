import { beforeEach, expect, test } from "vitest";
import type { Authenticated } from "./authenticator.ts";
import { cachedTokenAuthenticator } from "./token-cache.ts";

let time = 0;
let asked: string[];
let answer: Authenticated | Error | undefined;
beforeEach(() => {
  asked = [];
  answer = { user: { name: "jane", groups: [] }, warnings: ["old"] };
});
const make = (failureMilliseconds = 0) =>
  cachedTokenAuthenticator(
    {
      name: "inner",
      async authenticateToken(token, audiences) {
        asked.push(`${token} ${audiences}`);
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    { successMilliseconds: 10_000, failureMilliseconds, now: () => new Date(time) },
  );

test("a token that was good is good for a while, without a promise", async () => {
  const cache = make();
  const first = await cache.authenticateToken("t", ["a"]);
  expect(cache.authenticateToken("t", ["a"])).toBe(first);
  time += 10_000;
  answer = undefined;
  expect(await cache.authenticateToken("t", ["a"])).toBeUndefined();
  expect(asked).toEqual(["t a", "t a"]);
});

test("tokens and audiences are told apart", async () => {
  const cache = make();
  for (const [token, audiences] of [
    ["t", ["a"]],
    ["t", []],
    ["t", ["a", "b"]],
    ["u", ["a"]],
  ] as const) {
    await cache.authenticateToken(token, audiences);
  }
  expect(asked).toEqual(["t a", "t ", "t a,b", "u a"]);
});

test("a token that nobody knows, and one that is bad, are asked about each time", async () => {
  const cache = make();
  answer = undefined;
  await cache.authenticateToken("t", []);
  answer = new Error("down");
  for (let i = 0; i < 2; i++) await expect(async () => cache.authenticateToken("t", [])).rejects.toThrow("down");
  expect(asked).toHaveLength(3);
});

test("what nobody knows can be remembered too, errors never", async () => {
  const cache = make(1000);
  answer = new Error("down");
  await expect(async () => cache.authenticateToken("t", [])).rejects.toThrow("down");
  answer = undefined;
  await cache.authenticateToken("t", []);
  expect(cache.authenticateToken("t", [])).toBeUndefined();
  expect(asked).toHaveLength(2);
});

test("requests at the same time share one look", async () => {
  const cache = make();
  await Promise.all([0, 1, 2].map(() => cache.authenticateToken("t", [])));
  expect(asked).toHaveLength(1);
});
