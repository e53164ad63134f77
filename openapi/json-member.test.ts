import fc from "fast-check";
import { expect, test } from "vitest";
import { memberName, memberOf } from "./json-member.ts";

const LABELS = [memberName("metadata"), memberName("labels")];
const labelsIn = (object: unknown): unknown => {
  const bytes = memberOf(Buffer.from(JSON.stringify(object)), LABELS);
  return bytes && JSON.parse(Buffer.from(bytes).toString());
};

test.each([
  ["first", { metadata: { labels: { app: "a" }, annotations: { b: "c" } }, kind: "Pod" }, { app: "a" }],
  [
    "after members of all types",
    { a: 1.5e3, b: [{ labels: {} }, "]}"], c: null, d: true, metadata: { e: -1, f: {}, labels: { g: 'h"\\' } } },
    { g: 'h"\\' },
  ],
  [
    "of something else",
    { spec: { metadata: { labels: { app: "a" } } }, metadata: { annotations: { labels: "{}", '"labels":{}': "" } } },
    undefined,
  ],
  ["outside", { kind: "Pod", labels: { app: "a" } }, undefined],
  ["in what is no object", { metadata: ["labels"] }, undefined],
  ["null", { metadata: { labels: null } }, null],
  ["a number at the end", { metadata: { labels: 7 } }, 7],
  ["nowhere", {}, undefined],
])("a member %s is found, or is not", (_, object, labels) => {
  expect(labelsIn(object)).toEqual(labels);
});

test("whatever else there is", () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.constantFrom('"', "\\", "{", "]", "labels", "metadata"),
  );
  const dictionary = fc.dictionary(text, text);
  const value = fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }), dictionary, fc.array(dictionary));
  const members = fc.dictionary(text, value);
  fc.assert(
    fc.property(members, members, dictionary, members, members, (before, more, labels, annotations, after) => {
      const object = { ...before, metadata: { ...more, labels, annotations }, ...after };
      const { metadata } = JSON.parse(JSON.stringify(object));
      const wanted = typeof metadata === "object" && !Array.isArray(metadata) ? metadata.labels : undefined;
      expect(labelsIn(object)).toEqual(wanted);
    }),
    { numRuns: 300 },
  );
});
