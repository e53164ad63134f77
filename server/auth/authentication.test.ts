import { describe, expect, test } from "vitest";
import { clientCertificate, createAuthority, serverCertificate } from "../../pki/authority.ts";
import { derOf } from "../../pki/pem.ts";
import type { KubeObject } from "../meta/object.ts";
import type { AuthenticationRequest, Authenticator } from "./authenticator.ts";
import { bearerTokenAuthenticator, tokenUnion, websocketToken } from "./bearer-token.ts";
import { bootstrapTokenAuthenticator } from "./bootstrap-token.ts";
import { requestHeaderAuthenticator, standardRequestHeaders } from "./request-header.ts";
import { readTokenFile, staticTokenAuthenticator } from "./token-file.ts";
import { anonymousAuthenticator, authenticatorUnion } from "./union.ts";
import { x509Authenticator } from "./x509.ts";

const now = new Date("2026-03-04T05:06:07Z");
const ca = createAuthority("ca", now);
const proxyCa = createAuthority("proxy-ca", now);
const der = (pair: { certificate: string }) => derOf(pair.certificate, "CERTIFICATE")[0]!;
const YEAR_SECONDS = 365 * 24 * 3600;
const request = (more: Partial<AuthenticationRequest> = {}): AuthenticationRequest => ({ headers: {}, ...more });

describe("client certificates", () => {
  const at = (date: Date) => x509Authenticator([ca.parsed], () => date);
  const jane = der(clientCertificate(ca, { commonName: "jane", organizations: ["dev", "ops"], uids: ["7"] }, now));

  test("give name, groups, uid and a credential id", async () => {
    expect(await at(now).authenticate(request({ clientCertificate: jane }))).toEqual({
      user: {
        name: "jane",
        uid: "7",
        groups: ["dev", "ops"],
        extra: { "authentication.kubernetes.io/credential-id": [expect.stringMatching(/^X509SHA256=[0-9a-f]{64}$/)] },
      },
    });
  });

  test("tell how long they live on, also when they are refused", async () => {
    const lifetimes: number[] = [];
    const shown = x509Authenticator(
      [ca.parsed],
      () => now,
      (seconds) => lifetimes.push(seconds),
    );
    await shown.authenticate(request());
    await shown.authenticate(request({ clientCertificate: jane }));
    expect(() =>
      shown.authenticate(
        request({ clientCertificate: der(clientCertificate(proxyCa, { commonName: "x", organizations: [] }, now)) }),
      ),
    ).toThrow("unknown authority");
    expect(lifetimes).toEqual([YEAR_SECONDS, YEAR_SECONDS]);
  });

  test.each([
    [
      "too old",
      jane,
      new Date("2027-03-05T00:00:00Z"),
      "x509: certificate has expired or is not yet valid: current time 2027-03-05T00:00:00Z is after 2027-03-04T05:06:07Z",
    ],
    [
      "too new",
      jane,
      new Date("2026-01-01T00:00:00Z"),
      "current time 2026-01-01T00:00:00Z is before 2026-03-04T05:01:07Z",
    ],
    [
      "of another CA",
      der(clientCertificate(proxyCa, { commonName: "x", organizations: [] }, now)),
      now,
      "certificate signed by unknown authority",
    ],
    [
      "of a server",
      der(serverCertificate(ca, { commonName: "x", organizations: [] }, ["x"], now)),
      now,
      "certificate specifies an incompatible key usage",
    ],
  ])("are refused when %s", (_, clientCertificate, date, message) => {
    const authenticator = at(date);
    // Twice: what is remembered must say the same.
    for (let i = 0; i < 2; i++)
      expect(() => authenticator.authenticate(request({ clientCertificate }))).toThrow(message);
  });

  test("signed by an impostor of the same name are refused", () => {
    const impostor = createAuthority("ca", now);
    const clientCertificate_ = der(
      clientCertificate(impostor, { commonName: "x", organizations: ["system:masters"] }, now),
    );
    expect(() => at(now).authenticate(request({ clientCertificate: clientCertificate_ }))).toThrow("unknown authority");
  });

  test("without a common name say nothing", () => {
    const nameless = der(clientCertificate(ca, { commonName: "", organizations: ["dev"] }, now));
    expect(at(now).authenticate(request({ clientCertificate: nameless }))).toBeUndefined();
  });
});

describe("a front proxy", () => {
  const options = { authorities: [proxyCa.parsed], allowedNames: ["front-proxy-client"], ...standardRequestHeaders };
  const authenticator = requestHeaderAuthenticator(options, () => now);
  const proxy = der(clientCertificate(proxyCa, { commonName: "front-proxy-client", organizations: [] }, now));
  const headers = {
    "x-remote-user": "jane",
    "x-remote-group": "dev, a,b",
    "x-remote-extra-example.com%2fkey": "v",
  };

  test("passes on user, groups and extra", async () => {
    const rawHeaders = [
      "X-Remote-User",
      "jane",
      "X-Remote-Group",
      "dev",
      "X-Remote-Group",
      "a,b",
      "X-Remote-Extra-Example.com%2fKey",
      "v",
    ];
    expect(await authenticator.authenticate(request({ headers, rawHeaders, clientCertificate: proxy }))).toEqual({
      user: { name: "jane", groups: ["dev", "a,b"], extra: { "example.com/key": ["v"] } },
    });
  });

  test("needs a certificate of its CA and an allowed name", () => {
    expect(authenticator.authenticate(request({ headers }))).toBeUndefined();
    const client = der(clientCertificate(ca, { commonName: "front-proxy-client", organizations: [] }, now));
    expect(authenticator.authenticate(request({ headers, clientCertificate: client }))).toMatchObject({
      message: "x509: certificate signed by unknown authority",
    });
    const other = der(clientCertificate(proxyCa, { commonName: "eve", organizations: [] }, now));
    expect(() => authenticator.authenticate(request({ headers, clientCertificate: other }))).toThrow(
      "x509: subject with cn=eve is not in the allowed list",
    );
  });
});

describe("token files", () => {
  test("hold tokens, users, uids and groups", () => {
    const tokens = readTokenFile('t1,jane,7,"dev,ops"\nt2,joe,8\n\n"t,3","a ""b""",9,x\n', "f");
    expect([...tokens]).toEqual([
      ["t1", { name: "jane", uid: "7", groups: ["dev", "ops"] }],
      ["t2", { name: "joe", uid: "8", groups: [] }],
      ["t,3", { name: 'a "b"', uid: "9", groups: ["x"] }],
    ]);
  });

  test("with too few columns are refused", () => {
    expect(() => readTokenFile("a,b", "/f")).toThrow(
      "token file '/f' must have at least 3 columns (token, user name, user uid), found 2",
    );
  });
});

describe("the union", () => {
  const tokens = tokenUnion([staticTokenAuthenticator("file", new Map([["good", { name: "jane", groups: [] }]]))]);
  const broken = { name: "broken", authenticateToken: () => Promise.reject(new Error("it broke")) };
  const union = (...more: Authenticator[]) =>
    authenticatorUnion(
      [x509Authenticator([ca.parsed], () => now), ...more, bearerTokenAuthenticator(tokens, ["api"])],
      {
        anonymous: anonymousAuthenticator([]),
      },
    );
  const bearer = (token: string) => request({ headers: { authorization: `Bearer ${token}` } });

  test("adds system:authenticated", async () => {
    expect(await union().authenticate(bearer("good"))).toEqual({
      user: { name: "jane", groups: ["system:authenticated"] },
    });
  });

  test.each([request(), request({ headers: { authorization: "Basic dXNlcjpwYXNz" } }), bearer("")])(
    "takes a request without credentials for anonymous",
    async (anonymous) => {
      expect((await union().authenticate(anonymous))?.user).toEqual({
        name: "system:anonymous",
        groups: ["system:unauthenticated"],
      });
    },
  );

  test("is never anonymous with a bad credential", async () => {
    await expect(union().authenticate(bearer("bad"))).rejects.toThrow(/^invalid bearer token$/);
    const both = union(bearerTokenAuthenticator(tokenUnion([broken]), ["api"]));
    await expect(both.authenticate(bearer("bad"))).rejects.toThrow(/^\[it broke, invalid bearer token\]$/);
  });

  test("goes on after an error", async () => {
    const other = bearerTokenAuthenticator(tokenUnion([broken]), ["api"]);
    expect((await union(other).authenticate(bearer("good")))?.user.name).toBe("jane");
    const foreign = der(clientCertificate(proxyCa, { commonName: "x", organizations: [] }, now));
    expect((await union().authenticate({ ...bearer("good"), clientCertificate: foreign }))?.user.name).toBe("jane");
  });
});

test.each([
  ["a, b", "", ["a", "b"]],
  [
    `base64url.bearer.authorization.k8s.io.${Buffer.from("tok").toString("base64url")}, v4.channel.k8s.io`,
    "tok",
    ["v4.channel.k8s.io"],
  ],
])("WebSocket subprotocols %j carry token %j", (header, token, protocols) => {
  expect(websocketToken(header)).toEqual({ token, protocols });
});

test("a WebSocket token alone leaves nothing to answer with", () => {
  expect(() => websocketToken("base64url.bearer.authorization.k8s.io.eA")).toThrow("missing additional subprotocol");
});

describe("bootstrap tokens", () => {
  const data = (values: Record<string, string>) =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString("base64")]));
  const good = {
    "token-id": "abcdef",
    "token-secret": "0123456789abcdef",
    "usage-bootstrap-authentication": "true",
    "auth-extra-groups": "system:bootstrappers:worker",
    expiration: "2026-12-31T00:00:00Z",
  };
  const ask = async (values: Record<string, string>, token = "abcdef.0123456789abcdef") => {
    const secret = {
      metadata: { name: "bootstrap-token-abcdef" },
      type: "bootstrap.kubernetes.io/token",
      data: data(values),
    };
    const reader = {
      // The reader's callers say which type they expect.
      get: <T extends KubeObject>(_: object, namespace: string, name: string) =>
        (namespace === "kube-system" && name === "bootstrap-token-abcdef" ? secret : undefined) as unknown as T,
      list: () => [],
    };
    return (await bootstrapTokenAuthenticator(reader, () => now).authenticateToken(token, []))?.user;
  };

  test("make a bootstrapper", async () => {
    expect(await ask(good)).toEqual({
      name: "system:bootstrap:abcdef",
      groups: ["system:bootstrappers", "system:bootstrappers:worker"],
    });
  });

  test.each([
    { "token-secret": "0123456789abcdee" },
    { "usage-bootstrap-authentication": "false" },
    { expiration: "2026-01-01T00:00:00Z" },
    { expiration: "soon" },
    { "auth-extra-groups": "system:masters" },
    { "token-id": "fedcba" },
  ])("are refused when %j", async (change) => {
    expect(await ask({ ...good, ...change })).toBeUndefined();
  });
});
