import { expect, test } from "vitest";
import { listerOf } from "../../client/index.ts";
import type { ConfigMap, Secret } from "../../openapi/api/core.v1.ts";
import { detachedSignature, reconcile as sign } from "./signer.ts";
import { reconcile as clean } from "./token-cleaner.ts";

const now = new Date("2026-01-01T00:00:00Z");

function token(values: Record<string, string>, name = "bootstrap-token-abcdef"): Secret {
  const all = {
    "token-id": "abcdef",
    "token-secret": "0123456789abcdef",
    "usage-bootstrap-signing": "true",
    ...values,
  };
  const data = Object.fromEntries(
    Object.entries(all).map(([key, text]) => [key, Buffer.from(text).toString("base64")]),
  );
  return { metadata: { name, namespace: "kube-system", uid: name }, type: "bootstrap.kubernetes.io/token", data };
}

test.each([
  { expiration: "2025-12-31T23:59:59Z", does: { do: "delete" } },
  { expiration: "2026-01-01T01:00:00+01:00", does: { do: "delete" } },
  { expiration: "tomorrow", does: { do: "delete" } },
  { expiration: "2026-01-01T00:00:05Z", does: { do: "requeue", afterMs: 5000 } },
  { expiration: "", does: undefined },
])("a token that expires at $expiration", ({ expiration, does }) => {
  const secrets = listerOf([token({ expiration })]);
  expect(clean("kube-system/bootstrap-token-abcdef", { secrets }, now)).toMatchObject(does ? [does] : []);
});

test("a signature is the one that kubeadm computes", () => {
  const content = "Hello from the other side. I must have called a thousand times.";
  expect(detachedSignature(content, "joshua", "my voice is my passcode")).toBe(
    "eyJhbGciOiJIUzI1NiIsImtpZCI6Impvc2h1YSJ9..VShe2taLd-YTrmWuRkcL_8QTNDHYxQIEBsAYYiIj1_8",
  );
});

test.each([
  { token: token({}), keys: ["kubeconfig", "jws-kubeconfig-abcdef"] },
  { token: token({ "usage-bootstrap-signing": "false" }), keys: ["kubeconfig"] },
  { token: token({ expiration: "2025-01-01T00:00:00Z" }), keys: ["kubeconfig"] },
  { token: token({}, "bootstrap-token-zzzzzz"), keys: ["kubeconfig"] },
])("cluster-info gets $keys", ({ token, keys }) => {
  const info: ConfigMap = {
    metadata: { name: "cluster-info", namespace: "kube-public" },
    data: { kubeconfig: "text", "jws-kubeconfig-gone00": "old" },
  };
  const [action] = sign({ configMaps: listerOf([info]), secrets: listerOf([token]) }, now);
  const written = action && "object" in action ? (action.object as ConfigMap) : undefined;
  expect(Object.keys(written?.data ?? {})).toEqual(keys);
});
