import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { kubeconfig } from "../../../pki/kubeconfig.ts";
import { createPki } from "../../../pki/pki.ts";
import { tokenKey } from "../../../pki/service-account-key.ts";
import type { Attributes } from "../authorizer.ts";
import { signToken } from "../service-account/jwt.ts";
import { kubeconfigClient } from "./kubeconfig-client.ts";
import { oidcAuthenticator } from "./oidc.ts";
import { webhookAuthorizer } from "./webhook-authorizer.ts";
import { webhookTokenAuthenticator } from "./webhook-token.ts";

let time = Date.parse("2026-03-04T05:06:07Z");
const now = () => new Date(time);
let posted: unknown[];
beforeEach(() => {
  posted = [];
});
const client = (answer: unknown) => ({
  post: async (body: unknown) => {
    posted.push(body);
    if (answer instanceof Error) throw answer;
    return answer;
  },
});

describe("the webhook authorizer", () => {
  const attributes: Attributes = {
    user: { name: "jane", groups: ["dev"], extra: { a: ["b"] } },
    verb: "list",
    resourceRequest: true,
    group: "apps",
    version: "v1",
    resource: "deployments",
    subresource: "",
    namespace: "ns",
    name: "",
    path: "",
    labelSelector: "a=b,c,!d,e>1",
    fieldSelector: "metadata.name!=x",
  };
  const make = (answer: unknown, more: Partial<Parameters<typeof webhookAuthorizer>[0]> = {}) =>
    webhookAuthorizer({
      client: client(answer),
      authorizedMilliseconds: 1000,
      unauthorizedMilliseconds: 10,
      version: "v1",
      failurePolicy: "NoOpinion",
      now,
      ...more,
    });

  test("sends a SubjectAccessReview, and remembers the answer for a while", async () => {
    const authorizer = make({ status: { allowed: true, reason: "because" } });
    expect(await authorizer.authorize(attributes)).toEqual({ decision: "allow", reason: "because" });
    expect(posted[0]).toMatchObject({
      kind: "SubjectAccessReview",
      spec: {
        user: "jane",
        groups: ["dev"],
        extra: { a: ["b"] },
        resourceAttributes: {
          verb: "list",
          group: "apps",
          version: "v1",
          resource: "deployments",
          namespace: "ns",
          labelSelector: {
            requirements: [
              { key: "a", operator: "In", values: ["b"] },
              { key: "c", operator: "Exists" },
              { key: "d", operator: "DoesNotExist" },
            ],
          },
          fieldSelector: { requirements: [{ key: "metadata.name", operator: "NotIn", values: ["x"] }] },
        },
      },
    });
    await authorizer.authorize(attributes);
    expect(posted).toHaveLength(1);
    time += 1001;
    await authorizer.authorize(attributes);
    expect(posted).toHaveLength(2);
  });

  test.each([
    [{ status: { allowed: false, denied: true } }, { decision: "deny", reason: "" }],
    [{ status: { allowed: false } }, { decision: "no-opinion", reason: "" }],
    [new Error("down"), { decision: "no-opinion", reason: "", error: "down" }],
    [{}, { decision: "no-opinion", reason: "", error: "the answer has no status" }],
    [{ status: { allowed: false, evaluationError: "x" } }, { decision: "no-opinion", reason: "" }],
    [
      { status: { allowed: true, denied: true } },
      {
        decision: "deny",
        reason: "",
        error: "webhook subject access review returned both allow and deny response",
      },
    ],
  ])("the answer %j is the decision %j", async (answer, decision) => {
    expect(await make(answer).authorize(attributes)).toEqual(decision);
  });

  test("denies what it cannot be asked about, when it is to be on the safe side", async () => {
    const matches = () => {
      throw new Error("no such key");
    };
    const down = make(new Error("down"), { failurePolicy: "Deny" });
    expect(await down.authorize(attributes)).toEqual({ decision: "deny", reason: "", error: "down" });
    const unsure = make({ status: { allowed: true } }, { failurePolicy: "Deny", matches });
    expect(await unsure.authorize(attributes)).toEqual({ decision: "deny", reason: "", error: "no such key" });
  });

  test("is not asked where its conditions do not match, and speaks v1beta1 on request", async () => {
    const answer = { status: { allowed: true } };
    const other = make(answer, { matches: ({ user }) => user !== "jane" });
    expect(await other.authorize(attributes)).toEqual({ decision: "no-opinion", reason: "" });
    expect(posted).toEqual([]);
    await make(answer, { version: "v1beta1" }).authorize(attributes);
    expect(posted[0]).toMatchObject({ apiVersion: "authorization.k8s.io/v1beta1", spec: { group: ["dev"] } });
  });
});

describe("the webhook token authenticator", () => {
  const make = (status: unknown) =>
    webhookTokenAuthenticator({ client: client({ status }), apiAudiences: ["api"], cacheMilliseconds: 1000, now });

  test.each([
    [
      { authenticated: true, user: { username: "jane", uid: "1", groups: ["g"] } },
      ["api"],
      { user: { name: "jane", uid: "1", groups: ["g"] }, audiences: ["api"] },
    ],
    [{ authenticated: true, user: { username: "jane" }, audiences: ["other"] }, ["api"], undefined],
    [{ authenticated: false }, ["api"], undefined],
  ])("the status %j for %j is %j", async (status, audiences, result) => {
    expect(await make(status).authenticateToken("t", audiences)).toEqual(result);
  });

  test("passes errors on, and asks once", async () => {
    await expect(make({ error: "no" }).authenticateToken("t", [])).rejects.toThrow("no");
    const authenticator = make({ authenticated: false });
    await authenticator.authenticateToken("t", []);
    await authenticator.authenticateToken("t", []);
    expect(posted).toHaveLength(2);
  });
});

test("a kubeconfig is enough to reach a webhook, both sides proving themselves", async () => {
  const pki = createPki({ serverNames: [], now: new Date() });
  const server = createServer(
    {
      ca: pki.ca.certificate,
      cert: pki.apiserver.certificate,
      key: pki.apiserver.key,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (incoming, outgoing) => {
      let body = "";
      incoming.on("data", (part) => {
        body += part;
      });
      incoming.on("end", () =>
        outgoing.end(incoming.url === "/review" ? JSON.stringify({ echo: JSON.parse(body) }) : "{"),
      );
    },
  );
  const port = await new Promise<number>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)),
  );
  const directory = mkdtempSync(join(tmpdir(), "inkube-webhook-"));
  const at = async (path: string) => {
    const file = join(directory, "config");
    const url = `https://127.0.0.1:${port}${path}`;
    writeFileSync(
      file,
      kubeconfig({ server: url, certificateAuthority: pki.ca.certificate, client: pki.admin, cluster: "c", user: "u" }),
    );
    return kubeconfigClient(file, 5000);
  };
  expect(await (await at("/review")).post({ a: 1 })).toEqual({ echo: { a: 1 } });
  await expect((await at("/broken")).post({})).rejects.toThrow(SyntaxError);
  server.close();
  server.closeAllConnections();
  await expect((await at("/review")).post({})).rejects.toThrow();
  rmSync(directory, { recursive: true });
});

describe("OIDC", () => {
  const issuer = "https://accounts.example";
  const pair = (): { privateKey: KeyObject; publicKey: KeyObject } =>
    generateKeyPairSync("rsa", { modulusLength: 2048 });
  const [good, bad] = [pair(), pair()];
  const key = tokenKey(good.privateKey);
  const provider = (async (url: string | URL) => {
    const body = String(url).endsWith("openid-configuration")
      ? { issuer, jwks_uri: `${issuer}/keys` }
      : { keys: [{ ...good.publicKey.export({ format: "jwk" }), kid: key.keyId, alg: "RS256", use: "sig" }] };
    return new Response(JSON.stringify(body), { headers: { "content-type": "application/json" } });
  }) as typeof fetch;
  const claims = (more: object = {}) => ({
    iss: issuer,
    aud: "me",
    sub: "7",
    exp: time / 1000 + 60,
    groups: ["dev"],
    ...more,
  });
  const ask = async (body: object, more: object = {}, signer = key) =>
    oidcAuthenticator({
      issuerUrl: issuer,
      clientId: "me",
      usernameClaim: "sub",
      usernamePrefix: "",
      groupsClaim: "groups",
      groupsPrefix: "oidc:",
      requiredClaims: {},
      signingAlgorithms: ["RS256"],
      fetch: provider,
      now,
      ...more,
    }).authenticateToken(await signToken(body, signer), []);

  test("takes users and groups from claims, with their prefixes", async () => {
    expect(await ask(claims())).toEqual({ user: { name: `${issuer}#7`, groups: ["oidc:dev"] } });
    expect(
      await ask(claims({ groups: "one", email: "j@x", email_verified: true }), { usernameClaim: "email" }),
    ).toEqual({
      user: { name: "j@x", groups: ["oidc:one"] },
    });
    expect(await ask(claims(), { usernamePrefix: "-" })).toMatchObject({ user: { name: "7" } });
  });

  test("leaves tokens of others to others", async () => {
    expect(await ask(claims({ iss: "https://other.example" }))).toBeUndefined();
  });

  test.each<[string, object, object]>([
    ["expired", claims({ exp: 1 }), {}],
    ["for another client", claims({ aud: "you" }), {}],
    ["without an end", { ...claims(), exp: undefined }, {}],
    ["without the name", claims(), { usernameClaim: "name" }],
    ["with an unverified address", claims({ email: "j@x", email_verified: false }), { usernameClaim: "email" }],
    ["without a required claim", claims(), { requiredClaims: { hd: "example" } }],
    ["with another required claim", claims({ hd: "x" }), { requiredClaims: { hd: "example" } }],
    ["of a forbidden algorithm", claims(), { signingAlgorithms: ["ES256"] }],
  ])("refuses tokens %s", async (_, body, more) => {
    await expect(ask(body, more)).rejects.toThrow(/^oidc: /);
  });

  test("refuses a forged signature", async () => {
    const forger = { ...tokenKey(bad.privateKey), keyId: key.keyId };
    await expect(ask(claims(), {}, forger)).rejects.toThrow("oidc: signature verification failed");
  });
});
