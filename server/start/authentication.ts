import { readFileSync } from "node:fs";
import { certificatesFromPem } from "../../pki/certificate.ts";
import type { Pki } from "../../pki/pki.ts";
import { type TokenKey, tokenKeyFromPem } from "../../pki/service-account-key.ts";
import type { ObjectReader } from "../admission/plugin.ts";
import { createAuthenticator } from "../auth/authentication.ts";
import type { Authenticator, TokenAuthenticator } from "../auth/authenticator.ts";
import { audienceAgnostic } from "../auth/bearer-token.ts";
import type { AuthenticationObserver } from "../auth/observer.ts";
import { webhookTokenAuthenticator } from "../auth/remote/webhook-token.ts";
import { readTokenFile } from "../auth/token-file.ts";
import type { Series } from "../http/series.ts";
import type { Clock } from "../storage/clock.ts";
import { type Jwt, startJwt } from "./jwt.ts";
import { reviewClient } from "./review-client.ts";
import type { ServerSettings } from "./settings.ts";

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

/** The front proxy that is part of this server has its own authority, others that of `--requestheader-client-ca-file`. PEM. */
export function frontProxyAuthorities(pki: Pki, { requestHeaderCaFile: file }: ServerSettings): string {
  return pki.frontProxyCa.certificate + (file ? readFileSync(file, "utf8") : "");
}

export interface AuthenticationParts {
  readonly pki: Pki;
  readonly keys: TokenKeys;
  readonly settings: ServerSettings;
  readonly reader: ObjectReader;
  /** Of this server among others. */
  readonly serverId: string;
  readonly clock: Clock;
  readonly now: () => Date;
  readonly onError: (message: string) => void;
  readonly observer: AuthenticationObserver;
  readonly onLegacyTokenUse: (namespace: string, secretName: string) => void;
}

/** Authenticators, some of which follow files and other servers. */
export interface Authentication {
  readonly authenticator: Authenticator;
  readonly series: readonly Series[];
  stop(): void;
}

/** The authenticators that the settings ask for. */
export async function startAuthentication(parts: AuthenticationParts): Promise<Authentication> {
  const { pki, keys, settings, reader, now, observer, onLegacyTokenUse } = parts;
  const { clientCaFile, tokenAuthFile } = settings;
  const more = clientCaFile ? certificatesFromPem(readFileSync(clientCaFile, "utf8")) : [];
  const jwt = await startJwt(parts);
  // Where everything is allowed, everybody must at least have shown who they are. (server/options/authentication.go)
  const byFlag = (settings.anonymousAuth ?? true) && !settings.authorizationModes.includes("AlwaysAllow");
  const authenticator = createAuthenticator({
    loopbackToken: crypto.randomUUID(),
    clientAuthorities: [pki.ca.parsed, ...more],
    requestHeader: {
      ...settings.requestHeader,
      authorities: certificatesFromPem(frontProxyAuthorities(pki, settings)),
    },
    tokens: tokenAuthFile ? readTokenFile(readFileSync(tokenAuthFile, "utf8"), tokenAuthFile) : undefined,
    serviceAccountIssuers: settings.serviceAccountIssuers,
    serviceAccountKeys: keys.verifying,
    onLegacyTokenUse,
    bootstrapTokens: true,
    remote: await remoteAuthenticators(settings, jwt, now),
    anonymous: jwt.anonymous ?? { enabled: byFlag, conditions: [] },
    apiAudiences: apiAudiences(settings),
    reader,
    now,
    observer,
  });
  return { authenticator, series: jwt.series, stop: () => jwt.stop() };
}

/** OIDC and webhooks: those that need a network. */
async function remoteAuthenticators(
  settings: ServerSettings,
  jwt: Jwt,
  now: () => Date,
): Promise<TokenAuthenticator[]> {
  const { tokenWebhookConfigFile, tokenWebhookVersion: version } = settings;
  const audiences = apiAudiences(settings);
  const remote = jwt.authenticator ? [audienceAgnostic(jwt.authenticator, audiences)] : [];
  if (tokenWebhookConfigFile) {
    remote.push(
      webhookTokenAuthenticator({
        client: await reviewClient(tokenWebhookConfigFile),
        version,
        apiAudiences: audiences,
        cacheMilliseconds: settings.tokenWebhookCacheMilliseconds,
        now,
      }),
    );
  }
  return remote;
}
