import { expect, test } from "vitest";
import { goQuote } from "./go-quote.ts";

test.each([
  ["a b", '"a b"'],
  ['"\\', '"\\"\\\\"'],
  ["\u0000\u0007\u007f\t", '"\\x00\\a\\x7f\\t"'],
  ["é☃", '"é☃"'],
  ["\u00a0\u200b\u{e0001}", '"\\u00a0\\u200b\\U000e0001"'],
  ["\ud800x", '"\ufffdx"'],
])("%j is quoted as Go does", (text, quoted) => {
  expect(goQuote(text)).toBe(quoted);
});
