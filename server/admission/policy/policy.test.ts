import { expect, test } from "vitest";
import type { ObjectWatch } from "../../auth/object-watch.ts";
import type { KubeObject } from "../../meta/object.ts";
import { messageOf, TestObjects, testAttributes, testContext } from "../test-context.ts";
import { type MutatingPolicies, mutatingAdmissionPolicy } from "./mutating-admission-policy.ts";
import { compileMutator } from "./mutator.ts";
import { PolicySource } from "./policy-source.ts";
import { type ValidatingPolicies, validatingAdmissionPolicy } from "./validating-admission-policy.ts";
import { compileValidator } from "./validator.ts";

type Json = Record<string, unknown>;

const objects = new TestObjects();
objects.set("namespaces", { metadata: { name: "ns", labels: { team: "a" } } } as KubeObject);
for (const [name, max] of Object.entries({ one: "1", two: "2" })) {
  const metadata = { name, namespace: "ns", labels: { limits: "yes" } };
  objects.set("configmaps", { apiVersion: "v1", kind: "ConfigMap", metadata, data: { max } } as KubeObject);
}
const context = testContext(objects, {
  authorizer: {
    name: "jane may get",
    // Answers later, as a webhook does.
    authorize: async ({ verb }) => ({ decision: verb === "get" ? "allow" : "deny", reason: "asked" }),
  },
  resourcesOf: (_, __, kind) => (kind === "ConfigMap" ? [{ resource: "configmaps", namespaced: true }] : []),
});

const watching = (spec: Json, binding: Json): ObjectWatch => ({
  watch: ({ resource }, { set }) => {
    const own = resource.endsWith("bindings") ? { policyName: "p", ...binding } : spec;
    set({ metadata: { name: resource.endsWith("bindings") ? "b" : "p" }, spec: own } as never);
    return () => undefined;
  },
});
const matchConstraints = {
  matchPolicy: "Equivalent",
  namespaceSelector: {},
  objectSelector: {},
  resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["*"], resources: ["configmaps"], scope: "*" }],
};
const common = { matchConstraints, failurePolicy: "Fail" };

function request(data: Json) {
  const metadata = { name: "a", namespace: "ns" };
  return testAttributes<KubeObject>({
    resource: "configmaps",
    kind: { group: "", version: "v1", kind: "ConfigMap" },
    name: "a",
    object: { apiVersion: "v1", kind: "ConfigMap", metadata, data } as KubeObject,
  });
}

async function validate(spec: Json, binding: Json = {}) {
  const watch = watching({ ...common, ...spec }, { validationActions: ["Deny"], ...binding });
  const policies: ValidatingPolicies = new PolicySource(
    watch,
    { policies: "p", bindings: "bindings" },
    compileValidator,
  );
  const made = request({ k: "v", l: "w" });
  const plugin = validatingAdmissionPolicy(policies, () => []);
  const message = await messageOf(() => plugin.validate?.(made.attributes, context));
  return { ...made, message };
}

const denied = (message: string) =>
  `configmaps "a" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: ${message}`;
const limit = {
  paramKind: { apiVersion: "v1", kind: "ConfigMap" },
  validations: [
    { expression: "object.data.size() <= int(params.data.max)", messageExpression: "'at most ' + params.data.max" },
  ],
};
const costly = `${"[1,2,3,4,5,6,7,8,9,10].all(a, ".repeat(7)}true${")".repeat(7)}`;

test.each<[string, Json, Json, string]>([
  ["an expression that holds", { validations: [{ expression: "object.data.k == 'v'" }] }, {}, ""],
  ["one that does not", { validations: [{ expression: "false", message: " no " }] }, {}, denied("no")],
  [
    "a failure",
    { validations: [{ expression: "object.x == 1" }] },
    {},
    denied("expression 'object.x == 1' resulted in error: no such key: x"),
  ],
  ["an ignored failure", { failurePolicy: "Ignore", validations: [{ expression: "object.x == 1" }] }, {}, ""],
  [
    "a mistake",
    { validations: [{ expression: "1" }] },
    {},
    denied("compilation error: must evaluate to bool but got int"),
  ],
  ["the namespace", { validations: [{ expression: "namespaceObject.metadata.labels.team == 'a'" }] }, {}, ""],
  ["an authorizer", { validations: [{ expression: "authorizer.requestResource.check('get').allowed()" }] }, {}, ""],
  ["another verb", { validations: [{ expression: "authorizer.path('/x').check('put').reason() == 'asked'" }] }, {}, ""],
  [
    "conditions",
    { matchConditions: [{ name: "c", expression: "request.dryRun" }], validations: [{ expression: "false" }] },
    {},
    "",
  ],
  [
    "a variable that is null",
    { variables: [{ name: "v", expression: "oldObject" }], validations: [{ expression: "variables.v == null" }] },
    {},
    "",
  ],
  ["a parameter", limit, { paramRef: { name: "two" } }, ""],
  ["a lower one", limit, { paramRef: { name: "one" } }, denied("at most 1")],
  ["selected ones", limit, { paramRef: { selector: { matchLabels: { limits: "yes" } } } }, denied("at most 1")],
  ["none allowed", limit, { paramRef: { name: "no", parameterNotFoundAction: "Allow" } }, ""],
  [
    "none denied",
    limit,
    { paramRef: { name: "no", parameterNotFoundAction: "Deny" } },
    denied("failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction"),
  ],
  [
    "an unknown kind of parameter",
    { ...limit, paramKind: { apiVersion: "x.io/v1", kind: "X" } },
    {},
    "configmaps \"a\" is forbidden: ValidatingAdmissionPolicy 'p' denied request: failed to configure policy: failed to find resource referenced by paramKind: 'x.io/v1, Kind=X'",
  ],
  [
    "a variable that fails",
    { variables: [{ name: "v", expression: "object.no" }], validations: [{ expression: "variables.v == 1" }] },
    {},
    denied(
      `expression 'variables.v == 1' resulted in error: composited variable "v" fails to evaluate: no such key: no`,
    ),
  ],
  [
    "too much work",
    { validations: [{ expression: costly }] },
    {},
    denied(`expression '${costly}' resulted in error: operation cancelled: actual cost limit exceeded`),
  ],
])("%s", async (_, spec, binding, message) => {
  expect((await validate(spec, binding)).message).toBe(message);
});

test("warnings and annotations let the request pass", async () => {
  const { message, warnings, annotations } = await validate(
    {
      validations: [{ expression: "false", message: "careful" }],
      auditAnnotations: [{ key: "k", valueExpression: "'by ' + request.userInfo.username" }],
    },
    { validationActions: ["Warn", "Audit"] },
  );
  expect(message).toBe("");
  expect(warnings).toEqual(["Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': careful"]);
  expect(annotations).toEqual({
    "p/k": "by jane",
    "validation.policy.admission.k8s.io/validation_failure":
      '[{"message":"careful","policy":"p","binding":"b","expressionIndex":0,"validationActions":["Warn","Audit"]}]',
  });
});

async function mutate(mutations: readonly Json[], spec: Json = {}) {
  const watch = watching({ ...common, reinvocationPolicy: "Never", mutations, ...spec }, {});
  const policies: MutatingPolicies = new PolicySource(watch, { policies: "p", bindings: "bindings" }, compileMutator);
  const { attributes } = request({ k: "v" });
  const message = await messageOf(() => mutatingAdmissionPolicy(policies, () => []).admit?.(attributes, context));
  // A ConfigMap is what was sent.
  return message || (attributes.object as KubeObject & { data: Json }).data;
}
const apply = (expression: string) => ({ patchType: "ApplyConfiguration", applyConfiguration: { expression } });
const patch = (expression: string) => ({ patchType: "JSONPatch", jsonPatch: { expression } });
const refused = (message: string) => `policy 'p' with binding 'b' denied request: ${message}`;

test.each<[Json[], unknown]>([
  [[apply("Object{data: {'a': object.data.k}}")], { k: "v", a: "v" }],
  [[patch("[JSONPatch{op: 'replace', path: '/data', value: {'a': 'b'}}]")], { a: "b" }],
  [
    [apply("Object{data: {'a': 'b'}}"), patch("[JSONPatch{op: 'copy', from: '/data/a', path: '/data/c'}]")],
    { k: "v", a: "b", c: "b" },
  ],
  [[patch("[JSONPatch{op: 'test', path: '/data/k', value: 'x'}, JSONPatch{op: 'remove', path: '/data'}]")], { k: "v" }],
  [
    [patch("[JSONPatch{op: 'remove', path: '/no/x'}]")],
    refused('JSON Patch: remove operation does not apply: doc is missing path: "/no/x": missing value'),
  ],
  [
    [patch("[JSONPatch{op: 'add', path: '/nope', value: 1}]")],
    'Internal error occurred: strict decoding error: unknown field "nope"',
  ],
  [
    [apply("Object{data: Object.spec{a: 'b'}}")],
    refused(
      'type mismatch: unexpected type name "Object.spec", expected "Object.data", which matches field name path from root Object type',
    ),
  ],
  [
    [apply("Object{nope: 1}")],
    refused(
      "error applying patch: failed to convert patch object to typed object: .nope: field not declared in schema",
    ),
  ],
  [
    [apply("Object{data: null}")],
    refused(
      "error applying patch: failed to convert patch object to typed object: .data: expected map, got &{NULL_VALUE}",
    ),
  ],
])("%j gives %j", async (mutations, expected) => {
  expect(await mutate(mutations)).toEqual(expected);
});

test.each([
  ["IfNeeded", { k: "vxx" }],
  ["Never", { k: "vx" }],
])("a policy alone with reinvocationPolicy %s leaves %j", async (reinvocationPolicy, data) => {
  const mutations = [apply("Object{data: {'k': object.data.k + 'x'}}")];
  const watch = watching({ ...common, reinvocationPolicy, mutations }, {});
  const policies: MutatingPolicies = new PolicySource(watch, { policies: "p", bindings: "bindings" }, compileMutator);
  const { attributes } = request({ k: "v" });
  const plugin = mutatingAdmissionPolicy(policies, () => []);
  await plugin.admit?.(attributes, context);
  expect(attributes.reinvocation).toMatchObject({ required: true });
  Object.assign(attributes.reinvocation!, { isReinvoke: true });
  await plugin.admit?.(attributes, context);
  expect(attributes.object).toMatchObject({ data });
});

test("nobody is locked out of policies, and a connection shows its options as the object", async () => {
  const rules = [{ ...matchConstraints.resourceRules[0], apiGroups: ["*"], apiVersions: ["*"], resources: ["*/*"] }];
  const spec = {
    ...common,
    matchConstraints: { ...matchConstraints, resourceRules: rules },
    validations: [{ expression: "request.options != null || object.stdin", message: "no" }],
  };
  const watch = watching(spec, { validationActions: ["Deny"] });
  const policies: ValidatingPolicies = new PolicySource(
    watch,
    { policies: "p", bindings: "bindings" },
    compileValidator,
  );
  const plugin = validatingAdmissionPolicy(policies, () => []);
  const ask = (more: object) =>
    messageOf(() => plugin.validate?.(testAttributes<KubeObject>(more).attributes, context));
  // The cast: options of connections have no metadata.
  const exec = (stdin: boolean) => ({
    operation: "CONNECT",
    subresource: "exec",
    kind: { group: "", version: "v1", kind: "PodExecOptions" },
    object: { apiVersion: "v1", kind: "PodExecOptions", stdin } as unknown as KubeObject,
  });
  expect(await ask(exec(true))).toBe("");
  expect(await ask(exec(false))).toBe(
    "pods \"p\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no",
  );
  const group = "admissionregistration.k8s.io";
  expect(await ask({ ...exec(false), group, resource: "validatingadmissionpolicies" })).toBe("");
});
