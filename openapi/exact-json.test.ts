import { expect, test } from "vitest";
import { decodeJson } from "./decode.ts";
import { encodeJson, encodeSorted } from "./encode.ts";
import { numberOf, parseJson } from "./exact-json.ts";
import { decodeProtobuf, encodeProtobuf } from "./protobuf/codec.ts";
import { schemaOf } from "./types.ts";

const BIG = ["9007199254740993", "-9007199254740993", "9223372036854775807", "-9223372036854775808"];

test.each(BIG)("%s keeps all its digits, in every way through the server", (text) => {
  const toleration = schemaOf("io.k8s.api.core.v1.Toleration");
  const json = `{"tolerationSeconds":${text}}`;
  const { value } = decodeJson(Buffer.from(json), toleration, "Strict");
  expect(encodeJson(value, toleration)).toBe(json);
  expect(encodeJson(decodeProtobuf(encodeProtobuf(value, toleration), toleration), toleration)).toBe(json);
  expect(encodeSorted(parseJson(json))).toBe(json);
  expect(JSON.stringify(parseJson(json))).toBe(json);
});

test("a field that Go leaves out when zero is not left out when it is large", () => {
  const status = schemaOf("io.k8s.api.core.v1.PodStatus");
  const { value } = decodeJson(Buffer.from('{"observedGeneration":9007199254740993}'), status, "Strict");
  expect(value).toEqual({ observedGeneration: 9007199254740993n });
});

test.each([
  ["1", 1],
  ["-0", -0],
  ["1.0", 1],
  ["1e3", 1000],
  ["9007199254740991", 9007199254740991],
  ["9007199254740992", 9007199254740992n],
  ["9223372036854775808", 2 ** 63],
  ["12345678901234567890123", 1.2345678901234568e22],
  ["9007199254740993.0", 9007199254740992],
])("%s is what Go makes of it", (text, value) => {
  expect(numberOf(text)).toBe(value);
  expect(parseJson(`[${text}, "${text}"]`)).toEqual([value, text]);
});
