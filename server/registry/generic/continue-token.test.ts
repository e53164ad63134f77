import { describe, expect, test } from "vitest";
import { decodeContinue, encodeContinue } from "./continue-token.ts";

const PREFIX = "/registry/configmaps/";
const encoded = (text: string) => Buffer.from(text).toString("base64url");

test("a token leads on behind the last key of its page", () => {
  const token = encodeContinue("/registry/configmaps/a/x", PREFIX, 7);
  expect(decodeContinue(token, PREFIX)).toEqual({ after: "/registry/configmaps/a/x", revision: 7 });
});

describe("tokens that nobody was given are refused in Go's words", () => {
  const START = 'server does not recognize this encoded version ""'.slice(0, -2);
  test.each([
    [encoded('{"v":"meta.k8s.io/v1","rv":"x","start":5}'), "Go struct field continueToken.rv of type int64"],
    [encoded('{"v":"meta.k8s.io/v1","rv":1.5,"start":"a"}'), "number 1.5 into Go struct field continueToken.rv"],
    [encoded('{"v":"meta.k8s.io/v1","rv":3,"start":5}'), "Go struct field continueToken.start of type string"],
    [encoded('{"v":7}'), "json: cannot unmarshal number into Go struct field continueToken.v of type string"],
    [encoded("[]"), "json: cannot unmarshal array into Go value of type storage.continueToken"],
    [encoded('"x"'), "json: cannot unmarshal string into Go value of type storage.continueToken"],
    [encoded("null"), START],
    [encoded("{}"), START],
    [encoded("{"), "unexpected end of JSON input"],
    [encoded("abc"), "invalid character 'a' looking for beginning of value"],
    ["x", "illegal base64 data at input byte 0"],
    ["!!", "illegal base64 data at input byte 0"],
    [encoded('{"v":"meta.k8s.io/v1","rv":0,"start":"a"}'), "incorrect encoded start resourceVersion"],
    [encoded('{"v":"meta.k8s.io/v1","rv":1}'), "encoded start key empty"],
    [encoded('{"v":"meta.k8s.io/v1","rv":1,"start":"../a"}'), "continue key is not valid: ../a"],
  ])("%s", (token, text) => {
    expect(() => decodeContinue(token, PREFIX)).toThrow(`invalid continue token: continue key is not valid: `);
    expect(() => decodeContinue(token, PREFIX)).toThrow(text);
  });
});
