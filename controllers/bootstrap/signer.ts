import { createHmac } from "node:crypto";
import { type Action, defineController, type Lister, mapping } from "../../client/index.ts";
import type { ConfigMap, Secret } from "../../openapi/api/core.v1.ts";
import { deepEqual } from "../equality.ts";
import { expiresInMs, TOKEN_TYPE, textOf } from "./token.ts";

/** What kubeadm publishes for nodes that join. */
const CLUSTER_INFO = "kube-public/cluster-info";
const SIGNATURE = "jws-kubeconfig-";

interface Listers {
  configMaps: Lister<ConfigMap>;
  secrets: Lister<Secret>;
}

/** A JWS (RFC 7515) with HMAC-SHA256 whose payload is left out, as it stands beside it. */
export function detachedSignature(content: string, tokenId: string, tokenSecret: string): string {
  const header = Buffer.from(JSON.stringify({ alg: "HS256", kid: tokenId })).toString("base64url");
  const payload = Buffer.from(content).toString("base64url");
  return `${header}..${createHmac("sha256", tokenSecret).update(`${header}.${payload}`).digest("base64url")}`;
}

/**
 * Signs the `kubeconfig` of kube-public/cluster-info with each token meant for it, so that who knows a token can trust
 * what anyone may read. Follows pkg/controller/bootstrap/bootstrapsigner.go.
 */
export function reconcile({ configMaps, secrets }: Listers, now: Date): Action[] {
  const info = configMaps.get(CLUSTER_INFO);
  const content = info?.data?.kubeconfig;
  if (!info || content === undefined) return [];
  const tokens = secrets.byNamespace("kube-system").filter((secret) => maySign(secret, now));
  const rest = Object.entries(info.data ?? {}).filter(([key]) => !key.startsWith(SIGNATURE));
  const signatures = tokens.map((secret) => {
    const id = textOf(secret, "token-id");
    return [SIGNATURE + id, detachedSignature(content, id, textOf(secret, "token-secret"))] as const;
  });
  const data = Object.fromEntries([...rest, ...signatures]);
  if (deepEqual(data, info.data)) return [];
  return [{ do: "update", resource: "v1/configmaps", object: { ...info, data } as ConfigMap }];
}

/** (validateSecretForSigning) */
function maySign(secret: Readonly<Secret>, now: Date): boolean {
  const id = textOf(secret, "token-id");
  return (
    secret.type === TOKEN_TYPE &&
    /^[a-z0-9]{6}$/.test(id) &&
    secret.metadata.name === `bootstrap-token-${id}` &&
    textOf(secret, "token-secret") !== "" &&
    textOf(secret, "usage-bootstrap-signing") === "true" &&
    expiresInMs(secret, now) > 0
  );
}

export const bootstrapSignerController = defineController<Listers>({
  name: "bootstrap-signer-controller",
  watches: {
    maps: [
      mapping("v1/configmaps", ({ metadata }) =>
        metadata.namespace === "kube-public" && metadata.name === "cluster-info" ? [CLUSTER_INFO] : [],
      ),
      mapping("v1/secrets", ({ metadata, type }) =>
        metadata.namespace === "kube-system" && type === TOKEN_TYPE ? [CLUSTER_INFO] : [],
      ),
    ],
  },
  listers: (get) => ({ configMaps: get("v1/configmaps"), secrets: get("v1/secrets") }),
  reconcile: (_key, listers, { now }) => reconcile(listers, now),
});
