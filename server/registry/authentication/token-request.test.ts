import { beforeEach, expect, test } from "vitest";
import type { TokenRequest } from "../../../openapi/api/authentication.k8s.io.v1.ts";
import type { BoundTokenRequest } from "../../auth/service-account/token-issuer.ts";
import type { KubeObject } from "../../meta/object.ts";
import type { RequestContext, SubresourceCreate } from "../kind.ts";
import { tokenSubresource } from "./token-request.ts";

const now = new Date("2026-03-04T05:06:07Z");
const API = "https://kubernetes.default.svc.cluster.local";
let signed: BoundTokenRequest | undefined;
beforeEach(() => {
  signed = undefined;
});

const objects: Record<string, unknown> = {
  "pods/ns/p": { metadata: { name: "p", uid: "pod-1" }, spec: { serviceAccountName: "robot", nodeName: "n" } },
  "pods/ns/other": { metadata: { name: "other", uid: "pod-2" }, spec: { serviceAccountName: "default" } },
  "secrets/ns/s": { metadata: { name: "s", uid: "secret-1" } },
  "nodes//n": { metadata: { name: "n", uid: "node-1" } },
};

const ask = (
  spec: TokenRequest["spec"],
  { metadata = {}, max = 0 }: { metadata?: KubeObject["metadata"]; max?: number } = {},
) => {
  const warnings: string[] = [];
  const context = {
    now,
    reader: {
      get: ({ resource }: { resource: string }, namespace: string, name: string) =>
        objects[`${resource}/${namespace}/${name}`],
    },
    services: {
      apiAudiences: [API],
      tokenIssuer: {
        maxExpirationSeconds: max,
        extendExpiration: true,
        sign: async (request: BoundTokenRequest) => {
          signed = request;
          return { token: "t", credentialId: "JTI=1" };
        },
      },
    },
    warn: (text: string) => warnings.push(text),
    annotate: () => {},
  };
  const request = {
    namespace: "ns",
    name: "robot",
    body: { metadata, spec, status: {} },
    dryRun: false,
    // The subresource uses no more of it.
    context: context as unknown as RequestContext,
    get: async () => ({ metadata: { name: "robot", namespace: "ns", uid: "sa-1" } }),
  } as unknown as SubresourceCreate;
  return tokenSubresource.create!(request).then((answer) => ({ answer, warnings }));
};

test("a request says for how long before its fields are given to a manager", () => {
  const body = { metadata: {}, spec: {} };
  tokenSubresource.defaults?.(body);
  expect(body).toEqual({ metadata: {}, spec: { expirationSeconds: 3600 } });
});

test("a token is for the API server and an hour when nothing is said", async () => {
  expect((await ask({})).answer).toEqual({
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata: { name: "robot", namespace: "ns", uid: "sa-1", creationTimestamp: "2026-03-04T05:06:07Z" },
    spec: { audiences: [API], expirationSeconds: 3600 },
    status: { token: "t", expirationTimestamp: "2026-03-04T06:06:07Z" },
  });
});

const bind = (kind: string, name: string, uid?: string) => ({
  boundObjectRef: { apiVersion: "v1", kind, name, ...(uid && { uid }) },
});

test("a Pod's token names its node, lives a year and warns after the hour", async () => {
  const { answer } = await ask({ expirationSeconds: 3607, ...bind("Pod", "p") });
  expect(signed).toMatchObject({
    expirationSeconds: 365 * 86400,
    warnAfterSeconds: 3607,
    boundTo: { pod: { name: "p", uid: "pod-1" }, node: { name: "n", uid: "node-1" } },
  });
  expect(answer).toMatchObject({ spec: { expirationSeconds: 3607 } });
});

test("the server may limit the lifetime", async () => {
  const { answer, warnings } = await ask({ expirationSeconds: 7200 }, { max: 3600 });
  expect(answer).toMatchObject({ spec: { expirationSeconds: 3600 } });
  expect(warnings).toEqual(["requested expiration of 7200 seconds shortened to 3600 seconds"]);
});

const INVALID = 'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value';
test.each<[TokenRequest["spec"], KubeObject["metadata"], number, string]>([
  [{ expirationSeconds: 599 }, {}, 422, `${INVALID}: 599: may not specify a duration less than 10 minutes`],
  [
    { expirationSeconds: 4294967297 },
    {},
    422,
    `${INVALID}: 4294967297: may not specify a duration larger than 2^32 seconds`,
  ],
  [
    {},
    { name: "other" },
    422,
    'TokenRequest.authentication.k8s.io "robot" is invalid: metadata.name: Invalid value: "other": must match the service account name if specified',
  ],
  [
    {},
    { uid: "x" },
    409,
    'Operation cannot be fulfilled on TokenRequest.authentication.k8s.io "robot": the UID in the token request (x) does not match the UID of the service account (sa-1)',
  ],
  [bind("Pod", "none"), {}, 404, 'pods "none" not found'],
  [bind("Secret", "none"), {}, 404, 'secrets "none" not found'],
  [bind("Node", "none"), {}, 404, 'nodes "none" not found'],
  [bind("Pod", ""), {}, 400, "Name parameter required."],
  [bind("ConfigMap", ""), {}, 400, "cannot bind token to object of type /v1, Kind=ConfigMap"],
  [bind("ConfigMap", "x"), {}, 400, "cannot bind token to object of type /v1, Kind=ConfigMap"],
  [
    bind("Pod", "other"),
    {},
    400,
    'cannot bind token for serviceaccount "robot" to pod running with different serviceaccount name.',
  ],
  [
    bind("Pod", "p", "1"),
    {},
    409,
    'Operation cannot be fulfilled on Pod "p": the UID in the bound object reference (1) does not match the UID in record. The object might have been deleted and then recreated',
  ],
])("%j of %j answers %i", async (spec, metadata, code, message) => {
  await expect(ask(spec, { metadata })).rejects.toMatchObject({ code, message });
});
