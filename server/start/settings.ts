import type { AuthorizationMode } from "../auth/authorization.ts";
import { type RequestHeaderOptions, standardRequestHeaders } from "../auth/request-header.ts";
import { DEFAULTS } from "../http/app-options.ts";

/** `--oidc-*` flags. Without an issuer there is no OpenID Connect. */
export interface OidcSettings {
  readonly issuerUrl: string;
  readonly clientId: string;
  readonly usernameClaim: string;
  /** "" = upstream's default: the issuer and `#`, unless the claim is `email`; `-` is none. */
  readonly usernamePrefix: string;
  readonly groupsClaim: string;
  readonly groupsPrefix: string;
  readonly requiredClaims: Readonly<Record<string, string>>;
  readonly signingAlgorithms: readonly string[];
  /** PEM file of the provider's CA; the system's when absent. */
  readonly caFile?: string;
}

/** Of the reviews that a webhook is asked for. */
export type ReviewVersion = "v1" | "v1beta1";

/** What kube-apiserver's flags of the same names say. Paths of files are read at the start. */
export interface ServerSettings {
  readonly authorizationModes: readonly AuthorizationMode[];
  /** An AuthorizationConfiguration, in place of modes and webhook. */
  readonly authorizationConfigFile?: string;
  readonly authorizationWebhookConfigFile?: string;
  readonly authorizationWebhookVersion: ReviewVersion;
  readonly authorizationWebhookAuthorizedMilliseconds: number;
  readonly authorizationWebhookUnauthorizedMilliseconds: number;
  /** Undefined where the flag was not given: true, unless a configuration says otherwise. */
  readonly anonymousAuth?: boolean;
  /** An AuthenticationConfiguration, in place of OpenID Connect's flags. */
  readonly authenticationConfigFile?: string;
  readonly tokenAuthFile?: string;
  /** More CAs that client certificates may come from, besides the server's own. */
  readonly clientCaFile?: string;
  /** Which headers of a front proxy say who a request is from, and the names of those that may. */
  readonly requestHeader: Omit<RequestHeaderOptions, "authorities">;
  /** Another CA of front proxies, besides the server's own. */
  readonly requestHeaderCaFile?: string;
  readonly oidc?: OidcSettings;
  readonly tokenWebhookConfigFile?: string;
  readonly tokenWebhookVersion: ReviewVersion;
  readonly tokenWebhookCacheMilliseconds: number;
  /** The first one signs, all are accepted. */
  readonly serviceAccountIssuers: readonly string[];
  /** Public or private keys in PEM that tokens may be signed with; the signing key alone when empty. */
  readonly serviceAccountKeyFiles: readonly string[];
  /** Absent: the PKI's own key. */
  readonly serviceAccountSigningKeyFile?: string;
  /** Seconds; 0 = no limit. */
  readonly serviceAccountMaxTokenExpirationSeconds: number;
  /** Empty = the issuers. */
  readonly apiAudiences: readonly string[];
  readonly auditPolicyFile?: string;
  /** `-` is standard output. */
  readonly auditLogPath?: string;
  readonly encryptionProviderConfig?: string;
  /** Whether that file is read again whenever it changes. */
  readonly encryptionProviderConfigAutomaticReload: boolean;
  readonly enablePriorityAndFairness: boolean;
  readonly maxRequestsInFlight: number;
  readonly maxMutatingRequestsInFlight: number;
  readonly requestTimeoutMilliseconds: number;
  readonly minRequestTimeoutSeconds: number;
  /** How long a server that is to stop goes on as before, but for /readyz. */
  readonly shutdownDelayMilliseconds: number;
  readonly shutdownSendRetryAfter: boolean;
  /** How long after the start /livez takes what is not there yet for granted. */
  readonly livezGraceMilliseconds: number;
  readonly eventTtlSeconds: number;
  /** IPv4 CIDR. Of effect when the cluster is new: afterwards the ServiceCIDR objects say it. */
  readonly serviceClusterIpRange: string;
  readonly serviceNodePortRange: { readonly first: number; readonly last: number };
  readonly corsAllowedOrigins: readonly RegExp[];
  readonly hstsDirectives: readonly string[];
  readonly goawayChance: number;
  /** All that was said on the command line, for /flagz: names without dashes, values as Go prints them. */
  readonly flags: Readonly<Record<string, string>>;
  /** Certificate chain and key in PEM in place of those that the PKI makes. */
  readonly tls?: { readonly certFile: string; readonly privateKeyFile: string };
}

/** As kubeadm starts kube-apiserver; numbers as upstream's own defaults. */
export const DEFAULT_SETTINGS: ServerSettings = {
  authorizationModes: ["Node", "RBAC"],
  authorizationWebhookVersion: "v1beta1",
  authorizationWebhookAuthorizedMilliseconds: 5 * 60_000,
  authorizationWebhookUnauthorizedMilliseconds: 30_000,
  requestHeader: { allowedNames: ["front-proxy-client"], ...standardRequestHeaders },
  tokenWebhookVersion: "v1beta1",
  tokenWebhookCacheMilliseconds: 2 * 60_000,
  serviceAccountIssuers: ["https://kubernetes.default.svc.cluster.local"],
  serviceAccountKeyFiles: [],
  serviceAccountMaxTokenExpirationSeconds: 0,
  apiAudiences: [],
  encryptionProviderConfigAutomaticReload: false,
  enablePriorityAndFairness: true,
  maxRequestsInFlight: DEFAULTS.maxRequestsInFlight,
  maxMutatingRequestsInFlight: DEFAULTS.maxMutatingRequestsInFlight,
  requestTimeoutMilliseconds: DEFAULTS.requestTimeoutMilliseconds,
  minRequestTimeoutSeconds: DEFAULTS.minRequestTimeoutSeconds,
  shutdownDelayMilliseconds: 0,
  shutdownSendRetryAfter: false,
  livezGraceMilliseconds: 0,
  eventTtlSeconds: 3600,
  serviceClusterIpRange: "10.96.0.0/16",
  serviceNodePortRange: { first: 30_000, last: 32_767 },
  corsAllowedOrigins: [],
  hstsDirectives: DEFAULTS.hstsDirectives,
  goawayChance: DEFAULTS.goawayChance,
  flags: {},
};

/** What a stop waits for requests in flight. */
const DRAIN_MILLISECONDS = 900;

/** How long a stop may take, and how much of that is for requests in flight. */
export function stopTimes(settings: ServerSettings): { limitMilliseconds: number; drainMilliseconds: number } {
  const { shutdownDelayMilliseconds, shutdownSendRetryAfter, requestTimeoutMilliseconds } = settings;
  const drainMilliseconds = shutdownSendRetryAfter ? requestTimeoutMilliseconds : DRAIN_MILLISECONDS;
  return { drainMilliseconds, limitMilliseconds: shutdownDelayMilliseconds + drainMilliseconds };
}
