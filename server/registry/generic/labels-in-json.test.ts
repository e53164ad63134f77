import fc from "fast-check";
import { expect, test } from "vitest";
import { labelsInJson } from "./labels-in-json.ts";

test.each([
  [
    "where objects have them",
    { kind: "Pod", metadata: { name: "x", labels: { app: "a" }, annotations: { b: "c" } } },
    { app: "a" },
  ],
  [
    "after other members of all types",
    { a: 1.5e3, b: [{ labels: {} }, "]}"], c: null, d: true, metadata: { e: -1, f: {}, labels: { g: 'h"\\' } } },
    { g: 'h"\\' },
  ],
  [
    "not those of something else",
    { spec: { metadata: { labels: { app: "a" } } }, metadata: { annotations: { labels: "{}", '"labels":{}': "" } } },
    undefined,
  ],
  ["without metadata", { kind: "Pod", labels: { app: "a" } }, undefined],
  ["none", { metadata: { labels: null } }, undefined],
  ["of an empty object", {}, undefined],
  [
    "with names of JavaScript's own",
    { metadata: { labels: { constructor: "a", é: "👉" } } },
    { constructor: "a", é: "👉" },
  ],
])("labels %s", (_, object, labels) => {
  expect(labelsInJson(Buffer.from(JSON.stringify(object)))).toEqual(labels);
});

test("labels of any object are those that parsing it finds", () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.constantFrom('"', "\\", "{", "]", "labels", "metadata"),
  );
  const dictionary = fc.dictionary(text, text);
  const value = fc.oneof(
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    dictionary,
    fc.array(dictionary),
  );
  const members = fc.dictionary(text, value);
  fc.assert(
    fc.property(members, members, dictionary, members, members, (before, more, labels, annotations, after) => {
      const object = { ...before, metadata: { ...more, labels, annotations }, ...after };
      const json = JSON.stringify(object);
      const { metadata } = JSON.parse(json);
      expect(labelsInJson(Buffer.from(json))).toEqual(metadata.labels);
    }),
    { numRuns: 500 },
  );
});
