import fc from "fast-check";
import { expect, test } from "vitest";
import { semanticEqual } from "../equality.ts";
import { applyJsonPatch } from "./apply.ts";
import type { JsonPatchOperation } from "./operation.ts";
import { parseJsonPatch } from "./parse.ts";

const document = () => ({ a: { x: 1 }, list: ["p", "q"], "t/~": "s" });

test.each<[string, JsonPatchOperation[], unknown]>([
  ["add", [{ op: "add", path: "/a/y", value: 2 }], { ...document(), a: { x: 1, y: 2 } }],
  ["add to a list", [{ op: "add", path: "/list/1", value: "n" }], { ...document(), list: ["p", "n", "q"] }],
  ["append", [{ op: "add", path: "/list/-", value: "n" }], { ...document(), list: ["p", "q", "n"] }],
  ["add before the end", [{ op: "add", path: "/list/-1", value: "n" }], { ...document(), list: ["p", "q", "n"] }],
  ["remove the last", [{ op: "remove", path: "/list/-1" }], { ...document(), list: ["p"] }],
  ["replace what is absent", [{ op: "replace", path: "/b", value: 1 }], { ...document(), b: 1 }],
  ["replace all", [{ op: "replace", path: "", value: { z: 1 } }], { z: 1 }],
  ["escapes", [{ op: "replace", path: "/t~1~0", value: "u" }], { ...document(), "t/~": "u" }],
  ["move", [{ op: "move", from: "/a/x", path: "/list/0" }], { a: {}, list: [1, "p", "q"], "t/~": "s" }],
  ["test null of nothing", [{ op: "test", path: "/ghost", value: null }], document()],
  ["a path without a slash in front", [{ op: "add", path: "z/a/y", value: 2 }], { ...document(), a: { x: 1, y: 2 } }],
  [
    "a copy that changes later",
    [
      { op: "add", path: "/a/y", value: 2 },
      { op: "copy", from: "/a", path: "/c" },
      { op: "remove", path: "/a/x" },
    ],
    { ...document(), a: { y: 2 }, c: { x: 1, y: 2 } },
  ],
  [
    "a value used twice",
    [
      { op: "copy", from: "/list", path: "/other" },
      { op: "add", path: "/other/0", value: "n" },
    ],
    { ...document(), other: ["n", "p", "q"] },
  ],
])("%s", (_, operations, result) => {
  const original = document();
  expect(applyJsonPatch(original, operations)).toEqual(result);
  expect(original).toEqual(document());
});

test.each<[JsonPatchOperation, string]>([
  [{ op: "test", path: "/a/x", value: 2 }, "testing value /a/x failed: test failed"],
  [{ op: "test", path: "/b/c", value: 2 }, "test operation does not apply: is missing path: /b/c: missing value"],
  [
    { op: "remove", path: "/ghost" },
    "error in remove for path: '/ghost': Unable to remove nonexistent key: ghost: missing value",
  ],
  [{ op: "add", path: "/b/c", value: 1 }, 'add operation does not apply: doc is missing path: "/b/c": missing value'],
  [
    { op: "add", path: "/list/9", value: 1 },
    "error in add for path: '/list/9': Unable to access invalid index: 9: invalid index referenced",
  ],
  [
    { op: "remove", path: "/list/-3" },
    "error in remove for path: '/list/-3': Unable to access invalid index: -3: invalid index referenced",
  ],
  [
    { op: "add", path: "/list/x", value: 1 },
    "error in add for path: '/list/x': value was not a proper array index: 'x': strconv.Atoi: parsing \"x\": invalid syntax",
  ],
  [{ op: "frobnicate", path: "/a" }, "Unexpected kind: frobnicate"],
  [{ path: "/a" }, "Unexpected kind: unknown"],
  [{ op: "add", value: 1 }, "add operation failed to decode path: missing value"],
  [
    { op: "add", path: "/constructor/x", value: 1 },
    'add operation does not apply: doc is missing path: "/constructor/x": missing value',
  ],
])("%j fails: %s", (operation, message) => {
  expect(() => applyJsonPatch(document(), [operation])).toThrow(new Error(message));
});

test("copies are limited in sum, so that a patch cannot double a document again and again", () => {
  const operations = Array.from({ length: 100 }, (_, index) => ({ op: "copy", from: "/a", path: `/a/copy${index}` }));
  expect(() => applyJsonPatch(document(), operations)).toThrow(/^Unable to complete the copy, .* the limit 3145728$/);
});

test("__proto__ is a key like any other", () => {
  const patched = applyJsonPatch({}, [{ op: "add", path: "/__proto__", value: { polluted: true } }]);
  expect(JSON.stringify(patched)).toBe('{"__proto__":{"polluted":true}}');
  expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
});

test.each([
  [
    { op: "add" },
    true,
    "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
  ],
  [{ op: "add" }, false, "json: cannot unmarshal object into Go value of type jsonpatch.Patch"],
  [[1], true, "error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp"],
  [
    [{ op: 1 }],
    true,
    "error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.op of type string",
  ],
])("the body %j is refused: strict %s: %s", (body, strict, message) => {
  expect(() => parseJsonPatch(body, strict)).toThrow(expect.objectContaining({ code: 400, message }));
});

test("unknown members are problems, too many operations a 413", () => {
  const body = [{ op: "add", path: "/a", x: 1 }];
  expect(parseJsonPatch(body, true).problems).toEqual(['json patch unknown field "[0].x"']);
  expect(parseJsonPatch(body, false).problems).toEqual([]);
  const message = "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001";
  expect(() => parseJsonPatch(new Array(10001).fill({}), true)).toThrow(
    expect.objectContaining({ code: 413, message }),
  );
});

test("adding members one by one builds the document", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (members) => {
      const path = (key: string) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      const operations = Object.entries(members).map(([key, value]) => ({ op: "add", path: path(key), value }));
      const built = applyJsonPatch({}, operations);
      expect(semanticEqual(built, members)).toBe(true);
      const tests = operations.map((operation) => ({ ...operation, op: "test" }));
      expect(applyJsonPatch(members, tests)).toEqual(built);
    }),
  );
});
