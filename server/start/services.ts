import { certificateChecks } from "../../pki/checks.ts";
import type { Pki } from "../../pki/pki.ts";
import { checkExpression } from "../admission/cel/check-expression.ts";
import { tokenIssuer } from "../auth/service-account/token-issuer.ts";
import type { ServerRegistry } from "../registry/registry.ts";
import type { Services } from "../registry/services.ts";
import { objectWriter, type StatusWriter, serverScope } from "../registry/writer.ts";
import type { Clock } from "../storage/clock.ts";
import { type Authentication, apiAudiences, startAuthentication, type TokenKeys } from "./authentication.ts";
import { type RunningAuthorization, startAuthorization } from "./authorization.ts";
import { legacyTokenUse } from "./legacy-token-use.ts";
import type { serverMetrics } from "./server-metrics.ts";
import type { ServerSettings } from "./settings.ts";

export interface ServicesOptions {
  readonly pki: Pki;
  readonly tokenKeys: TokenKeys;
  readonly settings: ServerSettings;
  readonly serverId: string;
  readonly clock: Clock;
  readonly now: () => Date;
  readonly newId: () => string;
  readonly registry: ServerRegistry;
  readonly metrics: ReturnType<typeof serverMetrics>;
  readonly onError: (message: string) => void;
  /** Given what is to be called in the end. */
  readonly onStop: (release: () => void) => void;
}

export interface RunningServices {
  readonly services: Services & { readonly writer: StatusWriter };
  readonly authentication: Authentication;
  readonly authorization: RunningAuthorization;
}

/** Who asks and what they may do, tokens, certificates, writes of the server's own: what the stores are handed. */
export async function startServices(options: ServicesOptions): Promise<RunningServices> {
  const { pki, tokenKeys, settings, serverId, clock, now, newId, registry, metrics, onError, onStop } = options;
  const { watch, reader } = registry;
  const files = { settings, serverId, clock, now, onError };
  const authorization = await startAuthorization({
    ...files,
    watch,
    onDecision: (decider, decision) => metrics.security.decided(decider, decision),
  });
  onStop(() => authorization.stop());
  const writer = objectWriter(
    (resource) => registry.storeOf(resource),
    () => serverScope(now()),
  );
  const authentication = await startAuthentication({
    ...files,
    pki,
    keys: tokenKeys,
    reader,
    observer: metrics.authentication,
    onLegacyTokenUse: legacyTokenUse(writer, now),
  });
  onStop(() => authentication.stop());
  const [issuer = ""] = settings.serviceAccountIssuers;
  const maxExpirationSeconds = settings.serviceAccountMaxTokenExpirationSeconds;
  const services = {
    authorizer: authorization.authorizer,
    authenticator: authentication.authenticator,
    ruleResolver: authorization.ruleResolver,
    escalation: authorization.escalation,
    apiAudiences: apiAudiences(settings),
    certificates: certificateChecks,
    tokenIssuer: tokenIssuer({ issuer, maxExpirationSeconds, extendExpiration: true, newId, key: tokenKeys.signing }),
    writer,
    checkExpression,
  };
  return { services, authentication, authorization };
}
