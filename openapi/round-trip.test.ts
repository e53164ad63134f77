import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryKind } from "./arbitrary-object.ts";
import { coerce, decodeJson } from "./decode.ts";
import { TreeDecoder } from "./decode-tree.ts";
import { encodeJson } from "./encode.ts";
import { parseTree } from "./json-tree.ts";
import { decodeMessage, decodeProtobuf, encodeMessage, encodeProtobuf } from "./protobuf/codec.ts";
import { allDefinitions, factsOf, kindOf, schemaOf } from "./types.ts";

const kinds = allDefinitions().filter((name) => kindOf(name));
const runs = { numRuns: 10 };

describe.each(kinds)("%s", (name) => {
  const schema = schemaOf(name);
  const objects = arbitraryKind(schema, 5).map((value) => coerce(value, schema, "Strict"));

  test("survives JSON, quickly or exactly decoded", () => {
    fc.assert(
      fc.property(objects, ({ value, problems }) => {
        expect(problems).toEqual([]);
        const bytes = Buffer.from(encodeJson(value, schema));
        expect(decodeJson(bytes, schema, "Strict")).toEqual({ value, problems: [] });
        const exact = new TreeDecoder(true);
        expect(coerce(exact.decode(parseTree(bytes), schema), schema, "Strict").value).toEqual(value);
        expect(exact.problems).toEqual([]);
      }),
      runs,
    );
  });

  const hasMessage = Object.values(factsOf(name)?.fields ?? {}).some(({ pb }) => pb !== undefined);
  test.runIf(hasMessage)("survives protobuf", () => {
    fc.assert(
      fc.property(objects, ({ value }) => {
        expect(decodeProtobuf(encodeProtobuf(value, schema), schema)).toEqual(value);
        const { kind: _kind, apiVersion: _apiVersion, ...rest } = value;
        expect(decodeMessage(encodeMessage(value, schema), schema)).toEqual(rest);
      }),
      runs,
    );
  });
});
