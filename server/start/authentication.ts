import type { ObjectReader } from "../admission/plugin.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import {
  audienceAgnostic,
  bearerTokenAuthenticator,
  tokenUnion,
  websocketTokenAuthenticator,
} from "../auth/bearer-token.ts";
import { bootstrapTokenAuthenticator } from "../auth/bootstrap-token.ts";
import type { Pki } from "../auth/pki/pki.ts";
import { requestHeaderAuthenticator, standardRequestHeaders } from "../auth/request-header.ts";
import { serviceAccountTokenAuthenticators } from "../auth/service-account/token-authenticator.ts";
import { anonymousAuthenticator, authenticatorUnion } from "../auth/union.ts";
import { x509Authenticator } from "../auth/x509.ts";

/** Who may be the front proxy. (`--requestheader-allowed-names`) */
export const FRONT_PROXY_NAMES: readonly string[] = ["front-proxy-client"];

export interface AuthenticationOptions {
  readonly pki: Pki;
  readonly issuer: string;
  readonly reader: ObjectReader;
  readonly now: () => Date;
}

/** Front proxy, client certificates, tokens, anonymous, in upstream's order. (pkg/kubeapiserver/authenticator) */
export function authentication({ pki, issuer, reader, now }: AuthenticationOptions): Authenticator {
  const apiAudiences = [issuer];
  const tokens = tokenUnion([
    ...serviceAccountTokenAuthenticators({
      issuers: [issuer],
      keys: pki.serviceAccountKey.then((key) => [key]),
      apiAudiences,
      reader,
      now,
      onLegacyUse: () => undefined,
    }),
    audienceAgnostic(bootstrapTokenAuthenticator(reader, now), apiAudiences),
  ]);
  return authenticatorUnion(
    [
      requestHeaderAuthenticator(
        { ...standardRequestHeaders, authorities: [pki.frontProxyCa.parsed], allowedNames: FRONT_PROXY_NAMES },
        now,
      ),
      x509Authenticator([pki.ca.parsed], now),
      bearerTokenAuthenticator(tokens, apiAudiences),
      websocketTokenAuthenticator(tokens, apiAudiences),
    ],
    { anonymous: anonymousAuthenticator },
  );
}
