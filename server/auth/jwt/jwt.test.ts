import { generateKeyPairSync } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { tokenKey } from "../../../pki/service-account-key.ts";
import { compileClaimExpression } from "../../cel/claims.ts";
import { signToken } from "../service-account/jwt.ts";
import type { JwtOptions } from "./authenticator.ts";
import { JwtAuthenticators } from "./authenticators.ts";
import { readAuthenticationConfiguration } from "./configuration.ts";
import { validateAuthentication } from "./validation.ts";

const issuer = "https://accounts.example";
const other = "https://other.example";
const [good, bad] = [0, 1].map(() => generateKeyPairSync("rsa", { modulusLength: 2048 }));
const key = tokenKey(good!.privateKey);
const time = Date.parse("2026-03-04T05:06:07Z");
const now = () => new Date(time);

/** What has an answer, by URL. */
let answers: Map<string, unknown>;
let asked: string[];
/** What was put off, and for how long. */
let timers: { milliseconds: number; run: () => void }[];
let observed: unknown[];
beforeEach(() => {
  const keys = { keys: [{ ...good!.publicKey.export({ format: "jwk" }), kid: key.keyId, alg: "RS256", use: "sig" }] };
  answers = new Map<string, unknown>([
    [`${issuer}/.well-known/openid-configuration`, { issuer, jwks_uri: `${issuer}/keys` }],
    [`${issuer}/keys`, keys],
    [`${other}/.well-known/openid-configuration`, { issuer: other, jwks_uri: `${other}/keys` }],
    [`${other}/keys`, keys],
    ["https://inside/document", { issuer, jwks_uri: `${issuer}/keys` }],
  ]);
  asked = [];
  timers = [];
  observed = [];
});
const fetchAnswer = (async (input: string) => {
  asked.push(input);
  const answer = answers.get(input);
  if (answer === undefined) throw new Error("connect: connection refused");
  return new Response(typeof answer === "string" ? answer : JSON.stringify(answer));
}) as typeof fetch;

const options: JwtOptions = {
  signingAlgorithms: ["RS256"],
  now,
  after(milliseconds, run) {
    timers.push({ milliseconds, run });
    return () => undefined;
  },
  onError: () => undefined,
  fetchOf: () => fetchAnswer,
  monotonicSeconds: () => 0,
  observer: {
    authenticated: (...what) => observed.push(what),
    fetchedKeys: (of, keySet) => observed.push([of, keySet !== undefined]),
    removed: (of) => observed.push(["removed", of]),
  },
};

const plain = { issuer: { url: issuer, audiences: ["me"] }, claimMappings: { username: { claim: "sub", prefix: "" } } };
const read = (...jwt: object[]) =>
  readAuthenticationConfiguration({
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "AuthenticationConfiguration",
    jwt,
  });
const validated = (...jwt: object[]) =>
  validateAuthentication(read(...jwt), { compile: compileClaimExpression }, ["https://kubernetes.default.svc"]);
function start(...jwt: object[]): JwtAuthenticators {
  const { errors, checked } = validated(...jwt);
  expect(errors.map((error) => error.message())).toEqual([]);
  return new JwtAuthenticators(checked, options);
}
/** Until the provider's document is there. */
async function settled(authenticators: JwtAuthenticators): Promise<JwtAuthenticators> {
  await expect.poll(() => asked.some((url) => url.includes("document") || url.includes("openid"))).toBe(true);
  await new Promise((resolve) => setImmediate(resolve));
  return authenticators;
}
const claims = (more: object = {}) => ({ iss: issuer, aud: "me", sub: "7", exp: time / 1000 + 60, ...more });
const ask = async (configuration: object, body: object = claims(), signer = key) =>
  (await settled(start(configuration))).authenticateToken(await signToken(body, signer), []);

describe("who a token is of", () => {
  const mapped = (claimMappings: object) => ({ ...plain, claimMappings });
  const username = { claim: "sub", prefix: "" };
  test.each<[string, object, object, object]>([
    ["a claim", mapped({ username: { claim: "sub", prefix: "oidc:" } }), {}, { name: "oidc:7" }],
    ["an expression", mapped({ username: { expression: '"u-" + claims.sub' } }), {}, { name: "u-7" }],
    [
      "a verified mail address",
      mapped({ username: { claim: "email", prefix: "" } }),
      { email: "j@x", email_verified: true },
      { name: "j@x" },
    ],
    [
      "a list of groups",
      mapped({ username, groups: { claim: "g", prefix: "x:" } }),
      { g: ["a", "b"] },
      { groups: ["x:a", "x:b"] },
    ],
    ["one group", mapped({ username, groups: { claim: "g", prefix: "" } }), { g: "a" }, { groups: ["a"] }],
    ["no groups", mapped({ username, groups: { claim: "g", prefix: "" } }), {}, { groups: [] }],
    [
      "groups by expression",
      mapped({ username, groups: { expression: "claims.r.split(',')" } }),
      { r: "a,,b" },
      { groups: ["a", "b"] },
    ],
    ["a uid", mapped({ username, uid: { claim: "id" } }), { id: "u" }, { uid: "u" }],
    ["a uid by expression", mapped({ username, uid: { expression: "claims.id" } }), { id: "u" }, { uid: "u" }],
    [
      "extra, nested and escaped claims",
      mapped({ username, extra: [{ key: "example.com/a", valueExpression: "claims.x.a__dot__b" }] }),
      { x: { "a.b": ["1", ""] } },
      { extra: { "example.com/a": ["1"] } },
    ],
    ["the token's id", plain, { jti: "i" }, { extra: { "authentication.kubernetes.io/credential-id": ["JTI=i"] } }],
  ])("is told by %s", async (_, configuration, more, user) => {
    expect((await ask(configuration, claims(more)))?.user).toMatchObject(user);
  });

  test("has no extra that is empty", async () => {
    const extra = [{ key: "example.com/a", valueExpression: "['', '']" }];
    expect((await ask(mapped({ username, extra })))?.user).toEqual({ name: "7", groups: [] });
  });

  test.each<[string, object, object, string]>([
    ["no name", plain, { sub: undefined }, 'oidc: parse username claims "sub": claim not present'],
    [
      "a name that is a number",
      plain,
      { sub: 7 },
      "oidc: verify token: oidc: failed to unmarshal claims: json: cannot unmarshal number into Go struct field idToken.sub of type string",
    ],
    [
      "an unverified mail address",
      mapped({ username: { claim: "email", prefix: "" } }),
      { email: "j@x", email_verified: false },
      "oidc: email not verified",
    ],
    [
      "an empty name by expression",
      mapped({ username: { expression: "''" } }),
      {},
      "oidc: empty username via CEL expression is not allowed",
    ],
    [
      "no string by expression",
      mapped({ username: { expression: "claims.n" } }),
      { n: 1 },
      "oidc: error evaluating username claim expression: username claim expression must return a string",
    ],
    [
      "a claim that an expression wants",
      mapped({ username: { expression: "claims.n" } }),
      {},
      "oidc: error evaluating username claim expression: expression 'claims.n' resulted in error: no such key: n",
    ],
    [
      "a missing required claim",
      { ...plain, claimValidationRules: [{ claim: "hd", requiredValue: "x" }] },
      {},
      "oidc: required claim hd not present in ID token",
    ],
    [
      "another required claim",
      { ...plain, claimValidationRules: [{ claim: "hd", requiredValue: "x" }] },
      { hd: "y" },
      "oidc: required claim hd value does not match. Got = y, want = x",
    ],
    [
      "a broken rule of claims",
      { ...plain, claimValidationRules: [{ expression: "claims.exp - claims.iat <= 5.0", message: "too long" }] },
      { iat: 1 },
      "oidc: error evaluating claim validation expression: validation expression 'claims.exp - claims.iat <= 5.0' failed: too long",
    ],
    [
      "a broken rule of users",
      { ...plain, userValidationRules: [{ expression: "!user.username.startsWith('sys')", message: "reserved" }] },
      { sub: "system" },
      "oidc: error evaluating user info validation rule: validation expression '!user.username.startsWith('sys')' failed: reserved",
    ],
  ])("is refused for %s", async (_, configuration, more, message) => {
    await expect(ask(configuration, claims(more))).rejects.toThrow(new Error(message));
    expect(observed.at(-1)).toEqual([issuer, "failure", 0]);
  });
});

describe("a token", () => {
  test.each<[string, object, string]>([
    [
      "that is old",
      claims({ exp: 1 }),
      "oidc: verify token: oidc: token is expired (Token Expiry: 1970-01-01 00:00:01 +0000 UTC)",
    ],
    [
      "without an end",
      { ...claims(), exp: undefined },
      "oidc: verify token: oidc: token is expired (Token Expiry: 0001-01-01 00:00:00 +0000 UTC)",
    ],
    [
      "of the future",
      claims({ nbf: time / 1000 + 61 }),
      "oidc: verify token: oidc: current time 2026-03-04 05:06:07 +0000 UTC before the nbf (not before) time: 2026-03-04 05:07:08 +0000 UTC",
    ],
    [
      "with an end that is no time",
      claims({ exp: "x" }),
      'oidc: verify token: oidc: failed to unmarshal claims: json: invalid number literal, trying to unmarshal "\\"x\\"" into Number',
    ],
    [
      "with claims that are nowhere",
      claims({ _claim_names: { g: "s" } }),
      "oidc: verify token: oidc: source does not exist",
    ],
    ["for another", claims({ aud: ["you"] }), 'oidc: verify token: oidc: expected audience "me" got ["you"]'],
  ])("%s is refused", async (_, body, message) => {
    await expect(ask(plain, body)).rejects.toThrow(new Error(message));
  });

  test("for any of several audiences is taken", async () => {
    const several = { ...plain, issuer: { url: issuer, audiences: ["me", "us"], audienceMatchPolicy: "MatchAny" } };
    expect(await ask(several, claims({ aud: ["x", "us"] }))).toMatchObject({ user: { name: "7" } });
    await expect(ask(several, claims({ aud: ["x"] }))).rejects.toThrow('expected audience in ["me" "us"] got ["x"]');
  });

  test("of another issuer is left to others, and not counted", async () => {
    expect(await ask(plain, claims({ iss: "https://unknown.example" }))).toBeUndefined();
    expect(observed).toEqual([]);
  });

  test("with a forged signature is refused", async () => {
    const forger = { ...tokenKey(bad!.privateKey), keyId: key.keyId };
    await expect(ask(plain, claims(), forger)).rejects.toThrow(
      "oidc: verify token: failed to verify signature: failed to verify id token signature",
    );
  });

  test("of a forbidden algorithm is refused", async () => {
    const { checked } = validated(plain);
    const es = await settled(new JwtAuthenticators(checked, { ...options, signingAlgorithms: ["ES256"] }));
    await expect(es.authenticateToken(await signToken(claims(), key), [])).rejects.toThrow(
      'oidc: verify token: oidc: id token signed with unsupported algorithm, expected ["ES256"] got "RS256"',
    );
  });
});

describe("a provider", () => {
  test("is asked again after ten seconds, and tokens are refused until it answers", async () => {
    const document = answers.get(`${issuer}/.well-known/openid-configuration`);
    answers.delete(`${issuer}/.well-known/openid-configuration`);
    const authenticators = await settled(start(plain));
    const token = await signToken(claims(), key);
    await expect(authenticators.authenticateToken(token, [])).rejects.toThrow("oidc: authenticator not initialized");
    answers.set(`${issuer}/.well-known/openid-configuration`, document);
    expect(timers.map(({ milliseconds }) => milliseconds)).toEqual([10_000]);
    timers[0]!.run();
    await expect.poll(() => authenticators.authenticateToken(token, []).catch(() => undefined)).toBeDefined();
  });

  test("may keep its document elsewhere", async () => {
    const inside = { ...plain, issuer: { ...plain.issuer, discoveryURL: "https://inside/document" } };
    expect(await ask(inside)).toMatchObject({ user: { name: "7" } });
    expect(asked).toEqual(["https://inside/document", `${issuer}/keys`]);
  });

  test("is asked for its keys once for all tokens that wait", async () => {
    const authenticators = await settled(start(plain));
    const token = await signToken(claims(), key);
    await Promise.all([0, 1, 2].map(() => authenticators.authenticateToken(token, [])));
    expect(asked.filter((url) => url.endsWith("/keys"))).toHaveLength(1);
    expect(observed).toContainEqual([issuer, true]);
  });

  test("may leave the groups to another", async () => {
    const mappings = { username: { claim: "sub", prefix: "" }, groups: { claim: "g", prefix: "" } };
    const authenticators = await settled(start({ ...plain, claimMappings: mappings }));
    answers.set("https://groups.example", await signToken(claims({ iss: other, g: ["far"] }), key));
    const sources = { _claim_names: { g: "s" }, _claim_sources: { s: { endpoint: "https://groups.example" } } };
    const token = await signToken(claims(sources), key);
    // The other issuer is met here for the first time.
    await expect(authenticators.authenticateToken(token, [])).rejects.toThrow(
      `oidc: could not expand distributed claims: verifying untrusted issuer ${other} failed: verifier not initialized for issuer: "${other}"`,
    );
    await expect
      .poll(() => authenticators.authenticateToken(token, []).catch(() => undefined))
      .toMatchObject({
        user: { groups: ["far"] },
      });
  });
});

describe("other issuers in place of these", () => {
  const second = { ...plain, issuer: { url: other, audiences: ["me"] } };
  test("are taken when they answer, and the metrics of the old ones go later", async () => {
    const authenticators = await settled(start(plain));
    await authenticators.replace(validated(second).checked);
    expect(await authenticators.authenticateToken(await signToken(claims(), key), [])).toBeUndefined();
    const token = await signToken(claims({ iss: other }), key);
    expect(await authenticators.authenticateToken(token, [])).toMatchObject({ user: { name: "7" } });
    timers.find(({ milliseconds }) => milliseconds === 90_000)!.run();
    expect(observed.at(-1)).toEqual(["removed", issuer]);
  });

  test("leave all as it was when they do not", async () => {
    answers.delete(`${other}/.well-known/openid-configuration`);
    const authenticators = await settled(start(plain));
    const replaced = authenticators.replace(validated(second).checked).catch((error) => error);
    await expect.poll(() => timers.length).toBeGreaterThan(1);
    authenticators.stop();
    for (const { run } of timers) run();
    expect(await replaced).toMatchObject({ message: expect.stringContaining(`issuer "${other}" is not healthy`) });
    const token = await signToken(claims(), key);
    expect(await authenticators.authenticateToken(token, [])).toMatchObject({ user: { name: "7" } });
  });
});
