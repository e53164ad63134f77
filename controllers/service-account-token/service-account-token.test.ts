import { createPrivateKey, createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type Action, ApiError, listerOf, type Result } from "../../client/index.ts";
import type { Pod, Secret, ServiceAccount } from "../../openapi/api/core.v1.ts";
import { tokenKey } from "../../pki/service-account-key.ts";
import { unusedTokens } from "./legacy-token-cleaner.ts";
import { reconcile } from "./service-account-token.ts";
import { secretToken } from "./token.ts";

const account = (uid: string, ...secrets: string[]) =>
  ({
    kind: "ServiceAccount",
    metadata: { name: "robot", namespace: "ns", uid },
    secrets: secrets.map((name) => ({ name })),
  }) as ServiceAccount;
const secret = (data: Record<string, string> = {}, more: Partial<Secret["metadata"]> = {}): Secret =>
  ({
    type: "kubernetes.io/service-account-token",
    metadata: {
      name: "s",
      namespace: "ns",
      uid: "s1",
      resourceVersion: "5",
      annotations: { "kubernetes.io/service-account.name": "robot" },
      ...more,
    },
    data,
  }) as Secret;
const base64 = (text: string) => Buffer.from(text).toString("base64");
const source = { rootCa: "ROOT", token: ({ secretName }: { secretName: string }) => `token of ${secretName}` };

/** What is done about the Secret, with a server that has just these objects. */
function actions(known: { accounts?: ServiceAccount[]; secrets?: Secret[] }, live: typeof known = known) {
  const key = JSON.stringify({ namespace: "ns", name: "s", uid: "s1", account: "robot", accountUid: "" });
  const listers = { accounts: listerOf(known.accounts ?? []), secrets: listerOf(known.secrets ?? []) };
  const settle = (list: readonly Action[]): Action[] =>
    list.flatMap((action) => {
      if (action.do !== "batch" || action.actions[0]?.do !== "get") return [action];
      const [{ resource }] = action.actions;
      const object = resource === "v1/secrets" ? live.secrets?.[0] : live.accounts?.[0];
      const result: Result = object
        ? { ok: true, object }
        : { ok: false, error: new ApiError(404, { reason: "NotFound" }) };
      return settle(action.after?.([result]) ?? []);
    });
  return settle(reconcile(key, listers, source));
}

describe("a Secret for a service account", () => {
  test("gets token, certificates, namespace and whose it is", () => {
    expect(actions({ accounts: [account("a1")], secrets: [secret()] })).toMatchObject([
      {
        do: "update",
        object: {
          metadata: { annotations: { "kubernetes.io/service-account.uid": "a1" } },
          data: { token: base64("token of s"), "ca.crt": base64("ROOT"), namespace: base64("ns") },
        },
      },
    ]);
  });

  test("keeps a token that it has, and is left alone when it has all", () => {
    const data = { token: base64("old"), namespace: base64("ns") };
    expect(actions({ accounts: [account("a1")], secrets: [secret(data)] })).toMatchObject([
      { do: "update", object: { data: { token: base64("old"), "ca.crt": base64("ROOT") } } },
    ]);
    const all = { ...data, "ca.crt": base64("ROOT") };
    expect(actions({ accounts: [account("a1")], secrets: [secret(all)] })).toEqual([]);
  });

  test("is deleted when its account is gone, though not when only the cache does not know it", () => {
    expect(actions({ secrets: [secret()] })).toMatchObject([{ do: "delete", resource: "v1/secrets" }]);
    expect(actions({ secrets: [secret()] }, { accounts: [account("a1")], secrets: [secret()] })).toMatchObject([
      { do: "update", resource: "v1/secrets" },
    ]);
  });

  test("that is gone leaves its account", () => {
    expect(actions({ accounts: [account("a1", "s", "other")] })).toMatchObject([
      { do: "update", resource: "v1/serviceaccounts", object: { secrets: [{ name: "other" }] } },
    ]);
    expect(actions({ accounts: [account("a1", "other")] })).toEqual([]);
  });

  test("holds a token that verifies", () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const key = tokenKey(createPrivateKey(privateKey.export({ format: "pem", type: "pkcs8" })));
    const of = { namespace: "ns", secretName: "s", account: { name: "robot", uid: "a1" } };
    const [header = "", claims = "", signature = ""] = secretToken(of, key).split(".");
    expect(JSON.parse(Buffer.from(header, "base64url").toString())).toEqual({ alg: "ES256", kid: key.keyId });
    expect(JSON.parse(Buffer.from(claims, "base64url").toString())).toMatchObject({
      sub: "system:serviceaccount:ns:robot",
    });
    const publicKey = { key: createPublicKey(privateKey), dsaEncoding: "ieee-p1363" as const };
    expect(verify("sha256", Buffer.from(`${header}.${claims}`), publicKey, Buffer.from(signature, "base64url"))).toBe(
      true,
    );
  });
});

describe("a token that nobody has used for a year", () => {
  const YEAR = 365 * 24 * 3_600_000;
  const now = new Date("2026-06-15T12:00:00Z");
  const verdicts = (
    labels: Record<string, string>,
    options: { pods?: Pod[]; secrets?: string[]; since?: string } = {},
  ) =>
    unusedTokens(
      {
        accounts: listerOf([account("a1", ...(options.secrets ?? ["s"]))]),
        secrets: listerOf([secret({}, { labels, creationTimestamp: "2024-01-01T00:00:00Z" })]),
        pods: listerOf(options.pods ?? []),
      },
      { now, unusedMs: YEAR, trackedSince: options.since ?? "2024-01-01" },
    ).map(({ what }) => what);
  const user = {
    metadata: { name: "p", namespace: "ns" },
    spec: { volumes: [{ name: "v", secret: { secretName: "s" } }] },
  } as unknown as Pod;

  test.each([
    { name: "is marked", labels: {}, expected: ["mark"] },
    { name: "goes a year after that", labels: { "invalid-since": "2025-06-14" }, expected: ["delete"] },
    { name: "stays until then", labels: { "invalid-since": "2025-06-15" }, expected: [] },
    { name: "is marked anew when its mark is no day", labels: { "invalid-since": "soon" }, expected: ["mark"] },
    { name: "counts as used on the day of its last use", labels: { "last-used": "2025-06-15" }, expected: [] },
    { name: "does not when that is longer ago", labels: { "last-used": "2025-06-14" }, expected: ["mark"] },
    { name: "stays when a Pod mounts it", labels: {}, pods: [user], expected: [] },
    { name: "stays when its account does not refer to it", labels: {}, secrets: [], expected: [] },
    { name: "stays while uses have not been noted for so long", labels: {}, since: "2025-06-15", expected: [] },
  ])("$name", ({ labels, expected, ...options }) => {
    const prefixed = Object.entries(labels).map(([name, value]) => [`kubernetes.io/legacy-token-${name}`, value]);
    expect(verdicts(Object.fromEntries(prefixed), options)).toEqual(expected);
  });
});
