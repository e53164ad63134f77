import { describe, expect, test } from "vitest";
import { compileClaimExpression } from "../../cel/claims.ts";
import { readAuthenticationConfiguration } from "./configuration.ts";
import { validateAuthentication } from "./validation.ts";

const read = (fields: object, apiVersion = "apiserver.config.k8s.io/v1") =>
  readAuthenticationConfiguration({ apiVersion, kind: "AuthenticationConfiguration", ...fields });
const problems = (fields: object) =>
  validateAuthentication(read(fields), { compile: compileClaimExpression }, ["https://sa"]).errors.map((error) =>
    error.message(),
  );
const issuer = { url: "https://a", audiences: ["x"] };
const username = { claim: "sub", prefix: "" };
const jwt = (more: object) => problems({ jwt: [{ issuer, claimMappings: { username }, ...more }] });

describe("an AuthenticationConfiguration", () => {
  test.each(["v1", "v1beta1", "v1alpha1"])("is read in version %s", (version) => {
    expect(read({ jwt: [] }, `apiserver.config.k8s.io/${version}`)).toEqual({ jwt: [] });
  });

  test.each<[object, string]>([
    [
      { apiVersion: "apiserver.config.k8s.io/v9" },
      'no kind "AuthenticationConfiguration" is registered for version "apiserver.config.k8s.io/v9"',
    ],
    [
      { foo: 1, jwt: [{ issuer: { uri: "x" } }] },
      'strict decoding error: unknown field "foo", unknown field "jwt[0].issuer.uri"',
    ],
    [
      { jwt: {} },
      "json: cannot unmarshal object into Go struct field AuthenticationConfiguration.jwt of type []JWTAuthenticator",
    ],
    [
      { jwt: [{ issuer: { audiences: [1] } }] },
      "json: cannot unmarshal number into Go struct field AuthenticationConfiguration.jwt.issuer.audiences of type string",
    ],
  ])("%j cannot be read: %s", (fields, message) => {
    expect(() => read(fields)).toThrow(new Error(message));
  });

  test("is fine without issuers, and with all that there is", () => {
    expect(problems({})).toEqual([]);
    expect(problems({ anonymous: { enabled: true, conditions: [{ path: "/livez" }] } })).toEqual([]);
    const all = {
      claimValidationRules: [
        { claim: "hd", requiredValue: "x" },
        { expression: "claims.a == 'b'", message: "m" },
      ],
      claimMappings: {
        username: { expression: "claims.email" },
        groups: { expression: "claims.?roles.orValue([])" },
        uid: { claim: "sub" },
        extra: [{ key: "example.com/v", valueExpression: "claims.?email_verified.orValue(false) ? 'y' : 'n'" }],
      },
      userValidationRules: [{ expression: "user.groups.all(g, g != 'system:masters') && user.extra.size() >= 0" }],
    };
    expect(jwt(all)).toEqual([]);
  });

  test.each<[object, string[]]>([
    [
      { issuer: {} },
      [
        "jwt[0].issuer.url: Required value",
        "jwt[0].issuer.audiences: Required value: at least one jwt[0].issuer.audiences is required",
      ],
    ],
    [
      { issuer: { ...issuer, url: "http://u:p@a?b=c#d" } },
      [
        'jwt[0].issuer.url: Invalid value: "http://u:p@a?b=c#d": URL scheme must be https',
        'jwt[0].issuer.url: Invalid value: "http://u:p@a?b=c#d": URL must not contain a username or password',
        'jwt[0].issuer.url: Invalid value: "http://u:p@a?b=c#d": URL must not contain a query',
        'jwt[0].issuer.url: Invalid value: "http://u:p@a?b=c#d": URL must not contain a fragment',
      ],
    ],
    [
      { issuer: { ...issuer, url: "https://sa" } },
      ['jwt[0].issuer.url: Invalid value: "https://sa": URL must not overlap with disallowed issuers: [https://sa]'],
    ],
    [
      { issuer: { ...issuer, discoveryURL: "https://a/" } },
      ['jwt[0].issuer.discoveryURL: Invalid value: "https://a/": discoveryURL must be different from URL'],
    ],
    [
      { issuer: { ...issuer, audiences: ["x", "x", ""] } },
      [
        'jwt[0].issuer.audiences[1]: Duplicate value: "x"',
        "jwt[0].issuer.audiences[2]: Required value",
        'jwt[0].issuer.audienceMatchPolicy: Invalid value: "": audienceMatchPolicy must be MatchAny for multiple audiences',
      ],
    ],
    [
      { issuer: { ...issuer, audienceMatchPolicy: "All", certificateAuthority: "x", egressSelectorType: "etcd" } },
      [
        'jwt[0].issuer.audienceMatchPolicy: Invalid value: "All": audienceMatchPolicy must be empty or MatchAny for single audience',
        'jwt[0].issuer.certificateAuthority: Invalid value: "<omitted>": data does not contain any valid RSA or ECDSA certificates',
        'jwt[0].issuer.egressSelectorType: Invalid value: "etcd": egress selector must be either controlplane or cluster',
      ],
    ],
    [{ claimMappings: {} }, ["jwt[0].claimMappings.username: Required value: claim or expression is required"]],
    [
      { claimMappings: { username: { claim: "sub" } } },
      [
        "jwt[0].claimMappings.username.prefix: Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing",
      ],
    ],
    [
      { claimMappings: { username: { claim: "a", expression: "b" }, uid: { claim: "a", expression: "b" } } },
      [
        'jwt[0].claimMappings.username: Invalid value: "": claim and expression can\'t both be set',
        'jwt[0].claimMappings.uid: Invalid value: "": claim and expression can\'t both be set',
      ],
    ],
    [
      { claimMappings: { username: { expression: "claims.a", prefix: "p" } } },
      ['jwt[0].claimMappings.username.prefix: Invalid value: "p": may not be specified when expression is set'],
    ],
    [
      { claimMappings: { username: { expression: "claims.email" } } },
      [
        'jwt[0].claimMappings.username.expression: Invalid value: "claims.email": claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression',
      ],
    ],
    [
      {
        claimMappings: {
          username,
          extra: [
            { key: "Foo", valueExpression: "''" },
            { key: "k8s.io/a", valueExpression: "" },
            { key: "k8s.io/a", valueExpression: "''" },
          ],
        },
      },
      [
        'jwt[0].claimMappings.extra[0].key: Invalid value: "Foo": must be a domain-prefixed path (such as "acme.io/foo")',
        'jwt[0].claimMappings.extra[0].key: Invalid value: "Foo": must be lowercase',
        'jwt[0].claimMappings.extra[1].key: Invalid value: "k8s.io/a": k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use',
        "jwt[0].claimMappings.extra[1].valueExpression: Required value",
        'jwt[0].claimMappings.extra[2].key: Invalid value: "k8s.io/a": k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use',
        'jwt[0].claimMappings.extra[2].key: Duplicate value: "k8s.io/a"',
      ],
    ],
    [
      {
        claimValidationRules: [
          {},
          { claim: "a", expression: "b" },
          { claim: "a", message: "m" },
          { claim: "a" },
          { expression: "true", requiredValue: "x" },
          { expression: "true" },
          { expression: "claims.a" },
        ],
      },
      [
        "jwt[0].claimValidationRules[0]: Required value: claim or expression is required",
        'jwt[0].claimValidationRules[1]: Invalid value: "a": claim and expression can\'t both be set',
        'jwt[0].claimValidationRules[2].message: Invalid value: "m": may not be specified when claim is set',
        'jwt[0].claimValidationRules[3].claim: Duplicate value: "a"',
        'jwt[0].claimValidationRules[4].requiredValue: Invalid value: "x": may not be specified when expression is set',
        'jwt[0].claimValidationRules[5].expression: Duplicate value: "true"',
        'jwt[0].claimValidationRules[6].expression: Invalid value: "claims.a": must evaluate to bool',
      ],
    ],
    [
      { userValidationRules: [{}, { expression: "true" }, { expression: "true" }, { expression: "user.name == ''" }] },
      [
        "jwt[0].userValidationRules[0].expression: Required value",
        'jwt[0].userValidationRules[2].expression: Duplicate value: "true"',
        "jwt[0].userValidationRules[3].expression: Invalid value: \"user.name == ''\": compilation failed: ERROR: <input>:1:5: undefined field 'name'\n | user.name == ''\n | ....^",
      ],
    ],
  ])("%j is refused", (more, messages) => {
    expect(jwt(more)).toEqual(messages);
  });

  test("names what stands twice, and too many", () => {
    const one = { issuer: { ...issuer, discoveryURL: "https://d" }, claimMappings: { username } };
    expect(problems({ jwt: [one, one] })).toEqual([
      'jwt[1].issuer.url: Duplicate value: "https://a"',
      'jwt[1].issuer.discoveryURL: Duplicate value: "https://d"',
    ]);
    expect(problems({ jwt: Array.from({ length: 65 }, () => one) })).toEqual([
      "jwt: Too many: 65: must have at most 64 items",
    ]);
    expect(problems({ anonymous: { conditions: [{ path: "/a" }] } })).toEqual([
      'anonymous.conditions: Invalid value: [{"Path":"/a"}]: enabled should be set to true when conditions are defined',
    ]);
  });
});
