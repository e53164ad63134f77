/** Requests that nobody sane sends: real ones of every kind, with a few things in them replaced. */
import fc from "fast-check";
import type { Json } from "../http.ts";
import { type Sample, samples } from "../samples.ts";

/** What goes to the server. */
export interface FuzzedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

export const namespace = "fuzz";

const STRANGE_TEXTS = [
  "",
  ".",
  "..",
  "/",
  "%",
  "%00",
  "%2e%2e",
  "%FF",
  "~1~0",
  "a b",
  "A_B",
  "é",
  "\u0000",
  "\ud800",
  "__proto__",
  "constructor",
  "$patch",
  "null",
  "-1",
  "1e400",
  "9223372036854775808",
  "1e-100000000",
  "2020-13-45T99:99:99Z",
  "10.0.0.0/99",
  "::ffff:1.2.3.4",
  "a=b,c in (d",
  "metadata.name=x\\",
  "x".repeat(300),
  "self.a.all(x, x.all(y, y > 0))",
  "(a+)+$",
  '{"v":"meta.k8s.io/v1","rv":-1,"start":"x"}',
];
const STRANGE_VALUES = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 31,
  2 ** 53,
  1e21,
  [],
  {},
  [null],
  [[]],
  [{}],
  { a: { a: { a: {} } } },
  { $patch: "delete" },
  { $patch: "replace", a: 1 },
  { $retainKeys: ["a"] },
  { "$setElementOrder/containers": [{ name: "main" }, 1] },
  { "$deleteFromPrimitiveList/finalizers": ["a"] },
  [{ op: "add", path: "/metadata/-", value: 1 }],
  { kind: "Status" },
];

const text = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...STRANGE_TEXTS) }, fc.string({ maxLength: 40 }));
const value: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...STRANGE_VALUES) },
  { weight: 3, arbitrary: text },
  fc.jsonValue({ maxDepth: 3 }),
);

/** Every place in a JSON value, as a path of keys. */
function places(json: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof json !== "object" || json === null) return [path];
  return [path, ...Object.entries(json).flatMap(([key, member]) => places(member, [...path, key]))];
}

function replaced(json: Json, [key, ...rest]: readonly string[], by: unknown): Json {
  if (key === undefined) return by;
  const copy: Json = Array.isArray(json) ? [...json] : { ...json };
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

/** The JSON with up to three places replaced, or told twice. */
function mutated(json: Json): fc.Arbitrary<Json> {
  const all = places(json);
  const edit = fc.tuple(fc.nat({ max: all.length - 1 }), value);
  const edits = fc.oneof(fc.constant([]), fc.array(edit, { maxLength: 3 }));
  return edits.map((list) =>
    // A place may be gone by the time that it is to be replaced.
    list.reduce(
      (changed, [at, by]) => (places(changed).length > at ? replaced(changed, places(changed)[at]!, by) : by),
      json,
    ),
  );
}

function objectOf({ apiVersion, kind, object }: Sample, name: string): Json {
  return { apiVersion, kind, metadata: { name, labels: { a: "b" }, finalizers: ["a/b"] }, ...object };
}

const pointer = (json: Json) => fc.nat({ max: places(json).length - 1 }).map((at) => `/${places(json)[at]!.join("/")}`);

function jsonPatch(json: Json): fc.Arbitrary<unknown> {
  const path = fc.oneof({ weight: 3, arbitrary: pointer(json) }, text);
  const op = fc.constantFrom("add", "remove", "replace", "move", "copy", "test", "", "other");
  return fc.array(fc.record({ op, path, from: path, value }, { requiredKeys: ["op"] }), { maxLength: 6 });
}

const QUERIES = [
  "dryRun fieldManager fieldValidation force pretty timeout limit continue resourceVersion resourceVersionMatch",
  "watch allowWatchBookmarks sendInitialEvents timeoutSeconds labelSelector fieldSelector propagationPolicy",
  "gracePeriodSeconds orphanDependents container tailLines command ports path includeObject",
].flatMap((line) => line.split(" "));
const queryValue = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom("All", "true", "false", "1", "0", "Strict", "Exact", "NotOlderThan", "Orphan"),
  },
  text,
  text.map((each) => Buffer.from(each).toString("base64url")),
);
const query = fc
  .array(fc.tuple(fc.constantFrom(...QUERIES), queryValue), { maxLength: 3 })
  // A watch without an end would last as long as the server lets it.
  .map((pairs) =>
    [...pairs, ["timeoutSeconds", "1"]].map(([k, v]) => `${k}=${encodeURIComponent(`${v}`.toWellFormed())}`),
  )
  .map((pairs) => pairs.join("&"));

const ACCEPTS = [
  "application/json",
  "application/yaml",
  "application/vnd.kubernetes.protobuf",
  "application/json;as=Table;v=v1;g=meta.k8s.io",
  "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
  "*/*;q=x,;;=",
];
const TYPES = [
  "application/json",
  "application/yaml",
  "application/vnd.kubernetes.protobuf",
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
  "a/b",
];
const headerText = text.map((each) => each.replace(/[^\x20-\x7e]/g, "?"));
const extra = fc.oneof(
  { weight: 20, arbitrary: fc.constant({}) },
  headerText.map((each) => ({ authorization: `Bearer ${each}` })),
  headerText.map((each) => ({ "impersonate-user": each, "impersonate-group": each, "impersonate-extra-%": each })),
  headerText.map((each) => ({ "content-encoding": each, "if-none-match": each, "audit-id": each, upgrade: each })),
);

/** The usual method of a media type and path, most of the time. */
function methodOf(type: string, depth: string): fc.Arbitrary<string> {
  const usual = depth === "collection" ? ["POST"] : type.includes("patch") ? ["PATCH"] : ["PUT", "GET", "DELETE"];
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...usual) },
    fc.constantFrom("GET", "DELETE", "OPTIONS", "PATCH", "HEAD"),
  );
}

function bodyOf(type: string, object: Json): fc.Arbitrary<string> {
  const json = type === "application/json-patch+json" ? jsonPatch(object) : mutated(object);
  const whole = json.map((each) => JSON.stringify(each) ?? "");
  return fc.oneof(
    { weight: 8, arbitrary: whole },
    // Cut off, told twice, numbers that JSON.stringify does not write, bytes.
    fc.tuple(whole, fc.nat()).map(([all, at]) => all.slice(0, at % (all.length + 1))),
    whole.map((all) => all.replace("{", '{"metadata":{},')),
    whole.map((all) => all.replace(/:(?:"[^"]*"|\d+)/, ":1e400")),
    fc.string({ unit: "binary", maxLength: 60 }),
  );
}

/** One request, to objects that may be there because an earlier one made them. */
export const arbitraryRequest: fc.Arbitrary<FuzzedRequest> = fc
  .record({
    sample: fc.constantFrom(...samples),
    type: fc.constantFrom(...TYPES),
    accept: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...ACCEPTS) }, headerText),
    name: fc.oneof({ weight: 9, arbitrary: fc.constantFrom("one", "two") }, text),
    depth: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom("collection", "item", "item") },
      fc.constantFrom("status", "scale", "binding", "eviction", "token", "log", "proxy", "finalize"),
    ),
  })
  .chain(({ sample, type, accept, name, depth }) => {
    const root = sample.apiVersion.includes("/") ? `/apis/${sample.apiVersion}` : `/api/${sample.apiVersion}`;
    const plural = sample.resource.slice(sample.resource.lastIndexOf("/") + 1);
    const collection = `${root}/${sample.namespaced ? `namespaces/${namespace}/` : ""}${plural}`;
    const below = depth === "item" ? "" : `/${depth}`;
    // Names reach the wire as they are, but for what no HTTP client lets through.
    const segment = name.replace(/[^\x21-\x7e]/g, "_").replace(/[?#]/g, "_");
    return fc.record({
      method: methodOf(type, depth),
      path: query.map(
        (asked) => `${depth === "collection" ? collection : `${collection}/${segment}${below}`}?${asked}`,
      ),
      headers: extra.map((more) => ({ accept, "content-type": type, ...more })),
      body: fc.option(bodyOf(type, objectOf(sample, segment)), { nil: undefined, freq: 6 }),
    });
  });
