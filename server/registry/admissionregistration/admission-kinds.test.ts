import { expect, test, vi } from "vitest";
import type { RequestContext } from "../kind.ts";
import { mutatingAdmissionPolicy } from "./mutating-admission-policy.ts";
import { validatingAdmissionPolicy } from "./validating-admission-policy.ts";
import { validatingAdmissionPolicyBinding } from "./validating-admission-policy-binding.ts";
import { validatingWebhookConfiguration } from "./validating-webhook-configuration.ts";

const checkExpression = (expression: string) => (expression === "bad" ? "compilation failed" : undefined);
// The strategies read no more of a request than this.
const context = { services: { checkExpression } } as unknown as RequestContext;
const definitions = {
  mutatingAdmissionPolicy,
  validatingAdmissionPolicy,
  validatingAdmissionPolicyBinding,
  validatingWebhookConfiguration,
};
const rule = { operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] };
const hook = (more: object = {}) => ({
  webhooks: [
    {
      name: "a.example.com",
      clientConfig: { url: "https://x.example" },
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
      ...more,
    },
  ],
});
const policy = (more: object = {}) => ({
  spec: { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: "true" }], ...more },
});

test.each<[keyof typeof definitions, object, string[]]>([
  ["validatingWebhookConfiguration", hook({ rules: [rule] }), []],
  [
    "validatingWebhookConfiguration",
    hook({ rules: [{ ...rule, resources: ["pods/*", "pods/log"] }] }),
    [`webhooks[0].rules[0].resources[1]: Invalid value: "pods/log": if 'pods/*' is present, must not specify pods/log`],
  ],
  [
    "validatingWebhookConfiguration",
    hook({ clientConfig: { url: "https://u@x.example/?q#f" } }),
    [
      'webhooks[0].clientConfig.url: Invalid value: "u": user information is not permitted in the URL',
      'webhooks[0].clientConfig.url: Invalid value: "f": fragments are not permitted in the URL',
      'webhooks[0].clientConfig.url: Invalid value: "q": query parameters are not permitted in the URL',
    ],
  ],
  ...[
    [":bad", 'parse ":bad": missing protocol scheme'],
    ["1:b", 'parse "1:b": first path segment in URL cannot contain colon'],
    ["https://x:y/#f", 'parse "https://x:y/": invalid port ":y" after host'],
    ["https://x/%zz", 'parse "https://x/%zz": invalid URL escape "%zz"'],
    ["https://a b", 'parse "https://a b": invalid character " " in host name'],
  ].map(([url, problem]): [keyof typeof definitions, object, string[]] => [
    "validatingWebhookConfiguration",
    hook({ clientConfig: { url } }),
    [
      `webhooks[0].clientConfig.url: Required value: url must be a valid URL: ${problem}; desired format: https://host[/path]`,
    ],
  ]),
  [
    "validatingWebhookConfiguration",
    hook({ matchConditions: [{ name: "a", expression: "bad" }] }),
    ['webhooks[0].matchConditions[0].expression: Invalid value: "bad": compilation failed'],
  ],
  [
    "validatingWebhookConfiguration",
    hook({ admissionReviewVersions: ["v9"] }),
    ['webhooks[0].admissionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1'],
  ],
  ["validatingAdmissionPolicy", policy(), []],
  [
    "validatingAdmissionPolicy",
    policy({ validations: [] }),
    [
      "spec.validations: Required value: validations or auditAnnotations must contain at least one item",
      "spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item",
    ],
  ],
  [
    "validatingAdmissionPolicy",
    policy({ variables: [{ name: "in", expression: "bad" }], paramKind: { apiVersion: "a/b/c", kind: "X" } }),
    [
      'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
      'spec.variables[0].name: Invalid value: "in": must be a valid CEL identifier',
      'spec.variables[0].expression: Invalid value: "bad": compilation failed',
    ],
  ],
  [
    "mutatingAdmissionPolicy",
    {
      spec: {
        matchConstraints: { resourceRules: [{ ...rule, operations: ["DELETE"] }] },
        mutations: [{ patchType: "JSONPatch", applyConfiguration: { expression: "x" } }],
        reinvocationPolicy: "Never",
      },
    },
    [
      'spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
      "spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch",
      'spec.mutations[0].applyConfiguration: Invalid value: "{applyConfiguration}": must not be specified when patchType is JSONPatch',
    ],
  ],
  [
    "validatingAdmissionPolicyBinding",
    { spec: { policyName: "p", validationActions: ["Deny", "Deny"] } },
    ['spec.validationActions[1]: Duplicate value: "Deny"'],
  ],
])("%s with %j is judged", (kind, fields, expected) => {
  const definition = definitions[kind];
  const object = { metadata: { name: "m" }, ...structuredClone(fields) } as never; // as decoding would leave it
  definition.defaults?.(object);
  expect(definition.validate?.(object, context).map((error) => error.message())).toEqual(expected);
});

test("old webhooks may keep what new ones may not have", () => {
  const make = (more: object) => ({ metadata: { name: "m" }, ...hook({ sideEffects: "Some", ...more }) }) as never;
  expect(validatingWebhookConfiguration.validateUpdate?.(make({ timeoutSeconds: 5 }), make({}), context)).toEqual([]);
});

test("whose policy reads parameters must be able to read them", async () => {
  const authorize = vi.fn(() => ({ decision: "no-opinion", reason: "" }));
  const user = { name: "jane", groups: ["dev"] };
  const request = { ...context, user, services: { authorizer: { authorize } } } as unknown as RequestContext;
  const object = {
    metadata: { name: "m" },
    ...policy({ paramKind: { apiVersion: "v1", kind: "ConfigMap" } }),
  } as never;
  const write = validatingAdmissionPolicy.authorizeWrite?.(object, undefined, request, { namespace: "", name: "" });
  await expect(write).rejects.toThrow(
    'spec.paramKind: Forbidden: user &{jane  [dev] map[]} must have "get" permission on all objects of the referenced paramKind (kind=ConfigMap, apiVersion=v1)',
  );
  expect(authorize).toHaveBeenCalledWith(
    expect.objectContaining({
      verb: "get",
      group: "",
      version: "v1",
      resource: "configmaps",
      name: "*",
      namespace: "*",
    }),
  );
});

test.each([
  [undefined, undefined],
  [[{}], []],
  [[{ name: "a", expression: "1" }], [{ name: "a", expression: "1" }]],
])("a policy with the variables %j declares %j", (variables, declared) => {
  const check = vi.fn(() => undefined);
  const request = { services: { checkExpression: check } } as unknown as RequestContext;
  const object = { metadata: { name: "m" }, ...policy(variables && { variables }) } as never;
  validatingAdmissionPolicy.validate?.(object, request);
  const { variables: seen } = check.mock.lastCall?.[1 as never] ?? ({} as { variables?: unknown });
  expect(seen).toEqual(declared);
});
