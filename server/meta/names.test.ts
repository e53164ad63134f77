import { expect, test } from "vitest";
import {
  nameIsDNSSubdomain,
  validateConfigMapKey,
  validateDNS1035Label,
  validateDNS1123Label,
  validateDNS1123Subdomain,
  validateEnvVarName,
  validatePathSegmentName,
  validatePortName,
  validateQualifiedName,
  validateRelaxedEnvVarName,
  validateWildcardDNS1123Subdomain,
} from "./names.ts";

const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

test.each([
  [validateDNS1123Label, "a-1", []],
  [validateDNS1123Label, "a.b", ["must not contain dots"]],
  [validateDNS1123Label, "UPPER", [LABEL]],
  [validateDNS1123Label, "", [LABEL]],
  [validateDNS1123Label, "x".repeat(64), ["must be no more than 63 characters"]],
  [validateDNS1123Label, `${"x".repeat(62)}.y`, ["must be no more than 63 characters", "must not contain dots"]],
  [validateDNS1123Subdomain, "a.b-c.d", []],
  [validateDNS1123Subdomain, "a..b", [SUBDOMAIN]],
  [validateDNS1123Subdomain, "x".repeat(254), ["must be no more than 253 characters"]],
  [validateDNS1035Label, "a1", []],
  [validateWildcardDNS1123Subdomain, "*.a.b", []],
  [validateQualifiedName, "example.com/Name_1", []],
  [validateQualifiedName, "/a", ["prefix part must be non-empty"]],
  [validateQualifiedName, "A/b", [`prefix part ${SUBDOMAIN}`]],
  [validateQualifiedName, "x".repeat(64), ["name part must be no more than 63 bytes"]],
  [validatePortName, "http", []],
  [
    validatePortName,
    "50%",
    [
      "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
      "must contain at least one letter (a-z)",
    ],
  ],
  [validatePortName, "-a--b", ["must not contain consecutive hyphens", "must not begin or end with a hyphen"]],
  [validateConfigMapKey, "..a", ["must not start with '..'"]],
  [validateConfigMapKey, ".", ["must not be '.'"]],
  [validateEnvVarName, "A.b-c", []],
  [validateRelaxedEnvVarName, "a b:c", []],
  [validateRelaxedEnvVarName, "", ["environment variable name must be non-empty"]],
  [
    validateRelaxedEnvVarName,
    "a=b",
    ["a valid environment variable name must consist only of printable ASCII characters other than '='"],
  ],
  [validatePathSegmentName, "..", ["may not be '..'"]],
  [validatePathSegmentName, "a/b%", ["may not contain '/'", "may not contain '%'"]],
])("%o says of %s: %j", (validate, value, errors) => {
  expect(validate(value)).toEqual(errors);
});

test("a prefix may end with a dash, a name may not", () => {
  expect(nameIsDNSSubdomain("a-", true)).toEqual([]);
  expect(nameIsDNSSubdomain("a-", false)).toEqual([SUBDOMAIN]);
});
