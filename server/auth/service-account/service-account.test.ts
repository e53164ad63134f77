import { generateKeyPairSync } from "node:crypto";
import { createLocalJWKSet, jwtVerify } from "jose";
import { beforeEach, describe, expect, test } from "vitest";
import { tokenKey } from "../../../pki/service-account-key.ts";
import type { ObjectReader } from "../../admission/plugin.ts";
import type { KubeObject } from "../../meta/object.ts";
import type { TokenClaims } from "./claims.ts";
import { signToken } from "./jwt.ts";
import { openIdDocuments } from "./openid-metadata.ts";
import { serviceAccountTokenAuthenticators } from "./token-authenticator.ts";
import { tokenIssuer } from "./token-issuer.ts";

const now = new Date("2026-03-04T05:06:07Z");
const seconds = now.getTime() / 1000;
const API = "https://kubernetes.default.svc.cluster.local";
const rsa = tokenKey(generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey);
const ec = tokenKey(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
const stranger = tokenKey(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);

let objects: Map<string, KubeObject>;
let used: string[];
let uses: string[];
const reader: ObjectReader = {
  // The reader's callers say which type they expect.
  get: <T extends KubeObject>({ resource }: { resource: string }, namespace: string, name: string) =>
    objects.get(`${resource}/${namespace}/${name}`) as T | undefined,
  list: () => [],
};
const put = (resource: string, namespace: string, name: string, uid: string, more: object = {}) =>
  objects.set(`${resource}/${namespace}/${name}`, { metadata: { name, uid, ...more } });

beforeEach(() => {
  objects = new Map();
  used = [];
  uses = [];
  put("serviceaccounts", "ns", "robot", "sa-1");
  put("pods", "ns", "p", "pod-1");
});

const authenticators = () =>
  serviceAccountTokenAuthenticators({
    onUse: (use) => uses.push(use),
    issuers: [API],
    keys: Promise.resolve([rsa, ec]),
    apiAudiences: [API],
    reader,
    now: () => now,
    onLegacyUse: (namespace, name) => used.push(`${namespace}/${name}`),
  });
const [legacy, bound] = [() => authenticators()[0]!, () => authenticators()[1]!];

const claims = (own: object = {}, more: Partial<TokenClaims> = {}): Omit<TokenClaims, "iss" | "jti"> => ({
  aud: [API],
  exp: seconds + 3600,
  iat: seconds,
  "kubernetes.io": { namespace: "ns", serviceaccount: { name: "robot", uid: "sa-1" }, ...own },
  nbf: seconds,
  sub: "system:serviceaccount:ns:robot",
  ...more,
});
const issuerWith = (key = rsa) =>
  tokenIssuer({
    issuer: API,
    maxExpirationSeconds: 0,
    extendExpiration: true,
    key: Promise.resolve(key),
    newId: () => "id-1",
  });
const issue = async (body: Omit<TokenClaims, "iss" | "jti">, key = rsa) =>
  signToken({ ...body, iss: API, jti: "id-1" }, key);

describe("bound tokens", () => {
  test.each([
    ["RS256", rsa],
    ["ES256", ec],
  ] as const)("signed with %s are good", async (_, key) => {
    const token = await issue(claims({ pod: { name: "p", uid: "pod-1" }, node: { name: "n", uid: "node-1" } }), key);
    expect(await bound().authenticateToken(token, [])).toEqual({
      audiences: [API],
      user: {
        name: "system:serviceaccount:ns:robot",
        uid: "sa-1",
        groups: ["system:serviceaccounts", "system:serviceaccounts:ns"],
        extra: {
          "authentication.kubernetes.io/credential-id": ["JTI=id-1"],
          "authentication.kubernetes.io/pod-name": ["p"],
          "authentication.kubernetes.io/pod-uid": ["pod-1"],
          "authentication.kubernetes.io/node-name": ["n"],
          "authentication.kubernetes.io/node-uid": ["node-1"],
        },
      },
    });
  });

  test.each<[string, Omit<TokenClaims, "iss" | "jti">, string]>([
    ["expired", claims({}, { exp: seconds - 61 }), "service account token has expired"],
    ["not valid yet", claims({}, { nbf: seconds + 61 }), "service account token is not valid yet"],
    ["from the future", claims({}, { iat: seconds + 61 }), "service account token is issued in the future"],
    [
      "for others",
      claims({}, { aud: ["vault"] }),
      `token audiences ["vault"] is invalid for the target audiences ["${API}"]`,
    ],
    ["of an absent account", claims({ serviceaccount: { name: "x", uid: "1" } }), 'serviceaccounts "x" not found'],
    [
      "of a former account",
      claims({ serviceaccount: { name: "robot", uid: "old" } }),
      "service account UID (sa-1) does not match claim (old)",
    ],
    ["of an absent pod", claims({ pod: { name: "q", uid: "1" } }), "service account token has been invalidated"],
    [
      "of a former pod",
      claims({ pod: { name: "p", uid: "old" } }),
      "pod UID (pod-1) does not match service account pod ref claim (old)",
    ],
    ["of an absent secret", claims({ secret: { name: "s", uid: "1" } }), "service account token has been invalidated"],
    ["of an absent node", claims({ node: { name: "n", uid: "1" } }), "service account token has been invalidated"],
  ])("%s are refused", async (_, body, message) => {
    await expect(bound().authenticateToken(await issue(body), [])).rejects.toThrow(message);
  });

  test("die with their pod at once, even when seen before", async () => {
    const authenticator = bound();
    const token = await issue(claims({ pod: { name: "p", uid: "pod-1" } }));
    expect(await authenticator.authenticateToken(token, [])).toBeDefined();
    objects.delete("pods/ns/p");
    await expect(authenticator.authenticateToken(token, [])).rejects.toThrow("has been invalidated");
  });

  test("outlive the deletion of their pod by a minute", async () => {
    const token = await issue(claims({ pod: { name: "p", uid: "pod-1" } }));
    put("pods", "ns", "p", "pod-1", { deletionTimestamp: "2026-03-04T05:05:37Z" });
    expect(await bound().authenticateToken(token, [])).toBeDefined();
    put("pods", "ns", "p", "pod-1", { deletionTimestamp: "2026-03-04T05:05:06Z" });
    await expect(bound().authenticateToken(token, [])).rejects.toThrow("has been invalidated");
  });

  test("answer with the audiences that were asked for", async () => {
    const token = await issue(claims({}, { aud: ["vault", "other"] }));
    expect(await bound().authenticateToken(token, ["vault", "x"])).toMatchObject({ audiences: ["vault"] });
  });

  test("say when they are older than wanted", async () => {
    const token = await issue(claims({ warnafter: seconds - 5 }));
    expect((await bound().authenticateToken(token, []))?.auditAnnotations).toEqual({
      "authentication.k8s.io/stale-token":
        "subject: system:serviceaccount:ns:robot, seconds after warning threshold: 5",
    });
    await bound().authenticateToken(await issue(claims({ warnafter: seconds + 5 })), []);
    await bound().authenticateToken(await issue(claims()), []);
    expect(uses).toEqual(["stale", "valid"]);
  });

  test("with a forged signature, another key or another algorithm are refused", async () => {
    const token = await issue(claims());
    const [header, body, signature] = token.split(".");
    const forged = Buffer.from(JSON.stringify({ ...claims(), iss: API, sub: "root" })).toString("base64url");
    await expect(bound().authenticateToken(`${header}.${forged}.${signature}`, [])).rejects.toThrow(
      "error in cryptographic primitive",
    );
    await expect(bound().authenticateToken(await issue(claims(), stranger), [])).rejects.toThrow(
      "invalid signature, no keys found",
    );
    const none = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
    await expect(bound().authenticateToken(`${none}.${body}.`, [])).rejects.toThrow("cryptographic primitive");
  });

  test.each(["", "x", "a.b.c", `a.${Buffer.from('{"iss":"other"}').toString("base64url")}.c`])(
    "%j is not one of them",
    async (token) => {
      expect(await bound().authenticateToken(token, [])).toBeUndefined();
    },
  );
});

describe("tokens of Secrets", () => {
  const of = { namespace: "ns", secretName: "s", serviceAccountName: "robot", serviceAccountUid: "sa-1" };
  const make = async (change: Partial<typeof of> = {}) => {
    return issuerWith().signLegacy({ ...of, ...change });
  };
  const keep = (token: string, more: object = {}) =>
    objects.set("secrets/ns/s", {
      metadata: { name: "s", uid: "secret-1", ...more },
      data: { token: Buffer.from(token).toString("base64") },
    } as KubeObject);

  test("are good while the Secret holds them", async () => {
    const token = await make();
    keep(token);
    expect(await legacy().authenticateToken(token, [])).toMatchObject({
      user: { name: "system:serviceaccount:ns:robot", uid: "sa-1" },
    });
    expect(used).toEqual(["ns/s"]);
    expect(uses).toEqual(["legacy", "legacy manual"]);
    keep("another");
    await expect(legacy().authenticateToken(token, [])).rejects.toThrow("Token does not match server's copy");
    objects.delete("secrets/ns/s");
    await expect(legacy().authenticateToken(token, [])).rejects.toThrow("Token has been invalidated");
  });

  test("can be marked invalid", async () => {
    const token = await make();
    keep(token, { labels: { "kubernetes.io/legacy-token-invalid-since": "2026-01-01" } });
    await expect(legacy().authenticateToken(token, [])).rejects.toThrow(
      "the token in secret ns/s for service account ns/robot has been marked invalid.",
    );
    expect(uses).toEqual(["legacy", "invalid legacy auto"]);
  });

  test("need all claims", async () => {
    const token = await signToken({ iss: "kubernetes/serviceaccount", sub: "system:serviceaccount:ns:robot" }, rsa);
    await expect(legacy().authenticateToken(token, [])).rejects.toThrow("namespace claim is missing");
  });
});

describe("the issuer", () => {
  const serviceAccount = { namespace: "ns", name: "robot", uid: "sa-1" };
  const ask = { serviceAccount, audiences: [API], now, expirationSeconds: 3600, boundTo: {} };

  test("makes tokens that the authenticator takes", async () => {
    const { token, credentialId } = await issuerWith(rsa).sign({
      ...ask,
      boundTo: { pod: { name: "p", uid: "pod-1" } },
    });
    expect(credentialId).toBe("JTI=id-1");
    expect((await bound().authenticateToken(token, []))?.user.extra).toMatchObject({
      "authentication.kubernetes.io/credential-id": ["JTI=id-1"],
      "authentication.kubernetes.io/pod-name": ["p"],
    });
  });

  test("writes the claims in upstream's order", async () => {
    const { token } = await issuerWith(ec).sign({ ...ask, warnAfterSeconds: 3607 });
    expect(Buffer.from(token.split(".")[1]!, "base64url").toString()).toBe(
      `{"aud":["${API}"],"exp":${seconds + 3600},"iat":${seconds},"iss":"${API}","jti":"id-1","kubernetes.io":{"namespace":"ns","serviceaccount":{"name":"robot","uid":"sa-1"},"warnafter":${seconds + 3607}},"nbf":${seconds},"sub":"system:serviceaccount:ns:robot"}`,
    );
  });
});

test("the documents of OpenID Connect are enough to check a token", async () => {
  const { configuration, jwks } = openIdDocuments({
    issuer: API,
    jwksUri: "",
    serverAddress: () => "10.0.0.1:6443",
    keys: Promise.resolve([rsa, ec]),
  });
  expect(JSON.parse(await configuration())).toEqual({
    issuer: API,
    jwks_uri: "https://10.0.0.1:6443/openid/v1/jwks",
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256", "RS256"],
  });
  const keys = createLocalJWKSet(JSON.parse(await jwks()));
  for (const key of [rsa, ec]) {
    const { payload } = await jwtVerify(await issue(claims(), key), keys, {
      issuer: API,
      audience: API,
      currentDate: now,
    });
    expect(payload.sub).toBe("system:serviceaccount:ns:robot");
  }
});
