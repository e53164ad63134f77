import { expect, test } from "vitest";
import { parseQuery, pathOf, targetOf } from "./request-url.ts";

test.each([
  ["/api/v1", "/api/v1"],
  ["/api%2Fv1", "/api/v1"],
  ["/a%20b", "/a b"],
  ["/%C3%A9", "/é"],
  ["/%FF", "/\ufffd"],
  ["/%zz", undefined],
  ["/a%2", undefined],
])("the path of %s is %s", (escaped, path) => {
  expect(pathOf(escaped)).toBe(path);
});

test.each([
  ["a=b&c=d+e%20f", [["a", "b"], ["c", "d e f"]]], // biome-ignore format: one case a line
  ["labelSelector=%&limit=1", [["limit", "1"]]],
  ["a=%zz", []],
  ["a;b=c&d=e", [["d", "e"]]],
  ["", []],
])("the query %s says %j", (text, pairs) => {
  expect([...parseQuery(text)]).toEqual(pairs);
});

test.each([
  ["/api?a=b", "/api?a=b"],
  ["//[", "//["],
  ["http://x:1/api?a=b", "/api?a=b"],
  ["http://x", "/"],
  ["https://x?a=b", "/?a=b"],
  ["*", "*"],
  ["http://[", undefined],
  ["http://x:y/", undefined],
  ["api", undefined],
])("%s asks for %s", (url, target) => {
  expect(targetOf(url)).toBe(target);
});
