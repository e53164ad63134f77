import { describe, expect, test } from "vitest";
import type { ConfigMap } from "./api/core.v1.ts";
import { coerce, convert, decodeJson } from "./decode.ts";
import { decodeTypeMeta } from "./decode-tree.ts";
import { encodeJson } from "./encode.ts";
import { schemaForKind, schemaOf } from "./types.ts";

const KINDS = {
  configMap: schemaOf("io.k8s.api.core.v1.ConfigMap"),
  deployment: schemaOf("io.k8s.api.apps.v1.Deployment"),
  service: schemaOf("io.k8s.api.core.v1.Service"),
  event: schemaOf("io.k8s.api.core.v1.Event"),
  volume: schemaOf("io.k8s.api.core.v1.PersistentVolume"),
  definition: schemaOf("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition"),
};
const bytes = (text: string) => Buffer.from(text);

test("an empty list of managers is kept, since it asks to forget them", () => {
  const { value } = decodeJson<ConfigMap>(
    bytes('{"metadata":{"managedFields":[],"finalizers":[]}}'),
    KINDS.configMap,
    "Ignore",
  );
  expect(Object.entries(value.metadata ?? {})).toEqual([["managedFields", []]]);
});

describe("what a body becomes", () => {
  test.each([
    ["configMap", '{"data":{"a":null},"immutable":false}', '{"metadata":{},"immutable":false,"data":{"a":""}}'],
    ["configMap", '{"metadata":{"labels":{},"name":"","generation":0}}', '{"metadata":{}}'],
    [
      "configMap",
      '{"data":{"b":"<&>","__proto__":"x"}}',
      '{"metadata":{},"data":{"__proto__":"x","b":"\\u003c\\u0026\\u003e"}}',
    ],
    ["configMap", '{"binaryData":{"a":"AB\\n=="}}', '{"metadata":{},"binaryData":{"a":"AA=="}}'],
    [
      "service",
      '{"spec":{"ports":[{"targetPort":null},null]}}',
      '{"metadata":{},"spec":{"ports":[{"port":0,"targetPort":0},{"port":0,"targetPort":0}]},"status":{"loadBalancer":{}}}',
    ],
    [
      "event",
      '{"firstTimestamp":"2026-01-02T03:04:05.6+02:00","lastTimestamp":"0001-01-01T00:00:00Z"}',
      '{"metadata":{},"involvedObject":{},"source":{},"firstTimestamp":"2026-01-02T01:04:05Z","lastTimestamp":null,"eventTime":null,"reportingComponent":"","reportingInstance":""}',
    ],
    [
      "volume",
      '{"spec":{"capacity":{"a":"1024Ki","b":0.5,"c":1e+21}}}',
      '{"metadata":{},"spec":{"capacity":{"a":"1Mi","b":"500m","c":"1e+21"}},"status":{}}',
    ],
  ] as const)("%s %s", (kind, body, printed) => {
    const { value, problems } = decodeJson(bytes(body), KINDS[kind], "Strict");
    expect(problems).toEqual([]);
    expect(encodeJson(value, KINDS[kind])).toBe(printed);
  });
});

describe("what Go says about a body", () => {
  test.each([
    ["configMap", "{not json", "invalid character 'n' looking for beginning of object key string"],
    ["configMap", '{"data":{}}x', "invalid character 'x' after top-level value"],
    ["configMap", '{"data":{"a":"b"', "unexpected end of JSON input"],
    ["configMap", '{"data":{"a":"\u0001"}}', "invalid character '\\x01' in string literal"],
    ["configMap", '{"data":{"a":nul}}', "invalid character '}' in literal null (expecting 'l')"],
    ["configMap", "[]", "json: cannot unmarshal array into Go value of type v1.ConfigMap"],
    [
      "configMap",
      '{"metadata":"x"}',
      "json: cannot unmarshal string into Go struct field ConfigMap.metadata of type v1.ObjectMeta",
    ],
    [
      "configMap",
      '{"data":{"a":1}}',
      "json: cannot unmarshal number into Go struct field ConfigMap.data of type string",
    ],
    ["configMap", '{"binaryData":{"a":"!"}}', "illegal base64 data at input byte 0"],
    [
      "deployment",
      '{"spec":{"replicas":2.5}}',
      "json: cannot unmarshal number 2.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
    ],
    [
      "deployment",
      '{"spec":{"replicas":2147483648}}',
      "json: cannot unmarshal number 2147483648 into Go struct field DeploymentSpec.spec.replicas of type int32",
    ],
    [
      "deployment",
      '{"spec":{"template":{"spec":{"containers":[{"imagePullPolicy":1}]}}}}',
      "json: cannot unmarshal number into Go struct field Container.spec.template.spec.containers.imagePullPolicy of type v1.PullPolicy",
    ],
    [
      "deployment",
      '{"spec":{"replicas":"x","template":{"metadata":{"creationTimestamp":"now"}}}}',
      'parsing time "now" as "2006-01-02T15:04:05Z07:00": cannot parse "now" as "2006"',
    ],
    [
      "volume",
      '{"spec":{"nfs":{"server":1}}}',
      "json: cannot unmarshal number into Go struct field NFSVolumeSource.spec.PersistentVolumeSource.nfs.server of type string",
    ],
    [
      "volume",
      '{"spec":{"capacity":{"a":true}}}',
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [
      "event",
      '{"firstTimestamp":1}',
      "json: cannot unmarshal number into Go struct field Event.firstTimestamp of type string",
    ],
    [
      "definition",
      '{"spec":{"versions":[{"schema":{"openAPIV3Schema":{"additionalProperties":1}}}]}}',
      "boolean or JSON schema expected",
    ],
  ] as const)("%s %s", (kind, body, message) => {
    expect(() => decodeJson(bytes(body), KINDS[kind], "Ignore")).toThrow(expect.objectContaining({ message }));
  });
});

test.each([
  [
    '{"metadata":{"name":"a","name":"b","labels":{"x":"1","x":"2"}},"data":{"k":"1"},"data":{"k":"2"}}',
    ['duplicate field "metadata.name"', 'duplicate field "metadata.labels.x"', 'duplicate field "data"'],
  ],
  [
    '{"zzz":1,"metadata":{"ownerReferences":[{"extra":1}],"nope":{}},"Data":{}}',
    [
      'unknown field "zzz"',
      'unknown field "metadata.ownerReferences[0].extra"',
      'unknown field "metadata.nope"',
      'unknown field "Data"',
    ],
  ],
])("strict findings of %s come in order", (body, problems) => {
  expect(decodeJson(bytes(body), KINDS.configMap, "Warn").problems).toEqual(problems);
  expect(decodeJson(bytes(body), KINDS.configMap, "Ignore").problems).toEqual([]);
});

test("no more than a hundred findings are told", () => {
  const body = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`unknown${index}`, 1]));
  expect(coerce(body, KINDS.configMap, "Warn").problems).toHaveLength(100);
});

test("custom resources keep their JSON, and duplicate keys in it are found", () => {
  const { value, problems } = decodeJson(
    bytes('{"spec":{"a":null,"b":[{"c":1,"c":2.50}]}}'),
    { type: "any" },
    "Strict",
  );
  expect(value).toEqual({ spec: { a: null, b: [{ c: 2.5 }] } });
  expect(problems).toEqual(['duplicate field "spec.b[0].c"']);
});

test("deep nesting is refused, not a crash", () => {
  const deep = `${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`;
  expect(() => decodeJson(bytes(deep), { type: "any" }, "Warn")).toThrow("exceeded max depth");
  expect(() => coerce(JSON.parse(deep), { type: "any" }, "Warn")).toThrow("exceeded max depth");
});

test.each([
  ['{"Kind":"A","apiVersion":"v1"}', { apiVersion: "v1", kind: "A" }],
  ["null", { apiVersion: "", kind: "" }],
])("%s names its type", (body, typeMeta) => {
  expect(decodeTypeMeta(bytes(body))).toEqual(typeMeta);
});

test.each([
  ["", "meta.k8s.io", "v1", "Table"],
  ["", "apps", "v1", "DeleteOptions"],
  ["", "", "v1", "Status"],
  ["", "", "v1", "PodList"],
])("%s%s/%s has the kind %s", (_, group, version, kind) => {
  expect(schemaForKind(group, version, kind)?.name?.endsWith(`.${kind}`)).toBe(true);
});

const scaleTo = (replicas: unknown) => ({ spec: { replicas } });
test.each([
  [3_000_000_000, -1_294_967_296],
  [-3_000_000_000, 1_294_967_296],
  [2n ** 63n - 1n, -1],
  [2 ** 63, undefined],
  [1e23, undefined],
  [1e3, 1000],
])("a map's number %s becomes an int32 of %s, as where Go converts it", (sent, replicas) => {
  const { value } = convert(scaleTo(sent), schemaOf("io.k8s.api.autoscaling.v1.Scale"), "Strict");
  expect(value).toHaveProperty("spec", replicas === undefined ? {} : { replicas }); // a zero is left out
});

test.each([1.5, "3", true])("a map's %j is still no int32", (sent) => {
  const schema = schemaOf("io.k8s.api.autoscaling.v1.Scale");
  expect(() => convert(scaleTo(sent), schema, "Strict")).toThrow(/of type int32$/);
});
