import { expect, test } from "vitest";
import { CUSTOM, ITEM, LIST, negotiate, negotiatePlain, parseAccept, type Restrictions } from "./negotiate.ts";
import type { Ctx } from "./respond.ts";
import { RequestState } from "./state.ts";

const NOT_ROUTED =
  "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf";
const REFUSED =
  "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf";

function ask(accept: string, restrictions: Restrictions, query = "", agent = "") {
  const state = new RequestState(new Date(0));
  state.query = new URLSearchParams(query);
  // Only what negotiation reads.
  return negotiate({ state, req: { headers: { accept, "user-agent": agent } } } as unknown as Ctx, restrictions);
}

test.each([
  ["", ITEM, "json"],
  ["*/*", ITEM, "json"],
  ["application/yaml", ITEM, "yaml"],
  ["application/xml, application/json;q=0.5", ITEM, "json"],
  ["application/yaml;q=0.2,application/json;q=0.9", ITEM, "json"],
  ["application/vnd.kubernetes.protobuf, application/json", ITEM, "protobuf"],
  ["application/vnd.kubernetes.protobuf, application/json", CUSTOM, "json"],
  ["application/json;as=Chair;v=v1;g=meta.k8s.io,application/json", ITEM, "json"],
  ["application/json;stream=watch", LIST, "json"],
  ["application/json;as=", ITEM, "json"],
  ["application/yaml;q=much,application/json;q=0.1", ITEM, "json"],
])("Accept %j gives %o", (accept, restrictions, format) => {
  expect(ask(accept, restrictions)).toMatchObject({ format, pretty: false });
});

test.each([
  ["application/xml", ITEM, NOT_ROUTED],
  ["application/*", ITEM, NOT_ROUTED],
  ["application/cbor", ITEM, NOT_ROUTED],
  [
    "application/xml",
    LIST,
    `${NOT_ROUTED}, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch`,
  ],
  ["application/xml", CUSTOM, REFUSED],
  ["application/json;as=Table;v=v2;g=meta.k8s.io", ITEM, REFUSED],
  ["application/json;as=PartialObjectMetadata;v=v1", ITEM, REFUSED],
  ["application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io", ITEM, REFUSED],
  ['application/json;as="Table";v="v1";g="meta.k8s.io"', ITEM, REFUSED],
])("Accept %j is refused", (accept, restrictions, message) => {
  expect(() => ask(accept, restrictions)).toThrow(message);
});

test("parameters are known by their names as they are written", () => {
  expect(ask("application/json;as=Table;v=v1;g=meta.k8s.io", ITEM).convert).toBeDefined();
  expect(ask("application/json;AS=Table;V=v1;G=meta.k8s.io", ITEM).convert).toBeUndefined();
});

test.each([
  ["*", "json"],
  ["application/*", "json"],
  ["application/yaml;q=0.5", "yaml"],
  ["text/html", undefined],
])("an error to Accept %j is %s, though nothing was routed", (accept, format) => {
  const state = new RequestState(new Date(0));
  expect(negotiatePlain({ state, req: { headers: { accept } } } as unknown as Ctx)?.format).toBe(format); // as above
});

test("the first transform that can be done wins", () => {
  const accept =
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
  expect(ask(accept, ITEM).convert).toEqual({ kind: "Table", group: "meta.k8s.io", version: "v1" });
});

test.each([
  ["pretty=true", "", true],
  ["pretty=0", "curl/8", false],
  ["", "curl/8", true],
  ["", "Mozilla/5.0", true],
  ["", "kubectl/v1.36", false],
])("?%s from %j is pretty: %s", (query, agent, pretty) => {
  expect(ask("*/*", ITEM, query, agent).pretty).toBe(pretty);
});

test("wildcards come last among equals", () => {
  expect(parseAccept("*/*, text/*, text/plain").map((c) => `${c.type}/${c.subtype}`)).toEqual([
    "text/plain",
    "text/*",
    "*/*",
  ]);
});
