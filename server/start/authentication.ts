import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { certificatesFromPem } from "../../pki/certificate.ts";
import type { Pki } from "../../pki/pki.ts";
import { type TokenKey, tokenKeyFromPem } from "../../pki/service-account-key.ts";
import type { ObjectReader } from "../admission/plugin.ts";
import { createAuthenticator } from "../auth/authentication.ts";
import type { Authenticator, TokenAuthenticator } from "../auth/authenticator.ts";
import { kubeconfigClient } from "../auth/remote/kubeconfig-client.ts";
import { oidcAuthenticator } from "../auth/remote/oidc.ts";
import { webhookTokenAuthenticator } from "../auth/remote/webhook-token.ts";
import { standardRequestHeaders } from "../auth/request-header.ts";
import { readTokenFile } from "../auth/token-file.ts";
import type { ServerSettings } from "./settings.ts";

/** Who may be the front proxy. (`--requestheader-allowed-names`) */
export const FRONT_PROXY_NAMES: readonly string[] = ["front-proxy-client"];

const WEBHOOK_TIMEOUT_MILLISECONDS = 30_000;

/** Signing and verifying of service-account tokens. */
export interface TokenKeys {
  readonly signing: Promise<TokenKey>;
  readonly verifying: Promise<readonly TokenKey[]>;
}

/** The keys that the flags name, or the PKI's own. @throws Error for a file that holds none */
export function serviceAccountKeys(pki: Pki, settings: ServerSettings): TokenKeys {
  const { serviceAccountSigningKeyFile: signingFile, serviceAccountKeyFiles: files } = settings;
  const signing = signingFile ? Promise.resolve(readKey(signingFile)) : pki.serviceAccountKey;
  const named = files.map(readKey);
  // What is signed here must be good here, whichever files were named.
  const verifying = signing.then((key) => [key, ...named.filter(({ keyId }) => keyId !== key.keyId)]);
  verifying.catch(() => undefined); // told to whoever uses them
  return { signing, verifying };
}

function readKey(path: string): TokenKey {
  try {
    return tokenKeyFromPem(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new Error(`service account key ${path}: ${String(cause)}`, { cause });
  }
}

/** The server's audiences: `--api-audiences`, else the issuers. */
export function apiAudiences({ apiAudiences: given, serviceAccountIssuers }: ServerSettings): readonly string[] {
  return given.length > 0 ? given : serviceAccountIssuers;
}

export interface AuthenticationParts {
  readonly pki: Pki;
  readonly keys: TokenKeys;
  readonly settings: ServerSettings;
  readonly reader: ObjectReader;
  readonly now: () => Date;
  readonly onLegacyTokenUse: (namespace: string, secretName: string) => void;
}

/** The authenticators that the settings ask for. */
export async function createAuthentication(parts: AuthenticationParts): Promise<Authenticator> {
  const { pki, keys, settings, reader, now, onLegacyTokenUse } = parts;
  const { clientCaFile, tokenAuthFile } = settings;
  const more = clientCaFile ? certificatesFromPem(readFileSync(clientCaFile, "utf8")) : [];
  return createAuthenticator({
    loopbackToken: crypto.randomUUID(),
    clientAuthorities: [pki.ca.parsed, ...more],
    requestHeader: {
      ...standardRequestHeaders,
      authorities: [pki.frontProxyCa.parsed],
      allowedNames: FRONT_PROXY_NAMES,
    },
    tokens: tokenAuthFile ? readTokenFile(readFileSync(tokenAuthFile, "utf8"), tokenAuthFile) : undefined,
    serviceAccountIssuers: settings.serviceAccountIssuers,
    serviceAccountKeys: keys.verifying,
    onLegacyTokenUse,
    bootstrapTokens: true,
    remote: await remoteAuthenticators(settings, now),
    // Where everything is allowed, everybody must at least have shown who they are. (server/options/authentication.go)
    anonymous: settings.anonymousAuth && !settings.authorizationModes.includes("AlwaysAllow"),
    apiAudiences: apiAudiences(settings),
    reader,
    now,
  });
}

async function remoteAuthenticators(settings: ServerSettings, now: () => Date): Promise<TokenAuthenticator[]> {
  const { oidc, tokenWebhookConfigFile } = settings;
  const remote: TokenAuthenticator[] = [];
  if (oidc) remote.push(oidcAuthenticator({ ...oidc, fetch: oidc.caFile ? fetchWith(oidc.caFile) : fetch, now }));
  if (tokenWebhookConfigFile) {
    remote.push(
      webhookTokenAuthenticator({
        client: await kubeconfigClient(tokenWebhookConfigFile, WEBHOOK_TIMEOUT_MILLISECONDS),
        apiAudiences: apiAudiences(settings),
        cacheMilliseconds: settings.tokenWebhookCacheMilliseconds,
        now,
      }),
    );
  }
  return remote;
}

/** fetch() with a private CA: Node's own takes none. Only what a provider's documents need. */
function fetchWith(caFile: string): typeof fetch {
  const agent = new Agent({ ca: readFileSync(caFile), allowPartialTrustChain: true, keepAlive: false });
  return (input) =>
    new Promise((resolve, reject) => {
      const url = input instanceof Request ? input.url : input;
      const call = request(url, { agent, timeout: WEBHOOK_TIMEOUT_MILLISECONDS }, (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("error", reject);
        answer.on("end", () => resolve(new Response(Buffer.concat(parts), { status: answer.statusCode ?? 500 })));
      });
      call.on("timeout", () => call.destroy(new Error("no answer in time")));
      call.on("error", reject);
      call.end();
    });
}
