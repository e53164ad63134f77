import { expect, test } from "vitest";
import { encodeMessage, encodeProtobuf } from "../../openapi/protobuf/codec.ts";
import { finish } from "../../openapi/steps.ts";
import { schemaOf } from "../../openapi/types.ts";
import { Pieces } from "./pieces.ts";
import { protobufList } from "./protobuf-list.ts";
import { wholeOf } from "./send-chunks.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
const head = { apiVersion: "v1", metadata: { resourceVersion: "7", continue: "x".repeat(300) } };
const config = (n: number) => ({
  metadata: { name: `c${n}`, labels: { n: String(n) } },
  data: { a: "ü".repeat(n * 50) },
});

test.each([
  ["io.k8s.api.core.v1.ConfigMapList", "ConfigMapList", 0],
  ["io.k8s.api.core.v1.ConfigMapList", "ConfigMapList", 5],
  [`${META}PartialObjectMetadataList`, "PartialObjectMetadataList", 3],
])("%s: pieces are what the whole would be", (name, kind, count) => {
  const items = Array.from({ length: count }, (_, n) => config(n));
  const list = { kind, ...head };
  const whole = encodeProtobuf({ ...list, items }, schemaOf(name));
  const itemSchema = schemaOf(name.replace(/List$/, ""));
  const messageOf = (item: object) => encodeMessage(item, itemSchema);
  const pieces = finish(protobufList(list, schemaOf(name), items, messageOf));
  expect(pieces.length).toBe(whole.length);
  expect(wholeOf(pieces).equals(whole)).toBe(true);
});

test.each([1, 3, 64])("pieces are whole in buffers of %i bytes", (size) => {
  const pieces = new Pieces(["", "abc", "d", "", "efghij"].map((text) => Buffer.from(text)));
  const buffer = Buffer.alloc(size);
  let text = "";
  for (let used = pieces.fill(buffer); used > 0; used = pieces.fill(buffer)) text += buffer.toString("utf8", 0, used);
  expect(text).toBe("abcdefghij");
});
