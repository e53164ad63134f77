import { expect, test } from "vitest";
import { DecodeError } from "../json-tree.ts";
import { schemaOf } from "../types.ts";
import { decodeMessage, decodeProtobuf, encodeMessage, encodeProtobuf, unwrap } from "./codec.ts";

const configMap = schemaOf("io.k8s.api.core.v1.ConfigMap");

test("a ConfigMap is written byte for byte as Go writes it", () => {
  const object = { kind: "ConfigMap", apiVersion: "v1", metadata: { name: "b" }, data: { y: "2", x: "1" } };
  const hex =
    "6b3873000a0f0a02763112" +
    "09436f6e6669674d6170" + // envelope: version and kind
    "12230a110a016212001a0022002a0032003800420012060a017812013112060a0179120132" + // metadata, then data by key
    "1a002200";
  expect(Buffer.from(encodeProtobuf(object, configMap)).toString("hex")).toBe(hex);
  expect(decodeProtobuf(Buffer.from(hex, "hex"), configMap)).toEqual(object);
});

test.each([
  ["6e6f7065", "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"],
  ["", "empty data"],
  ["6b387300", "empty body"],
  ["6b3873000aff", "unexpected EOF"],
])("the body %j is refused", (hex, message) => {
  expect(() => unwrap(Buffer.from(hex, "hex"))).toThrow(message);
});

test.each([
  ["0a01", "unexpected EOF"],
  ["08ffffffffffffffffffff01", "proto: wrong wireType = 0 for field Metadata"],
  ["0b", "proto: wrong wireType = 3 for field Metadata"],
  ["7b", "proto: illegal wireType 3"],
])("the message %j is refused", (hex, message) => {
  expect(() => decodeMessage(Buffer.from(hex, "hex"), configMap)).toThrow(message);
});

test("any bytes give a message or a DecodeError", () => {
  const valid = encodeMessage({ metadata: { name: "b", labels: { a: "b" } }, data: { x: "1" } }, configMap);
  for (let at = 0; at < valid.length; at++)
    for (const byte of [0x00, 0x7f, 0xff]) {
      const broken = Uint8Array.from(valid);
      broken[at] = byte;
      try {
        decodeMessage(broken, configMap);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }
});

test("a watch event holds an object in its own envelope", () => {
  const event = schemaOf("io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent");
  const object = { kind: "ConfigMap", apiVersion: "v1", metadata: { name: "b" } };
  const bytes = encodeMessage({ type: "ADDED", object: encodeProtobuf(object, configMap) }, event);
  expect(decodeMessage(bytes, event)).toEqual({ type: "ADDED", object });
});

test.each([
  0,
  1,
  127,
  128,
  16383,
  16384,
  2097152,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 35,
  2 ** 42,
  2 ** 49 - 1,
  2 ** 49,
  Number.MAX_SAFE_INTEGER,
  -1,
  -(2 ** 31),
  Number.MIN_SAFE_INTEGER,
  2n ** 53n,
  2n ** 63n - 1n,
  -(2n ** 63n),
])("the number %s is read as it was written", (activeDeadlineSeconds) => {
  const schema = schemaOf("io.k8s.api.core.v1.PodSpec");
  expect(decodeMessage(encodeMessage({ activeDeadlineSeconds }, schema), schema)).toMatchObject({
    activeDeadlineSeconds,
  });
});

test.each(["", "a", "x".repeat(48), "x".repeat(49), "ü".repeat(48), "a𝒳", "x".repeat(20_000), "ü".repeat(200_000)])(
  "texts of any length and letters are written as they are (%#)",
  (text) => {
    const object = { metadata: { name: "b" }, data: { [`k${text}`]: text } };
    expect(decodeMessage(encodeMessage(object, configMap), configMap)).toEqual(object);
  },
);
