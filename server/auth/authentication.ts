import type { Certificate } from "../../pki/certificate.ts";
import type { TokenKey } from "../../pki/service-account-key.ts";
import type { ObjectReader } from "../admission/plugin.ts";
import type { Authenticator, TokenAuthenticator, UserInfo } from "./authenticator.ts";
import { audienceAgnostic, bearerTokenAuthenticator, tokenUnion, websocketTokenAuthenticator } from "./bearer-token.ts";
import { bootstrapTokenAuthenticator } from "./bootstrap-token.ts";
import type { AnonymousConfiguration } from "./jwt/configuration.ts";
import type { AuthenticationObserver } from "./observer.ts";
import { type RequestHeaderOptions, requestHeaderAuthenticator } from "./request-header.ts";
import { serviceAccountTokenAuthenticators } from "./service-account/token-authenticator.ts";
import { cachedTokenAuthenticator } from "./token-cache.ts";
import { staticTokenAuthenticator } from "./token-file.ts";
import { anonymousAuthenticator, authenticatorUnion } from "./union.ts";
import { SYSTEM_AUTHENTICATED, SYSTEM_MASTERS } from "./well-known.ts";
import { x509Authenticator } from "./x509.ts";

/** Which credentials are taken; what is undefined is off. */
export interface AuthenticationOptions {
  /** The server's own token, for requests to itself. */
  readonly loopbackToken: string;
  readonly clientAuthorities: readonly Certificate[];
  readonly requestHeader: RequestHeaderOptions | undefined;
  /** `--token-auth-file`, read with readTokenFile. */
  readonly tokens: ReadonlyMap<string, UserInfo> | undefined;
  readonly serviceAccountIssuers: readonly string[];
  readonly serviceAccountKeys: Promise<readonly TokenKey[]>;
  readonly onLegacyTokenUse: (namespace: string, secretName: string) => void;
  /** `--enable-bootstrap-token-auth` */
  readonly bootstrapTokens: boolean;
  /** OIDC and webhooks, in this order, after those that need no network. */
  readonly remote: readonly TokenAuthenticator[];
  /** Who shows nothing is system:anonymous. */
  readonly anonymous: AnonymousConfiguration;
  readonly apiAudiences: readonly string[];
  readonly reader: ObjectReader;
  readonly now: () => Date;
  readonly observer?: AuthenticationObserver | undefined;
}

/** What a token was good for, it is good for a little longer. (kubeapiserver/options/authentication.go TokenSuccessCacheTTL) */
const TOKEN_CACHE_MILLISECONDS = 10_000;

/** All authenticators in upstream's order: front proxy, certificates, tokens. (pkg/kubeapiserver/authenticator/config.go) */
export function createAuthenticator(options: AuthenticationOptions): Authenticator {
  const { apiAudiences, reader, now, observer } = options;
  const { enabled, conditions } = options.anonymous;
  const agnostic = (authenticator: TokenAuthenticator) => audienceAgnostic(authenticator, apiAudiences);
  const union = tokenUnion([
    ...(options.tokens ? [agnostic(staticTokenAuthenticator("token-file", options.tokens))] : []),
    ...serviceAccountTokenAuthenticators({
      issuers: options.serviceAccountIssuers,
      keys: options.serviceAccountKeys,
      apiAudiences,
      reader,
      now,
      onLegacyUse: options.onLegacyTokenUse,
      onUse: (use) => observer?.serviceAccountToken(use),
    }),
    ...(options.bootstrapTokens ? [agnostic(bootstrapTokenAuthenticator(reader, now))] : []),
    ...options.remote,
  ]);
  const tokens = cachedTokenAuthenticator(union, {
    successMilliseconds: TOKEN_CACHE_MILLISECONDS,
    failureMilliseconds: 0,
    now,
    ...(observer && { observer: observer.tokenCache }),
  });
  const self: UserInfo = { name: "system:apiserver", groups: [SYSTEM_AUTHENTICATED, SYSTEM_MASTERS] };
  const loopback = staticTokenAuthenticator("loopback", new Map([[options.loopbackToken, self]]));
  return authenticatorUnion(
    [
      bearerTokenAuthenticator(agnostic(loopback), apiAudiences),
      ...(options.requestHeader ? [requestHeaderAuthenticator(options.requestHeader, now)] : []),
      x509Authenticator(options.clientAuthorities, now, (seconds) => observer?.clientCertificate(seconds)),
      bearerTokenAuthenticator(tokens, apiAudiences),
      websocketTokenAuthenticator(tokens, apiAudiences),
    ],
    { anonymous: enabled ? anonymousAuthenticator(conditions.map(({ path }) => path)) : undefined },
  );
}
