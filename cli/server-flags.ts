import type { Command } from "commander";
import type { PluginSelection } from "../server/admission/plugins.ts";
import type { AuthorizationMode } from "../server/auth/authorization.ts";
import { flagChecks } from "../server/start/flag-checks.ts";
import {
  DEFAULT_SETTINGS as DEFAULTS,
  type OidcSettings,
  type ReviewVersion,
  type ServerSettings,
} from "../server/start/settings.ts";
import { flagValues } from "./flag-values.ts";
import { duration, seconds, serverFlagOptions } from "./server-flag-options.ts";

/** What commander makes of the flags below. */
export interface ServerFlags {
  authorizationMode: AuthorizationMode[];
  authorizationConfig?: string;
  authorizationWebhookConfigFile?: string;
  authorizationWebhookVersion: ReviewVersion;
  authorizationWebhookCacheAuthorizedTtl: number;
  authorizationWebhookCacheUnauthorizedTtl: number;
  anonymousAuth: boolean;
  authenticationConfig?: string;
  tokenAuthFile?: string;
  clientCaFile?: string;
  requestheaderClientCaFile?: string;
  requestheaderAllowedNames: string[];
  requestheaderUsernameHeaders: string[];
  requestheaderUidHeaders: string[];
  requestheaderGroupHeaders: string[];
  requestheaderExtraHeadersPrefix: string[];
  oidcIssuerUrl?: string;
  oidcClientId?: string;
  oidcUsernameClaim: string;
  oidcUsernamePrefix: string;
  oidcGroupsClaim: string;
  oidcGroupsPrefix: string;
  oidcRequiredClaim: Record<string, string>;
  oidcSigningAlgs: string[];
  oidcCaFile?: string;
  authenticationTokenWebhookConfigFile?: string;
  authenticationTokenWebhookVersion: ReviewVersion;
  authenticationTokenWebhookCacheTtl: number;
  serviceAccountIssuer: string[];
  serviceAccountKeyFile: string[];
  serviceAccountSigningKeyFile?: string;
  serviceAccountMaxTokenExpiration: number;
  apiAudiences: string[];
  auditPolicyFile?: string;
  auditLogPath?: string;
  encryptionProviderConfig?: string;
  encryptionProviderConfigAutomaticReload: boolean;
  enablePriorityAndFairness: boolean;
  maxRequestsInflight: number;
  maxMutatingRequestsInflight: number;
  requestTimeout: number;
  shutdownDelayDuration: number;
  shutdownSendRetryAfter: boolean;
  livezGracePeriod: number;
  minRequestTimeout: number;
  eventTtl: number;
  enableAdmissionPlugins: string[];
  disableAdmissionPlugins: string[];
  serviceClusterIpRange: string;
  serviceNodePortRange: ServerSettings["serviceNodePortRange"];
  corsAllowedOrigins: RegExp[];
  strictTransportSecurityDirectives: string[];
  goawayChance: number;
  tlsCertFile?: string;
  tlsPrivateKeyFile?: string;
}

/** Adds the flags of kube-apiserver to a command that runs one. */
export function addServerFlags(command: Command): Command {
  for (const option of serverFlagOptions()) command.addOption(option);
  return command;
}

/** What the flags say together. Ends with a usage error (exit code 2) where they contradict each other. */
export function serverSettings(
  flags: ServerFlags,
  command: Command,
): { settings: ServerSettings; admissionPlugins: PluginSelection } {
  const admissionPlugins = { enable: flags.enableAdmissionPlugins, disable: flags.disableAdmissionPlugins };
  const problems = [...contradictions(flags, command), ...flagChecks.pluginSelectionProblems(admissionPlugins)];
  if (problems.length > 0) command.error(`error: ${problems.join("; ")}`, { exitCode: 2 });
  const oidc = oidcSettings(flags);
  const { tlsCertFile: certFile, tlsPrivateKeyFile: privateKeyFile } = flags;
  const settings: ServerSettings = {
    authorizationModes: flags.authorizationMode,
    authorizationWebhookVersion: flags.authorizationWebhookVersion,
    authorizationWebhookAuthorizedMilliseconds: flags.authorizationWebhookCacheAuthorizedTtl,
    authorizationWebhookUnauthorizedMilliseconds: flags.authorizationWebhookCacheUnauthorizedTtl,
    ...(isGiven(command, "anonymousAuth") && { anonymousAuth: flags.anonymousAuth }),
    requestHeader: {
      allowedNames: flags.requestheaderAllowedNames,
      userNameHeaders: flags.requestheaderUsernameHeaders,
      uidHeaders: flags.requestheaderUidHeaders,
      groupHeaders: flags.requestheaderGroupHeaders,
      extraHeaderPrefixes: flags.requestheaderExtraHeadersPrefix,
    },
    tokenWebhookVersion: flags.authenticationTokenWebhookVersion,
    tokenWebhookCacheMilliseconds: flags.authenticationTokenWebhookCacheTtl,
    serviceAccountIssuers: flags.serviceAccountIssuer,
    serviceAccountKeyFiles: flags.serviceAccountKeyFile,
    serviceAccountMaxTokenExpirationSeconds: flags.serviceAccountMaxTokenExpiration,
    apiAudiences: flags.apiAudiences,
    encryptionProviderConfigAutomaticReload: flags.encryptionProviderConfigAutomaticReload,
    enablePriorityAndFairness: flags.enablePriorityAndFairness,
    maxRequestsInFlight: flags.maxRequestsInflight,
    maxMutatingRequestsInFlight: flags.maxMutatingRequestsInflight,
    requestTimeoutMilliseconds: flags.requestTimeout,
    shutdownDelayMilliseconds: flags.shutdownDelayDuration,
    shutdownSendRetryAfter: flags.shutdownSendRetryAfter,
    livezGraceMilliseconds: flags.livezGracePeriod,
    minRequestTimeoutSeconds: flags.minRequestTimeout,
    eventTtlSeconds: flags.eventTtl,
    serviceClusterIpRange: flags.serviceClusterIpRange,
    serviceNodePortRange: flags.serviceNodePortRange,
    corsAllowedOrigins: flags.corsAllowedOrigins,
    hstsDirectives: flags.strictTransportSecurityDirectives,
    goawayChance: flags.goawayChance,
    flags: flagValues(
      command,
      new Map<unknown, number>([
        [duration, 1],
        [seconds, 1000],
      ]),
    ),
    ...given({
      authorizationConfigFile: flags.authorizationConfig,
      authenticationConfigFile: flags.authenticationConfig,
      authorizationWebhookConfigFile: flags.authorizationWebhookConfigFile,
      tokenAuthFile: flags.tokenAuthFile,
      clientCaFile: flags.clientCaFile,
      requestHeaderCaFile: flags.requestheaderClientCaFile,
      tokenWebhookConfigFile: flags.authenticationTokenWebhookConfigFile,
      serviceAccountSigningKeyFile: flags.serviceAccountSigningKeyFile,
      auditPolicyFile: flags.auditPolicyFile,
      auditLogPath: flags.auditLogPath,
      encryptionProviderConfig: flags.encryptionProviderConfig,
    }),
    ...(oidc && { oidc }),
    ...(certFile && privateKeyFile && { tls: { certFile, privateKeyFile } }),
  };
  return { settings, admissionPlugins };
}

function* contradictions(flags: ServerFlags, command: Command): Generator<string> {
  const both = (a: string | undefined, b: string | undefined) => Boolean(a) === Boolean(b);
  if (
    flags.authorizationConfig &&
    (flags.authorizationMode !== DEFAULTS.authorizationModes || flags.authorizationWebhookConfigFile)
  ) {
    yield "--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are defined";
  }
  if (flags.authorizationMode.length === 0) yield "--authorization-mode: at least one mode must be passed";
  if (flags.authorizationMode.includes("Webhook") !== Boolean(flags.authorizationWebhookConfigFile)) {
    yield "--authorization-mode Webhook and --authorization-webhook-config-file need each other";
  }
  const hasOidc = command.options.some(
    (option) => /^--oidc-/.test(option.long ?? "") && isGiven(command, option.attributeName()),
  );
  if (hasOidc && flags.authenticationConfig) {
    yield "authentication-config file and oidc-* flags are mutually exclusive";
  } else if (hasOidc && !(flags.oidcIssuerUrl && flags.oidcClientId)) {
    yield "oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set";
  }
  const uidHeaders = flags.requestheaderUidHeaders.map((header) => header.toLowerCase());
  if (uidHeaders.length > 0 && !uidHeaders.includes("x-remote-uid")) {
    yield "--requestheader-uid-headers is set without specifying the standard X-Remote-Uid header - API aggregation will not work";
  }
  if (!both(flags.auditPolicyFile, flags.auditLogPath))
    yield "--audit-policy-file and --audit-log-path need each other";
  if (flags.encryptionProviderConfigAutomaticReload && !flags.encryptionProviderConfig) {
    yield "--encryption-provider-config-automatic-reload must be set with --encryption-provider-config";
  }
  if (!both(flags.tlsCertFile, flags.tlsPrivateKeyFile)) {
    yield "--tls-cert-file and --tls-private-key-file need each other";
  }
  const { maxRequestsInflight: reading, maxMutatingRequestsInflight: mutating } = flags;
  if (flags.enablePriorityAndFairness && reading + mutating <= 0) {
    const given = `MaxRequestsInFlight=${reading} and MaxMutatingRequestsInFlight=${mutating}`;
    yield `invalid configuration: ${given}; they must add up to something positive`;
  }
  if (
    !flags.strictTransportSecurityDirectives.every((each) => /^(max-age=[^=]*|includeSubDomains|preload)$/.test(each))
  ) {
    yield "--strict-transport-security-directives invalid, allowed values: max-age=expireTime, includeSubDomains, preload";
  }
  if (flags.serviceAccountIssuer.length === 0) yield "--service-account-issuer: at least one is needed";
  if (flags.serviceAccountKeyFile.length > 0 && !flags.serviceAccountSigningKeyFile) {
    yield "--service-account-key-file needs --service-account-signing-key-file";
  }
}

const isGiven = (command: Command, name: string) => command.getOptionValueSource(name) === "cli";

function oidcSettings(flags: ServerFlags): OidcSettings | undefined {
  const { oidcIssuerUrl: issuerUrl, oidcClientId: clientId, oidcCaFile: caFile } = flags;
  if (!issuerUrl || !clientId) return undefined;
  return {
    issuerUrl,
    clientId,
    usernameClaim: flags.oidcUsernameClaim,
    usernamePrefix: flags.oidcUsernamePrefix,
    groupsClaim: flags.oidcGroupsClaim,
    groupsPrefix: flags.oidcGroupsPrefix,
    requiredClaims: flags.oidcRequiredClaim,
    signingAlgorithms: flags.oidcSigningAlgs,
    ...(caFile && { caFile }),
  };
}

/** Without what is undefined. */
function given<T extends Record<string, string | undefined>>(values: T): { [K in keyof T]?: string } {
  const set = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set) as { [K in keyof T]?: string }; // Object.fromEntries forgets the names
}
