import fc from "fast-check";
import { expect, test } from "vitest";
import { mergePatch, validateMergePatch } from "./merge-patch.ts";

test.each([
  [{ a: 1, b: { c: 1, d: 2 } }, { b: { c: null, e: 3 } }, { a: 1, b: { d: 2, e: 3 } }],
  [{ a: [1] }, { a: [2, null] }, { a: [2, null] }],
  [{}, { a: { b: null, c: { d: null } } }, { a: { c: {} } }],
  [{ a: "x" }, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
  [{ a: { b: 1 } }, { a: "x" }, { a: "x" }],
  [{}, { a: [{ b: null, c: 1 }] }, { a: [{ c: 1 }] }],
  [{ a: {} }, { a: [{ b: null }] }, { a: [{ b: null }] }],
  [{ z: 1 }, { a: 1 }, { a: 1, z: 1 }],
])("%j patched with %j is %j", (document, patch, result) => {
  const before = JSON.stringify(document);
  expect(JSON.stringify(mergePatch(document, patch))).toBe(JSON.stringify(result));
  expect(JSON.stringify(document)).toBe(before);
});

test.each([
  [null, true, "Invalid JSON Patch"],
  [[1], true, "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"],
  ["x", true, "error decoding patch: json: cannot unmarshal string into Go value of type map[string]interface {}"],
  ["x", false, "Invalid JSON Patch"],
])("the body %j is refused: strict %s: %s", (body, strict, message) => {
  expect(() => validateMergePatch(body, strict)).toThrow(expect.objectContaining({ code: 400, message }));
});

const json = fc.letrec((tie) => ({
  object: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { noNullPrototype: true }),
  value: fc.oneof({ depthSize: "small" }, fc.integer(), fc.constant(null), fc.string(), tie("object")),
}));

/** RFC 7386, section 2, as written there. */
function model(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null) return patch;
  const result: Record<string, unknown> = typeof target === "object" && target !== null ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = model(result[key], value);
  }
  return result;
}

test("without lists it is what RFC 7386 says", () => {
  fc.assert(
    fc.property(json.object, json.object, (document, patch) => {
      expect(mergePatch(document as object as Record<string, unknown>, patch)).toEqual(model(document, patch));
    }),
  );
});
