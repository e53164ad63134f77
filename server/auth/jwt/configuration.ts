import { isMembers } from "../../meta/members.ts";
import { readStrictly, type Shape } from "../strict-fields.ts";

export interface Issuer {
  readonly url: string;
  /** Where the provider's document is, when it is not below `url`. */
  readonly discoveryURL: string;
  /** PEM; the system's authorities when empty. */
  readonly certificateAuthority: string;
  readonly audiences: readonly string[];
  readonly audienceMatchPolicy: string;
  readonly egressSelectorType: string;
}

/** A claim as it is, with a prefix, or what an expression makes of the claims. */
export interface ClaimMapping {
  readonly claim: string;
  /** Undefined when it was not given, which a claim needs. */
  readonly prefix: string | undefined;
  readonly expression: string;
}

export interface ValidationRule {
  readonly claim: string;
  readonly requiredValue: string;
  readonly expression: string;
  readonly message: string;
}

/** One issuer of tokens, and who its tokens are of. (apiserver.config.k8s.io JWTAuthenticator) */
export interface JwtConfiguration {
  readonly issuer: Issuer;
  readonly claimValidationRules: readonly ValidationRule[];
  readonly claimMappings: {
    readonly username: ClaimMapping;
    readonly groups: ClaimMapping;
    readonly uid: Omit<ClaimMapping, "prefix">;
    readonly extra: readonly { readonly key: string; readonly valueExpression: string }[];
  };
  readonly userValidationRules: readonly Pick<ValidationRule, "expression" | "message">[];
}

export interface AnonymousConfiguration {
  readonly enabled: boolean;
  /** Paths for which it is on; empty = all. */
  readonly conditions: readonly { readonly path: string }[];
}

export interface AuthenticationConfiguration {
  readonly jwt: readonly JwtConfiguration[];
  readonly anonymous?: AnonymousConfiguration;
}

const TEXT: Shape = { kind: "string" };
const FLAG: Shape = { kind: "boolean" };
const object = (goType: string, fields: Readonly<Record<string, Shape>>): Shape => ({ kind: "object", goType, fields });
const list = (goType: string, of: Shape): Shape => ({ kind: "list", goType: `[]${goType}`, of });
const texts = (...names: string[]) => Object.fromEntries(names.map((name) => [name, TEXT]));

const MAPPING = object("PrefixedClaimOrExpression", texts("claim", "prefix", "expression"));
const AUTHENTICATOR = object("JWTAuthenticator", {
  issuer: object("Issuer", {
    ...texts("url", "discoveryURL", "certificateAuthority", "audienceMatchPolicy", "egressSelectorType"),
    audiences: list("string", TEXT),
  }),
  claimValidationRules: list(
    "ClaimValidationRule",
    object("ClaimValidationRule", texts("claim", "requiredValue", "expression", "message")),
  ),
  claimMappings: object("ClaimMappings", {
    username: MAPPING,
    groups: MAPPING,
    uid: object("ClaimOrExpression", texts("claim", "expression")),
    extra: list("ExtraMapping", object("ExtraMapping", texts("key", "valueExpression"))),
  }),
  userValidationRules: list("UserValidationRule", object("UserValidationRule", texts("expression", "message"))),
});
const CONFIGURATION = object("AuthenticationConfiguration", {
  ...texts("kind", "apiVersion"),
  jwt: list("JWTAuthenticator", AUTHENTICATOR),
  anonymous: object("AnonymousAuthConfig", {
    enabled: FLAG,
    conditions: list("AnonymousAuthCondition", object("AnonymousAuthCondition", { path: TEXT })),
  }),
});

const VERSIONS = ["v1", "v1beta1", "v1alpha1"].map((version) => `apiserver.config.k8s.io/${version}`);

/**
 * `--authentication-config`: whose tokens are taken, and what is known of users by them. What may stand in the fields is
 * for validateAuthentication. (apiserver/pkg/apis/apiserver/v1/types.go)
 * @param value the parsed YAML. @throws Error for another kind, unknown fields and wrong types
 */
export function readAuthenticationConfiguration(value: unknown): AuthenticationConfiguration {
  const { kind, apiVersion } = isMembers(value) ? value : {};
  if (kind !== "AuthenticationConfiguration" || !VERSIONS.includes(String(apiVersion))) {
    throw new Error(`no kind "${kind ?? ""}" is registered for version "${apiVersion ?? ""}"`);
  }
  // It has the shape just read: only what was left out is filled in.
  const { jwt = [], anonymous } = readStrictly(value, CONFIGURATION, "AuthenticationConfiguration") as Given;
  return {
    jwt: jwt.map(complete),
    ...(anonymous && { anonymous: { enabled: false, conditions: [], ...anonymous } }),
  };
}

/** The same with anything left out. */
type Partly<T> = T extends object ? { readonly [K in keyof T]?: Partly<T[K]> } : T;
interface Given {
  readonly jwt?: readonly Partly<JwtConfiguration>[];
  readonly anonymous?: Partial<AnonymousConfiguration>;
}

const MAPPING_DEFAULTS: ClaimMapping = { claim: "", prefix: undefined, expression: "" };
const RULE_DEFAULTS: ValidationRule = { claim: "", requiredValue: "", expression: "", message: "" };
const ISSUER_DEFAULTS: Issuer = {
  url: "",
  discoveryURL: "",
  certificateAuthority: "",
  audiences: [],
  audienceMatchPolicy: "",
  egressSelectorType: "",
};

/** Go's zero values where nothing was said. */
export function complete(given: Partly<JwtConfiguration>): JwtConfiguration {
  const { issuer, claimMappings = {}, claimValidationRules = [], userValidationRules = [] } = given;
  const { username, groups, uid, extra = [] } = claimMappings;
  const { prefix: _, ...plain } = MAPPING_DEFAULTS;
  return {
    issuer: filled(ISSUER_DEFAULTS, issuer),
    claimValidationRules: claimValidationRules.map((rule) => filled(RULE_DEFAULTS, rule)),
    claimMappings: {
      username: filled(MAPPING_DEFAULTS, username),
      groups: filled(MAPPING_DEFAULTS, groups),
      uid: filled(plain, uid),
      extra: extra.map((each) => filled({ key: "", valueExpression: "" }, each)),
    },
    userValidationRules: userValidationRules.map((rule) => filled({ expression: "", message: "" }, rule)),
  };
}

function filled<T extends object>(defaults: T, given: object | undefined): T {
  const set = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(set) };
}
