import { describe, expect, test } from "vitest";
import { finish } from "../../openapi/steps.ts";
import { toYaml } from "../../openapi/yaml.ts";
import { indentJson } from "./indent-json.ts";
import { ListBytes } from "./list-bytes.ts";
import { listText } from "./list-text.ts";
import { wholeOf } from "./send-chunks.ts";

const frames = {
  "built-in objects": {
    head: '{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"7"},"items":[',
    tail: "]}\n",
    skip: '{"kind":"Pod","apiVersion":"v1",'.length,
  },
  "custom objects": {
    head: '{"apiVersion":"v1","items":[',
    tail: '],"kind":"PodList","metadata":{"continue":"items: []","resourceVersion":"7"}}\n',
    skip: 0,
  },
  "rows of a Table": {
    head: '{"kind":"Table","metadata":{},"columnDefinitions":[{"description":"two\\nitems: []\\nlines"}],"rows":[',
    tail: "]}\n",
    skip: 0,
  },
};
const items = [
  { metadata: { name: "a", labels: {} }, text: 'brackets ]}, "quotes" and: colons, é👉' },
  { metadata: { name: "b" }, list: [[], [{}], [1, "x"]], long: "word ".repeat(40), lines: "two\nlines\n" },
  { metadata: { name: "c" }, nothing: null, number: 1e21 },
].map((item) => Buffer.from(JSON.stringify({ kind: "Pod", apiVersion: "v1", ...item })));

describe.each(Object.entries(frames))("a list of %s", (_, { head, tail, skip }) => {
  const frame = { head: Buffer.from(head), tail: Buffer.from(tail), skip };
  test.each([0, 1, 3])("with %i of them is the same as the whole made text", (count) => {
    const some = items.slice(0, count);
    const json = wholeOf(new ListBytes(some, frame)).toString().trimEnd();
    const textAs = (format: "json" | "yaml") =>
      wholeOf(finish(listText({ items: some, jsonOf: (item) => item, frame }, { format }))).toString();
    expect(textAs("json")).toBe(indentJson(json));
    expect(textAs("yaml")).toBe(toYaml(JSON.parse(json)));
  });
});
