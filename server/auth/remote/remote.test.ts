import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { kubeconfig } from "../../../pki/kubeconfig.ts";
import { createPki } from "../../../pki/pki.ts";
import type { Attributes } from "../authorizer.ts";
import { kubeconfigClient } from "./kubeconfig-client.ts";
import { webhookAuthorizer } from "./webhook-authorizer.ts";
import { webhookTokenAuthenticator } from "./webhook-token.ts";

/** The body of an answer that goes on and on. */
const ENDLESS = "…";

let time = Date.parse("2026-03-04T05:06:07Z");
const now = () => new Date(time);
let posted: unknown[];
beforeEach(() => {
  posted = [];
});
const client = (answer: object) => ({
  post: async (body: unknown) => {
    posted.push(body);
    if (answer instanceof Error) throw answer;
    return answer as Record<string, unknown>;
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
  const make = (answer: object, more: Partial<Parameters<typeof webhookAuthorizer>[0]> = {}) =>
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
  const make = (status: unknown, version: "v1" | "v1beta1" = "v1") =>
    webhookTokenAuthenticator({
      client: client({ status }),
      version,
      apiAudiences: ["api"],
      cacheMilliseconds: 1000,
      now,
    });

  test("sends a TokenReview of the version that is wanted", async () => {
    await make({}, "v1beta1").authenticateToken("t", ["api"]);
    expect(posted).toEqual([
      {
        kind: "TokenReview",
        apiVersion: "authentication.k8s.io/v1beta1",
        metadata: {},
        spec: { token: "t", audiences: ["api"] },
      },
    ]);
  });

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

describe("a kubeconfig", () => {
  const pki = createPki({ serverNames: [], now: new Date() });
  const directory = mkdtempSync(join(tmpdir(), "inkube-webhook-"));
  let answers: { status: number; body: string }[];
  let asked: { url: string | undefined; body: unknown }[];
  const waits: number[] = [];
  const server = createServer(
    {
      ca: pki.ca.certificate,
      cert: pki.apiserver.certificate,
      key: pki.apiserver.key,
      requestCert: true,
      rejectUnauthorized: true,
    },
    async (incoming, outgoing) => {
      asked.push({ url: incoming.url, body: JSON.parse(await text(incoming)) });
      const { status, body } = answers.shift() ?? { status: 404, body: "" };
      outgoing.writeHead(status);
      if (body !== ENDLESS) return void outgoing.end(body);
      const timer = setInterval(() => outgoing.write(" "), 10);
      outgoing.once("close", () => clearInterval(timer));
    },
  );
  let url: string;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `https://127.0.0.1:${(server.address() as { port: number }).port}/review`;
  });
  let timeoutMilliseconds: number;
  beforeEach(() => {
    timeoutMilliseconds = 5000;
    asked = [];
    waits.length = 0;
  });
  afterAll(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });

  const review = { apiVersion: "g/v1", kind: "Review" };
  const post = async (...given: { status: number; body: string }[]) => {
    answers = given;
    const file = join(directory, "config");
    writeFileSync(
      file,
      kubeconfig({ server: url, certificateAuthority: pki.ca.certificate, client: pki.admin, cluster: "c", user: "u" }),
    );
    const after = (milliseconds: number, run: () => void) => {
      waits.push(milliseconds);
      run();
    };
    return (await kubeconfigClient(file, { timeoutMilliseconds, after, random: () => 0 })).post(review);
  };

  test("is enough to reach a webhook, both sides proving themselves", async () => {
    expect(await post({ status: 200, body: '{"status":{"a":1}}' })).toEqual({ status: { a: 1 } });
    expect(asked).toEqual([{ url: "/review?timeout=5s", body: review }]);
  });

  const status = (code: number, reason: string) => ({
    status: code,
    body: JSON.stringify({ kind: "Status", status: "Failure", message: "said so", reason }),
  });
  test.each([
    [{ status: 200, body: "{" }, "couldn't get version/kind; json parse error: unexpected end of JSON input"],
    [{ status: 200, body: "" }, "0-length response with status code: 200 and content type: application/json"],
    [
      { status: 200, body: '{"apiVersion":"g/v2","kind":"Review"}' },
      'no kind "Review" is registered for version "g/v2" in scheme "k8s.io/client-go/kubernetes/scheme/register.go:82"',
    ],
    [{ status: 418, body: "x" }, "the server responded with the status code 418 but did not return more information"],
    [{ status: 404, body: "x" }, "the server could not find the requested resource"],
    [status(403, "Forbidden"), "said so"],
  ])("tells of %j, once", async (answer, message) => {
    await expect(post(answer)).rejects.toThrow(message);
    expect(asked).toHaveLength(1);
  });

  test("waits no longer than its time for the whole of an answer", async () => {
    timeoutMilliseconds = 200;
    const late = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
    await expect(post({ status: 200, body: ENDLESS })).rejects.toThrow(late);
  });

  test.each([
    [status(500, "InternalError"), "said so"],
    [{ status: 502, body: "down" }, 'an error on the server ("down") has prevented the request from succeeding'],
    [{ status: 429, body: "" }, "the server has received too many requests and has asked us to try again later"],
  ])("tries again after %j", async (answer, message) => {
    expect(await post(answer, { status: 200, body: "{}" })).toEqual({});
    await expect(post(answer, answer, answer, answer, answer)).rejects.toThrow(message);
    expect(waits).toEqual([500, 500, 750, 1125, 1687.5]);
  });
});
