import { expect, test } from "vitest";
import type { Attributes } from "../../auth/authorizer.ts";
import { compile } from "../compile.ts";
import { toJson } from "../to-json.ts";
import { DYN } from "../types.ts";
import { AUTHORIZER_TYPE, authorizerValue, RESOURCE_CHECK_TYPE, requestResourceValue } from "./authorizer.ts";
import { patchLibrary, patchStruct } from "./patch.ts";

const asked: string[] = [];
const ask = ({ user, verb, path, group, resource, subresource, namespace, name }: Attributes) => {
  asked.push([user.name, verb, path, group, resource, subresource, namespace, name].join(","));
  return { decision: verb === "get" ? ("allow" as const) : ("no-opinion" as const), reason: "because" };
};
const jane = { name: "jane", groups: [] };
const request = { group: "apps", resource: "deployments", subresource: "scale", namespace: "ns", name: "d" };

test.each([
  ["authorizer.group('').resource('pods').namespace('ns').check('get').allowed()", true, "jane,get,,,pods,,ns,"],
  ["authorizer.path('/healthz').check('post').allowed()", false, "jane,post,/healthz,,,,,"],
  ["authorizer.requestResource.check('get').reason()", "because", "jane,get,,apps,deployments,scale,ns,d"],
  [
    "authorizer.serviceAccount('a', 'b').group('x').resource('y').subresource('s').name('n').check('get').errored()",
    false,
    "system:serviceaccount:a:b,get,,x,y,s,,n",
  ],
  ["authorizer.path(' ').check('get').allowed()", "path must not be empty", ""],
  ["authorizer.serviceAccount('a.b', 'c').path('/').check('get').allowed()", "Invalid service account namespace", ""],
])("%s gives %s", (expression, expected, attributes) => {
  const variables = { authorizer: AUTHORIZER_TYPE, "authorizer.requestResource": RESOURCE_CHECK_TYPE };
  const program = compile(expression, { variables });
  if (!program.ok) throw new Error(program.message);
  asked.length = 0;
  const outcome = program.evaluate({
    authorizer: authorizerValue(jane, ask),
    "authorizer.requestResource": requestResourceValue(jane, ask, request),
  });
  expect(outcome.ok ? outcome.value : outcome.message).toBe(expected);
  expect(asked.join()).toBe(attributes);
});

const run = (expression: string) => {
  const options = { variables: { object: DYN }, functions: patchLibrary, structs: patchStruct };
  const program = compile(expression, options);
  if (!program.ok) return program.message.split("\n")[0];
  const outcome = program.evaluate({ object: { metadata: { name: "x" }, n: 3, none: null } });
  return outcome.ok ? toJson(outcome.value) : outcome.message;
};

test.each([
  [
    "Object{spec: Object.spec{replicas: object.n, l: ['a'], ?no: optional.none()}}",
    { spec: { replicas: 3, l: ["a"] } },
  ],
  [
    "[JSONPatch{op: 'add', path: '/m/' + jsonpatch.escapeKey('a/b~c'), value: {'k': object.metadata.name}}]",
    [{ op: "add", path: "/m/a~1b~0c", value: { k: "x" } }],
  ],
  ["[JSONPatch{op: 'test'}] + [JSONPatch{op: 'add', value: null}]", [{ op: "test" }, { op: "add", value: null }]],
  ["JSONPatch{op: 'a'}.op", "a"],
  ["has(Object{a: 1}.b)", false],
  ["JSONPatch{op: object.n}", "unexpected type int64 for JSONPatchType 'op' field"],
  ["JSONPatch{op: 1}", "ERROR: <input>:1:13: expected type of field 'op' is 'string' but provided type is 'int'"],
  ["JSONPatch{no: 1}", "ERROR: <input>:1:13: expected type of field 'no' is '' but provided type is 'int'"],
  ["Other{a: 1}", "ERROR: <input>:1:6: undeclared reference to 'Other' (in container '')"],
  ["timestamp('2024-01-01T00:00:00Z')", "2024-01-01T00:00:00Z"],
])("%s gives %j", (expression, expected) => {
  expect(run(expression)).toEqual(expected);
});
