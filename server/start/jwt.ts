import { readFile } from "node:fs/promises";
import { AggregatedError } from "../auth/aggregate-error.ts";
import type { TokenAuthenticator } from "../auth/authenticator.ts";
import type { JwtOptions } from "../auth/jwt/authenticator.ts";
import type { JwtAuthenticators } from "../auth/jwt/authenticators.ts";
import type { AnonymousConfiguration, AuthenticationConfiguration } from "../auth/jwt/configuration.ts";
import { JwtMetrics } from "../http/jwt-metrics.ts";
import type { Series } from "../http/series.ts";
import { aggregateMessage, type FieldError, fieldForbidden } from "../meta/field-error.ts";
import type { Clock } from "../storage/clock.ts";
import { failureOf, followConfiguration } from "./follow-configuration.ts";
import { providerFetch } from "./provider-fetch.ts";
import type { OidcSettings, ServerSettings } from "./settings.ts";

/** All that may be used where the keys decide. (oidc.AllValidSigningAlgorithms) */
const ALGORITHMS = ["ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"];

/** Tokens of other issuers, running. */
export interface Jwt {
  /** Undefined where neither flags nor a file name an issuer. */
  readonly authenticator?: TokenAuthenticator;
  /** What the file says, if it says anything. */
  readonly anonymous?: AnonymousConfiguration;
  readonly series: readonly Series[];
  stop(): void;
}

export interface JwtParts {
  readonly settings: ServerSettings;
  readonly serverId: string;
  readonly clock: Clock;
  readonly now: () => Date;
  readonly onError: (message: string) => void;
}

/**
 * `--oidc-*` or `--authentication-config`, which is read again whenever it changes. (kubeapiserver/options/authentication.go)
 * @throws Error that names every field that is wrong
 */
export async function startJwt(parts: JwtParts): Promise<Jwt> {
  const { authenticationConfigFile: file, oidc } = parts.settings;
  if (file) return fromFile(file, parts);
  if (!oidc) return { series: [], stop: () => undefined };
  const { authenticators, series } = await run(await fromFlags(oidc), oidc.signingAlgorithms, parts);
  return { authenticator: authenticators, series, stop: () => authenticators.stop() };
}

async function fromFile(file: string, parts: JwtParts): Promise<Jwt> {
  const { settings, serverId, clock, now, onError } = parts;
  const text = await readFile(file, "utf8");
  const configuration = await parse(text).catch((cause) => {
    throw new Error(`failed to load authentication configuration from file "${file}": ${cause.message}`, { cause });
  });
  const { anonymous } = configuration;
  if (anonymous && settings.anonymousAuth !== undefined) {
    const detail =
      "--anonymous-auth flag cannot be set when anonymous field is configured in authentication configuration file";
    throw new Error(fieldForbidden("anonymous", detail).message());
  }
  const { authenticators, series } = await run(configuration, ALGORITHMS, parts);
  const following = followConfiguration(file, {
    ...{ of: "authentication", text, serverId, clock, now, onError, failure: failureOf("authentication") },
    // Issuers that could not be reached may be there the next time.
    retryAfter: (error) => (error instanceof AggregatedError ? Number.POSITIVE_INFINITY : undefined),
    async apply(changed) {
      const next = await parse(changed);
      const changes = JSON.stringify(next.anonymous) === JSON.stringify(anonymous) ? [] : [ANONYMOUS_CHANGED];
      await authenticators.replace(await checked(next, settings, changes));
    },
  });
  return {
    authenticator: authenticators,
    ...(anonymous && { anonymous }),
    series: [...series, ...following.series],
    stop() {
      following.stop();
      authenticators.stop();
    },
  };
}

const ANONYMOUS_CHANGED = fieldForbidden("anonymous", "changed from initial configuration file");

async function parse(text: string): Promise<AuthenticationConfiguration> {
  if (!text) throw new Error("empty config data");
  const { readAuthenticationConfiguration } = await import("../auth/jwt/configuration.ts");
  const yaml = await import("yaml");
  return readAuthenticationConfiguration(yaml.parse(text));
}

/** @throws Error that names every field that is wrong */
async function checked(
  configuration: AuthenticationConfiguration,
  { serviceAccountIssuers }: ServerSettings,
  more: readonly FieldError[] = [],
) {
  const { validateAuthentication } = await import("../auth/jwt/validation.ts");
  const { compileClaimExpression: compile } = await import("../cel/claims.ts");
  const { errors, checked: jwt } = validateAuthentication(configuration, { compile }, serviceAccountIssuers);
  const all = [...errors, ...more];
  if (all.length > 0) throw new Error(`invalid authentication configuration: ${aggregateMessage(all)}`);
  const selected = jwt.find(({ configuration: { issuer } }) => issuer.egressSelectorType);
  if (selected) {
    const type = JSON.stringify(selected.configuration.issuer.egressSelectorType);
    throw new Error(`oidc: egress lookup required with egress selector type ${type}`);
  }
  return jwt;
}

async function run(
  configuration: AuthenticationConfiguration,
  signingAlgorithms: readonly string[],
  { settings, serverId, clock, now, onError }: JwtParts,
): Promise<{ authenticators: JwtAuthenticators; series: readonly Series[] }> {
  const unknown = signingAlgorithms.find((algorithm) => !ALGORITHMS.includes(algorithm));
  if (unknown !== undefined) throw new Error(`oidc: unsupported signing alg: ${JSON.stringify(unknown)}`);
  const { JwtAuthenticators } = await import("../auth/jwt/authenticators.ts");
  const observer = new JwtMetrics(serverId, now);
  const options: JwtOptions = {
    signingAlgorithms,
    now,
    after: (milliseconds, then) => clock.after(milliseconds, then),
    onError,
    observer,
    monotonicSeconds: () => performance.now() / 1000,
    fetchOf: ({ certificateAuthority: authority }) => providerFetch({ authority }),
  };
  const authenticators = new JwtAuthenticators(await checked(configuration, settings), options);
  return { authenticators, series: observer.series };
}

/** Flags say a part of what a file may. */
async function fromFlags(oidc: OidcSettings): Promise<AuthenticationConfiguration> {
  const { issuerUrl: url, clientId, usernameClaim, usernamePrefix, groupsClaim, groupsPrefix, caFile } = oidc;
  const { complete } = await import("../auth/jwt/configuration.ts");
  // Names of two issuers may not be mistaken for each other; those of mail addresses are not.
  const ownPrefix = usernameClaim === "email" ? "" : `${url}#`;
  const prefix = usernamePrefix === "-" ? "" : usernamePrefix || ownPrefix;
  const jwt = complete({
    issuer: { url, audiences: [clientId], ...(caFile && { certificateAuthority: await readFile(caFile, "utf8") }) },
    claimMappings: {
      username: { claim: usernameClaim, prefix },
      ...(groupsClaim && { groups: { claim: groupsClaim, prefix: groupsPrefix } }),
    },
    claimValidationRules: Object.entries(oidc.requiredClaims).map(([claim, requiredValue]) => ({
      claim,
      requiredValue,
    })),
  });
  return { jwt: [jwt] };
}
