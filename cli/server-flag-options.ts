import { InvalidArgumentError, Option } from "commander";
import type { AuthorizationMode } from "../server/auth/authorization.ts";
import { flagChecks } from "../server/start/flag-checks.ts";
import { DEFAULT_SETTINGS as DEFAULTS, type ReviewVersion, type ServerSettings } from "../server/start/settings.ts";
import { wholeNumber } from "./flags.ts";

const MODES: readonly AuthorizationMode[] = ["AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook"];
const REVIEW_VERSIONS: readonly ReviewVersion[] = ["v1", "v1beta1"];
/** As kubeadm does: the Node authorizer alone does not look into objects. */
const ENABLED = ["NodeRestriction"];

const list = (text: string): string[] => text.split(",").filter(Boolean);
/** Several flags, or one with commas: their values together. The first one given takes the place of the default. */
function lists(defaults: readonly string[]): (text: string, before: string[]) => string[] {
  return (text, before) => [...(before === defaults ? [] : before), ...list(text)];
}

/** Milliseconds. */
export function duration(text: string): number {
  try {
    const milliseconds = flagChecks.durationMilliseconds(text);
    if (milliseconds >= 0) return milliseconds;
  } catch {
    // told below
  }
  throw new InvalidArgumentError("must be a duration such as 90s, 5m or 1h30m.");
}

function modes(text: string): AuthorizationMode[] {
  return list(text).map((name) => {
    const mode = MODES.find((each) => each === name);
    if (!mode) throw new InvalidArgumentError(`${name} is no authorization mode: choose from ${MODES.join(", ")}.`);
    return mode;
  });
}

function trueOrFalse(text: string): boolean {
  if (text !== "true" && text !== "false") throw new InvalidArgumentError("must be true or false.");
  return text === "true";
}

function claims(text: string, before: Record<string, string>): Record<string, string> {
  const [name, ...value] = text.split("=");
  if (!name || value.length === 0) throw new InvalidArgumentError("must be claim=value.");
  return { ...before, [name]: value.join("=") };
}

function serviceRange(text: string): string {
  try {
    flagChecks.firstServiceAddress(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function portRange(text: string): ServerSettings["serviceNodePortRange"] {
  const [, from, , to] = /^(\d+)([-+])(\d+)$/.exec(text) ?? [];
  const first = Number(from);
  const last = text.includes("+") ? first + Number(to) : Number(to);
  if (from === undefined || first > last || last > 65535) {
    throw new InvalidArgumentError("must be a range of ports such as 30000-32767.");
  }
  return { first, last };
}

/** Of origins. One that could match in the middle of a host's name lets strangers in. (CVE-2022-1996) */
function patterns(text: string, before: RegExp[]): RegExp[] {
  const isPinned = (each: string) => /\^|\/\//.test(each) && /[$:]/.test(each);
  if (!list(text).every(isPinned)) {
    throw new InvalidArgumentError("regular expression does not pin to start/end of host in the origin header");
  }
  try {
    return [...before, ...list(text).map((each) => new RegExp(each))];
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function chance(text: string): number {
  const value = Number(text);
  if (text.trim() && value >= 0 && value <= 0.02) return value;
  throw new InvalidArgumentError("can not be less than 0 or greater than 0.02.");
}

/** Of a duration. */
export const seconds = (text: string) => duration(text) / 1000;
const count = wholeNumber(0, 2 ** 31 - 1);

/** The flags of kube-apiserver, as far as there are any here; numbers and lists are parsed. */
export function serverFlagOptions(): Option[] {
  const { serviceAccountIssuers, corsAllowedOrigins, serviceNodePortRange, authorizationModes, requestHeader } =
    DEFAULTS;
  const { first, last } = serviceNodePortRange;
  const flag = (flags: string, description: string) => new Option(flags, description);
  const several = (flags: string, description: string, defaults: readonly string[] = []) =>
    flag(flags, description).argParser(lists(defaults)).default(defaults);
  return [
    flag("--authorization-mode <list>", `who decides, in this order: ${MODES.join(", ")}`)
      .argParser(modes)
      .default(authorizationModes, authorizationModes.join(",")),
    flag("--authorization-config <file>", "an AuthorizationConfiguration, in place of modes and their webhook"),
    flag("--authorization-webhook-config-file <file>", "kubeconfig of the webhook of mode Webhook"),
    flag("--authorization-webhook-version <version>", "version of the SubjectAccessReviews that it is sent")
      .choices(REVIEW_VERSIONS)
      .default(DEFAULTS.authorizationWebhookVersion),
    flag("--authorization-webhook-cache-authorized-ttl <duration>", "how long its yes is kept")
      .argParser(duration)
      .default(DEFAULTS.authorizationWebhookAuthorizedMilliseconds, "5m"),
    flag("--authorization-webhook-cache-unauthorized-ttl <duration>", "how long its no is kept")
      .argParser(duration)
      .default(DEFAULTS.authorizationWebhookUnauthorizedMilliseconds, "30s"),
    flag("--anonymous-auth [boolean]", "let requests without credentials in as system:anonymous")
      .argParser(trueOrFalse)
      .preset("true")
      .default(true),
    flag("--authentication-config <file>", "an AuthenticationConfiguration: issuers of tokens, and who is anonymous"),
    flag("--token-auth-file <file>", 'CSV of fixed tokens: token,user,uid,"group1,group2"'),
    flag("--client-ca-file <file>", "more CAs of client certificates, besides the cluster's own"),
    flag("--requestheader-client-ca-file <file>", "CA of front proxies, besides the cluster's own"),
    several("--requestheader-allowed-names <list>", "common names of front proxies", requestHeader.allowedNames),
    several("--requestheader-username-headers <list>", "headers with the user's name", requestHeader.userNameHeaders),
    several("--requestheader-uid-headers <list>", "headers with the user's uid", requestHeader.uidHeaders),
    several("--requestheader-group-headers <list>", "headers with the user's groups", requestHeader.groupHeaders),
    several(
      "--requestheader-extra-headers-prefix <list>",
      "prefixes of headers with the rest",
      requestHeader.extraHeaderPrefixes,
    ),
    flag("--oidc-issuer-url <url>", "OpenID Connect provider whose ID tokens are taken"),
    flag("--oidc-client-id <id>", "client that ID tokens must be for"),
    flag("--oidc-username-claim <claim>", "claim with the user's name").default("sub"),
    flag("--oidc-username-prefix <prefix>", "put before user names; '-' for none").default(""),
    flag("--oidc-groups-claim <claim>", "claim with the user's groups").default(""),
    flag("--oidc-groups-prefix <prefix>", "put before groups").default(""),
    flag("--oidc-required-claim <claim=value>", "claim that ID tokens must have; may be repeated")
      .argParser(claims)
      .default({}),
    several("--oidc-signing-algs <list>", "signing algorithms that are taken", ["RS256"]),
    flag("--oidc-ca-file <file>", "CA of the provider"),
    flag("--authentication-token-webhook-config-file <file>", "kubeconfig of a webhook that knows tokens"),
    flag("--authentication-token-webhook-version <version>", "version of the TokenReviews that it is sent")
      .choices(REVIEW_VERSIONS)
      .default(DEFAULTS.tokenWebhookVersion),
    flag("--authentication-token-webhook-cache-ttl <duration>", "how long its answers are kept")
      .argParser(duration)
      .default(DEFAULTS.tokenWebhookCacheMilliseconds, "2m"),
    several(
      "--service-account-issuer <url>",
      "issuer of tokens; the first signs, all are taken",
      serviceAccountIssuers,
    ),
    several("--service-account-key-file <file>", "keys in PEM that tokens may be signed with; may be repeated"),
    flag("--service-account-signing-key-file <file>", "private key in PEM that signs tokens"),
    flag("--service-account-max-token-expiration <duration>", "longest life of a token, 0 for any")
      .argParser(seconds)
      .default(0),
    several("--api-audiences <list>", "audiences of the API server (default: the issuers)"),
    flag("--audit-policy-file <file>", "what is written to the audit log"),
    flag("--audit-log-path <file>", "where the audit log goes, '-' for standard output"),
    flag("--encryption-provider-config <file>", "which resources are encrypted on disk, and how"),
    flag(
      "--encryption-provider-config-automatic-reload [boolean]",
      "read the file of --encryption-provider-config again whenever it changes",
    )
      .argParser(trueOrFalse)
      .preset("true")
      .default(DEFAULTS.encryptionProviderConfigAutomaticReload),
    flag("--enable-priority-and-fairness [boolean]", "queue and share requests by FlowSchemas and priority levels")
      .argParser(trueOrFalse)
      .preset("true")
      .default(DEFAULTS.enablePriorityAndFairness),
    flag("--max-requests-inflight <n>", "reading requests at once, 0 for any number")
      .argParser(count)
      .default(DEFAULTS.maxRequestsInFlight),
    flag("--max-mutating-requests-inflight <n>", "writing requests at once, 0 for any number")
      .argParser(count)
      .default(DEFAULTS.maxMutatingRequestsInFlight),
    flag("--request-timeout <duration>", "longest time of a request other than a watch and its like")
      .argParser(duration)
      .default(DEFAULTS.requestTimeoutMilliseconds, "1m"),
    flag("--min-request-timeout <seconds>", "watches last this long, or up to twice as long")
      .argParser(count)
      .default(DEFAULTS.minRequestTimeoutSeconds),
    flag("--shutdown-delay-duration <duration>", "how long a server that is to stop goes on, with /readyz failing")
      .argParser(duration)
      .default(0, "0s"),
    flag("--shutdown-send-retry-after [boolean]", "tell new requests to come back while others finish at a stop")
      .argParser(trueOrFalse)
      .preset("true")
      .default(DEFAULTS.shutdownSendRetryAfter),
    flag("--livez-grace-period <duration>", "how long /livez waits for the start to be over before it fails")
      .argParser(duration)
      .default(0, "0s"),
    flag("--event-ttl <duration>", "how long Events are kept").argParser(seconds).default(3600, "1h"),
    several("--enable-admission-plugins <names>", "admission plugins to run besides those on by default", ENABLED),
    several("--disable-admission-plugins <names>", "admission plugins that are on by default and shall not run"),
    flag("--service-cluster-ip-range <cidr>", "addresses of Services in a new cluster")
      .argParser(serviceRange)
      .default(DEFAULTS.serviceClusterIpRange),
    flag("--service-node-port-range <first-last>", "node ports of Services")
      .argParser(portRange)
      .default(serviceNodePortRange, `${first}-${last}`),
    flag("--cors-allowed-origins <list>", "regular expressions of origins that browsers may ask from")
      .argParser(patterns)
      .default([...corsAllowedOrigins]),
    several(
      "--strict-transport-security-directives <list>",
      "HSTS for browsers: max-age=…, includeSubDomains, preload",
    ),
    flag("--goaway-chance <fraction>", "of HTTP/2 requests to be their connection's last, up to 0.02")
      .argParser(chance)
      .default(DEFAULTS.goawayChance),
    flag("--tls-cert-file <file>", "certificate chain in PEM to serve with, in place of a generated one"),
    flag("--tls-private-key-file <file>", "its key"),
  ];
}
