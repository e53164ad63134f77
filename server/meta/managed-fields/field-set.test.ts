import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  difference,
  equalSets,
  type FieldSet,
  has,
  intersection,
  isEmpty,
  paths,
  recursiveDifference,
  setOf,
  union,
} from "./field-set.ts";
import { parseFields, serializeFields } from "./fields-v1.ts";
import { filterOf } from "./filter.ts";
import { compareElements, compareText, goJson, parseElement, printPath } from "./path-element.ts";

const element = fc.oneof(
  fc.constantFrom("f:a", "f:b", "f:é", "i:0", "i:10", 'v:"x"', "v:1", "v:true"),
  fc.constantFrom(
    'k:{"name":"a"}',
    'k:{"name":"b"}',
    'k:{"port":80,"protocol":"TCP"}',
    'k:{"port":9,"protocol":"TCP"}',
  ),
);
const path = fc.array(element, { minLength: 1, maxLength: 4 });
const set = fc.array(path, { maxLength: 8 }).map(setOf);
const texts = (value: FieldSet): string[] => paths(value).map(printPath).sort();

describe("sets of paths", () => {
  test("come back from FieldsV1 as they went", () => {
    fc.assert(
      fc.property(set, (a) => {
        expect(equalSets(parseFields(JSON.parse(JSON.stringify(serializeFields(a)))), a)).toBe(true);
      }),
    );
  });

  test("obey the laws of sets, path by path", () => {
    fc.assert(
      fc.property(set, set, (a, b) => {
        const [left, right] = [texts(a), texts(b)];
        expect(texts(union(a, b))).toEqual([...new Set([...left, ...right])].sort());
        expect(texts(intersection(a, b))).toEqual(left.filter((text) => right.includes(text)));
        expect(texts(difference(a, b))).toEqual(left.filter((text) => !right.includes(text)));
        expect(isEmpty(difference(a, a))).toBe(true);
        expect(difference(a, setOf([]))).toBe(a);
        for (const found of paths(a)) expect(has(a, found)).toBe(true);
      }),
    );
  });

  test("lose what is below a path only when asked to", () => {
    const spec = setOf([["f:spec", "f:replicas"], ["f:status"]]);
    expect(texts(difference(spec, setOf([["f:spec"]])))).toEqual([".spec.replicas", ".status"]);
    expect(texts(recursiveDifference(spec, setOf([["f:spec"]])))).toEqual([".status"]);
  });
});

describe("FieldsV1", () => {
  test("is written in upstream's order, with a dot for a container of its own", () => {
    const fields = serializeFields(
      setOf([
        ["f:b", 'k:{"port":80}'],
        ["f:b", 'k:{"port":9}'],
        ["f:b"],
        ["f:b", 'v:"z"'],
        ["f:b", "v:3"],
        ["f:b", "f:z"],
        ["f:a"],
        ["f:b", "i:10"],
        ["f:b", "i:9"],
      ]),
    );
    expect(JSON.stringify(fields)).toBe(
      '{"f:a":{},"f:b":{".":{},"f:z":{},"k:{\\"port\\":9}":{},"k:{\\"port\\":80}":{},"v:3":{},"v:\\"z\\"":{},"i:9":{},"i:10":{}}}',
    );
  });

  test("drops elements of unknown kinds and reads keys in any spelling", () => {
    const fields = parseFields({ "x:new": {}, 'k:{ "b": 1, "a": "<" }': {} });
    expect(serializeFields(fields)).toEqual({ 'k:{"a":"\\u003c","b":1}': {} });
    expect(paths(fields).map(printPath)).toEqual(['[a="<",b=1]']);
  });

  test.each([
    [[] as unknown as Record<string, unknown>, "expected an object"],
    [{ f: {} }, "key must be 2 characters long:"],
    [{ fx: {} }, "missing colon: fx"],
    [{ "f:a": 1 }, 'expected an object at "f:a"'],
    [{ "i:x": {} }, 'strconv.Atoi: parsing "x": invalid syntax'],
  ])("refuses %j", (fields, message) => {
    expect(() => parseFields(fields)).toThrow(message);
  });
});

describe("path elements", () => {
  test("are sorted by the bytes of their text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (a, b) => {
        expect(Math.sign(compareText(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
    expect(Math.sign(compareText("\uffee", "\u{1f600}"))).toBe(-1);
  });

  test("have one order, whichever way they are compared", () => {
    fc.assert(
      fc.property(element, element, (a, b) => {
        expect(Math.sign(compareElements(a, b))).toBe(-Math.sign(compareElements(b, a)) + 0);
        expect(parseElement(a)).toBe(a);
      }),
    );
  });
});

test("filters keep or drop whole branches", () => {
  const resources = ["f:spec", "f:containers", 'k:{"name":"a"}', "f:resources"];
  const owned = setOf([
    [...resources, "f:limits"],
    resources,
    [...resources.slice(0, 3), "f:image"],
    ["f:status", "f:phase"],
  ]);
  const only = filterOf({ only: [["spec", "containers", "*", "resources"]] });
  expect(texts(only(owned))).toEqual([
    '.spec.containers[name="a"].resources',
    '.spec.containers[name="a"].resources.limits',
  ]);
  expect(texts(filterOf({ reset: [["spec"]] })(owned))).toEqual([".status.phase"]);
  expect(filterOf(undefined)(owned)).toBe(owned);
});

test.each([
  ["a\b\f", '"a\\u0008\\u000c"'],
  ["C:\\bin\\foo", '"C:\\\\bin\\\\foo"'],
  ["\\\b", '"\\\\\\u0008"'],
  ["<é&>", '"\\u003cé\\u0026\\u003e"'],
])("the key %j is written as %s", (key, expected) => {
  expect(goJson(key)).toBe(expected);
});
