import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeJsonBytes, encodeSorted, encodeSortedBytes } from "./encode.ts";
import { encodeString, JsonBytes } from "./json-bytes.ts";
import { schemaOf } from "./types.ts";

const printed = (print: (out: JsonBytes) => void) => {
  const out = new JsonBytes();
  print(out);
  expect(Buffer.from(out.copy()).toString()).toBe(out.text());
  return out.text();
};

test.each([
  ["plain", '"plain"'],
  ['<a> & "b"\\', '"\\u003ca\\u003e \\u0026 \\"b\\"\\\\"'],
  ["\u007f\u0000\n", '"\u007f\\u0000\\n"'],
  ["\u2028", '"\\u2028"'],
  ["ü𝒳", '"ü𝒳"'],
  ["\ud800", '"\ufffd"'],
  ["", '""'],
])("%j is printed as Go prints it, short or long", (text, json) => {
  expect(printed((out) => out.string(text))).toBe(json);
  const long = "x".repeat(100);
  expect(printed((out) => out.string(text + long))).toBe(`${json.slice(0, -1)}${long}"`);
});

test("any strings and pieces, far beyond the first buffer", () => {
  const strings = fc.array(fc.oneof(fc.string(), fc.string({ unit: "binary", maxLength: 200 })), { maxLength: 50 });
  fc.assert(
    fc.property(strings, fc.nat({ max: 40_000 }), (texts, padding) => {
      const pad = "y".repeat(padding);
      const text = printed((out) => {
        out.raw(pad);
        for (const each of texts) out.string(each);
        out.bytes(Buffer.from("end"));
        out.set(0, 0x41);
      });
      const whole = `${pad}${texts.map(encodeString).join("")}end`;
      expect(text).toBe(`A${whole.slice(1)}`);
    }),
  );
});

test("what was printed stays when the next object is", () => {
  const schema = schemaOf("io.k8s.api.core.v1.ConfigMap");
  const first = encodeJsonBytes({ metadata: { name: "a" }, data: { k: "v".repeat(2_000_000) } }, schema);
  const second = encodeSortedBytes({ b: [1, null, { d: true, c: "x" }], a: {} });
  expect(JSON.parse(Buffer.from(first).toString()).metadata).toEqual({ name: "a" });
  expect(Buffer.from(second).toString()).toBe('{"a":{},"b":[1,null,{"c":"x","d":true}]}');
  expect(encodeSorted({ z: undefined })).toBe("{}");
});
