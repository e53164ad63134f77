import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readAuthorizationConfiguration } from "./authorization-config.ts";

const folder = mkdtempSync(join(tmpdir(), "authorization-config-"));
const kubeConfigFile = join(folder, "webhook.yaml");
writeFileSync(kubeConfigFile, "");
afterAll(() => rmSync(folder, { recursive: true }));

const HEAD = { apiVersion: "apiserver.config.k8s.io/v1", kind: "AuthorizationConfiguration" };
const webhook = {
  timeout: "3s",
  authorizedTTL: "5m",
  unauthorizedTTL: "30s",
  subjectAccessReviewVersion: "v1",
  failurePolicy: "Deny",
  connectionInfo: { type: "KubeConfigFile", kubeConfigFile },
};
const read = (...authorizers: object[]) => readAuthorizationConfiguration({ ...HEAD, authorizers });
const hook = (more: object, name = "hook") => ({ type: "Webhook", name, webhook: { ...webhook, ...more } });

test("authorizers are read in their order, webhooks with all that they say", () => {
  const matchConditions = [{ expression: "true" }];
  const conditional = hook({ matchConditions, matchConditionSubjectAccessReviewVersion: "v1" }, "second");
  const uncached = hook({ cacheAuthorizedRequests: false, cacheUnauthorizedRequests: false });
  expect(read({ type: "Node", name: "node" }, uncached, conditional)).toEqual([
    { type: "Node", name: "node" },
    {
      type: "Webhook",
      name: "hook",
      webhook: {
        timeoutMilliseconds: 3000,
        authorizedMilliseconds: 0,
        unauthorizedMilliseconds: 0,
        subjectAccessReviewVersion: "v1",
        failurePolicy: "Deny",
        kubeConfigFile,
        matchConditions: [],
      },
    },
    {
      type: "Webhook",
      name: "second",
      webhook: expect.objectContaining({
        authorizedMilliseconds: 300_000,
        unauthorizedMilliseconds: 30_000,
        matchConditions: ["true"],
      }),
    },
  ]);
});

test("answers of webhooks are kept for five minutes and half a minute where nothing else is said", () => {
  const [{ webhook: read_ } = {}] = read(hook({ authorizedTTL: undefined, unauthorizedTTL: "0s" }));
  expect(read_).toMatchObject({ authorizedMilliseconds: 300_000, unauthorizedMilliseconds: 30_000 });
});

test.each<[object[], string]>([
  [[], "authorizers: Required value: at least one authorization mode must be defined"],
  [[{ name: "x" }], "authorizers[0].type: Required value"],
  [[{ type: "Foo", name: "x" }], 'authorizers[0].type: Unsupported value: "Foo": supported values: "AlwaysAllow"'],
  [[{ type: "Node" }], "authorizers[0].name: Required value"],
  [[{ type: "Node", name: "A_B" }], 'authorizers[0].name: Invalid value: "A_B"'],
  [[{ type: "Node", name: "x", webhook }], 'authorizers[0].webhook: Invalid value: "non-null"'],
  [
    [
      { type: "Node", name: "a" },
      { type: "Node", name: "b" },
    ],
    'authorizers[1].type: Duplicate value: "Node"',
  ],
  [
    [
      { type: "Node", name: "a" },
      { type: "RBAC", name: "a" },
    ],
    'authorizers[1].name: Duplicate value: "a"',
  ],
  [[{ type: "Webhook", name: "a" }], "authorizers[0].webhook: Required value: required when type=Webhook"],
  [[hook({ timeout: "31s" })], 'authorizers[0].timeout: Invalid value: "31s": must be > 0s and <= 30s'],
  [[hook({ timeout: undefined })], "authorizers[0].timeout: Required value"],
  [[hook({ authorizedTTL: "-1s" })], 'authorizers[0].authorizedTTL: Invalid value: "-1s": must be > 0s'],
  [[hook({ failurePolicy: "Fail" })], 'authorizers[0].failurePolicy: Unsupported value: "Fail"'],
  [[hook({ subjectAccessReviewVersion: "v2" })], "authorizers[0].subjectAccessReviewVersion: Unsupported value"],
  [[hook({ matchConditions: [{ expression: "true" }] })], "required if match conditions are specified"],
  [[hook({ connectionInfo: { type: "KubeConfigFile", kubeConfigFile: "x" } })], "must be an absolute path"],
  [[hook({ connectionInfo: { type: "KubeConfigFile", kubeConfigFile: "/none" } })], "must be a regular file"],
  [[hook({ connectionInfo: {} })], "authorizers[0].connectionInfo.type: Required value"],
])("%j is refused", (authorizers, message) => {
  expect(() => read(...authorizers)).toThrow(message);
});

test("another kind is refused", () => {
  expect(() => readAuthorizationConfiguration({ ...HEAD, kind: "Foo" })).toThrow('no kind "Foo" is registered');
});
