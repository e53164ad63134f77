import type { ObjectReader } from "../admission/plugin.ts";
import { createAuthenticator } from "../auth/authentication.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import type { Pki } from "../auth/pki/pki.ts";
import { standardRequestHeaders } from "../auth/request-header.ts";

/** `--service-account-issuer`, and with it the server's own audience. */
export const ISSUER = "https://kubernetes.default.svc.cluster.local";
/** Who may be the front proxy. (`--requestheader-allowed-names`) */
export const FRONT_PROXY_NAMES: readonly string[] = ["front-proxy-client"];

/** The authenticators of a server with its own PKI: certificates, service accounts, bootstrap tokens, anonymous. */
export function createAuthentication(pki: Pki, reader: ObjectReader, now: () => Date): Authenticator {
  return createAuthenticator({
    loopbackToken: crypto.randomUUID(),
    clientAuthorities: [pki.ca.parsed],
    requestHeader: {
      ...standardRequestHeaders,
      authorities: [pki.frontProxyCa.parsed],
      allowedNames: FRONT_PROXY_NAMES,
    },
    tokens: undefined,
    serviceAccountIssuers: [ISSUER],
    serviceAccountKeys: pki.serviceAccountKey.then((key) => [key]),
    onLegacyTokenUse: () => undefined,
    bootstrapTokens: true,
    remote: [],
    anonymous: true,
    apiAudiences: [ISSUER],
    reader,
    now,
  });
}
