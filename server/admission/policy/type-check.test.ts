import { expect, test } from "vitest";
import { checkPolicyTypes } from "./type-check.ts";

const text = { type: "string" };
const ref = (name: string) => ({ allOf: [{ $ref: `#/components/schemas/${name}` }] });
const schemas = {
  "example.Widget": {
    type: "object",
    "x-kubernetes-group-version-kind": [{ group: "example.com", version: "v1", kind: "Widget" }],
    properties: { apiVersion: text, kind: text, metadata: ref("example.Meta"), spec: ref("example.Spec") },
  },
  "example.Meta": {
    type: "object",
    properties: { name: text, generateName: text, labels: { type: "object", additionalProperties: text } },
  },
  "example.Spec": {
    type: "object",
    properties: {
      replicas: { type: "integer", format: "int32" },
      port: { format: "int-or-string", oneOf: [{ type: "integer" }, text] },
      size: { oneOf: [text, { type: "number" }] },
      parts: { type: "array", items: ref("example.Spec") },
    },
  },
};
const widget = { group: "example.com", version: "v1", kind: "Widget", schemas };
const gone = { ...widget, kind: "Gone" };

function warningsOf(validation: { expression: string; messageExpression?: string }, more = {}) {
  const spec = { validations: [validation], ...more };
  const types = { kinds: [gone, widget], suffix: "7" };
  return checkPolicyTypes({ metadata: { name: "p" }, spec, status: {} }, types);
}

test.each([
  "object.spec.replicas > 1 && oldObject.metadata.labels['a'] == 'b'",
  "object.spec.port == 'http' && object.spec.port == 80",
  "object.spec.parts.all(p, p == dyn(object))",
  "request.name == object.metadata.name && authorizer.group('').resource('pods').check('get').allowed()",
  "object", // no type is asked for
])("%s says nothing wrong", (expression) => {
  expect(warningsOf({ expression })).toEqual([]);
});

test.each([
  ["object.spec.nothing == 1", "1:12: undefined field 'nothing'\n | object.spec.nothing == 1\n | ...........^"],
  [
    "object.spec.replicas == 'many'",
    "1:22: found no matching overload for '_==_' applied to '(int, string)'\n | object.spec.replicas == 'many'\n | .....................^",
  ],
  [
    "object.spec + 1 == 2",
    "1:13: found no matching overload for '_+_' applied to '(Widget7.spec, int)'\n | object.spec + 1 == 2\n | ............^",
  ],
  [
    "object.spec.parts[0].parts[0].replicas == 1", // a type inside itself is shown once
    "1:21: undefined field 'parts'\n | object.spec.parts[0].parts[0].replicas == 1\n | ....................^",
  ],
  [
    "object.spec.size == '1Gi'", // types that are text or number are not shown
    "1:12: undefined field 'size'\n | object.spec.size == '1Gi'\n | ...........^",
  ],
  [
    "authorizer.requestResource.check('get').allowed()",
    "1:11: unexpected failed resolution of 'kubernetes.authorization.Authorizer'\n | authorizer.requestResource.check('get').allowed()\n | ..........^",
  ],
])("%s is warned of", (expression, warning) => {
  const prefix = "example.com/v1, Kind=Widget: ERROR: <input>:";
  expect(warningsOf({ expression })).toEqual([
    { fieldRef: "spec.validations[0].expression", warning: `${prefix}${warning}\n` },
  ]);
});
