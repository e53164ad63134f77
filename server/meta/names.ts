/**
 * What names may look like. Each `validate…` returns what is wrong with a value, in upstream's words; an empty list
 * means that it is valid. Follows apimachinery/pkg/util/validation and apimachinery/pkg/api/validate/content, which
 * differ in the unit that they name for a length ("characters" and "bytes"); both count bytes.
 */

const DNS1123_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const DNS1123_SUBDOMAIN = `${DNS1123_LABEL}(\\.${DNS1123_LABEL})*`;
const DNS1123_LABEL_UNDERSCORE = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const DNS1123_SUBDOMAIN_UNDERSCORE = `${DNS1123_LABEL_UNDERSCORE}(\\.${DNS1123_LABEL_UNDERSCORE})*`;
const DNS1035_LABEL = "[a-z]([-a-z0-9]*[a-z0-9])?";
const WILDCARD_SUBDOMAIN = `\\*\\.${DNS1123_SUBDOMAIN}`;
const LABEL_KEY = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const LABEL_VALUE = `(${LABEL_KEY})?`;
const C_IDENTIFIER = "[A-Za-z_][A-Za-z0-9_]*";
const PERCENT = "[0-9]+%";
const HTTP_HEADER_NAME = "[-A-Za-z0-9]+";
const ENV_VAR_NAME = "[-._a-zA-Z][-._a-zA-Z0-9]*";
const CONFIG_MAP_KEY = "[-._a-zA-Z0-9]+";
const MAX_LABEL = 63;
const MAX_SUBDOMAIN = 253;

type Unit = "characters" | "bytes";

interface Format {
  readonly regexp: RegExp;
  readonly message: string;
}

function whole(pattern: string): RegExp {
  return new RegExp(`^${pattern}$`);
}

function format(pattern: string, message: string, ...examples: string[]): Format {
  return { regexp: whole(pattern), message: regexError(message, pattern, ...examples) };
}

/** Words a failed regular expression. */
export function regexError(message: string, pattern: string, ...examples: string[]): string {
  if (!examples.length) return `${message} (regex used for validation is '${pattern}')`;
  const list = examples.map((example) => `'${example}', `).join(" or ");
  return `${message} (e.g. ${list}regex used for validation is '${pattern}')`;
}

/** Words a value that is too long. */
export function maxLengthError(length: number, unit: Unit = "characters"): string {
  return `must be no more than ${length} ${unit}`;
}

/** Words a number out of its range. */
export function rangeError(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`;
}

/** Counts bytes as Go does, and only where the count can matter. */
function isLongerThan(value: string, length: number): boolean {
  return value.length > length || (value.length * 3 > length && Buffer.byteLength(value) > length);
}

const dns1123Label = format(
  DNS1123_LABEL,
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  "my-name",
  "123-abc",
);
const dns1123Subdomain = format(
  DNS1123_SUBDOMAIN,
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  "example.com",
);
const dns1123SubdomainUnderscore = format(
  DNS1123_SUBDOMAIN_UNDERSCORE,
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
  "example.com",
);
const dns1035Label = format(
  DNS1035_LABEL,
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  "my-name",
  "abc-123",
);
const wildcardSubdomain = format(
  WILDCARD_SUBDOMAIN,
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  "*.example.com",
);
const labelKey = format(
  LABEL_KEY,
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  "MyName",
  "my.name",
  "123-abc",
);
const labelValue = format(
  LABEL_VALUE,
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  "MyValue",
  "my_value",
  "12345",
);
const cIdentifier = format(
  C_IDENTIFIER,
  "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
  "my_name",
  "MY_NAME",
  "MyName",
);
const percent = format(
  PERCENT,
  "a valid percent string must be a numeric string followed by an ending '%'",
  "1%",
  "93%",
);
const httpHeaderName = format(
  HTTP_HEADER_NAME,
  "a valid HTTP header must consist of alphanumeric characters or '-'",
  "X-Header-Name",
);
const envVarName = format(
  ENV_VAR_NAME,
  "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
  "my.env-name",
  "MY_ENV.NAME",
  "MyEnvName1",
);
const configMapKey = format(
  CONFIG_MAP_KEY,
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  "key.name",
  "KEY_NAME",
  "key-name",
);

function check(
  value: string,
  { regexp, message }: Format,
  maxLength = Number.POSITIVE_INFINITY,
  unit?: Unit,
): string[] {
  const errors = isLongerThan(value, maxLength) ? [maxLengthError(maxLength, unit)] : [];
  if (!regexp.test(value)) errors.push(message);
  return errors;
}

export function validateDNS1123Label(value: string, unit?: Unit): string[] {
  const errors = check(value, dns1123Label, MAX_LABEL, unit);
  // A valid subdomain that is no label can only have dots too many.
  return errors.map((error) =>
    error === dns1123Label.message && dns1123Subdomain.regexp.test(value) ? "must not contain dots" : error,
  );
}

export function validateDNS1123Subdomain(value: string, unit?: Unit): string[] {
  return check(value, dns1123Subdomain, MAX_SUBDOMAIN, unit);
}

export function validateDNS1123SubdomainWithUnderscore(value: string): string[] {
  return check(value, dns1123SubdomainUnderscore, MAX_SUBDOMAIN);
}

export function validateDNS1035Label(value: string): string[] {
  return check(value, dns1035Label, MAX_LABEL);
}

/** `*.example.com`. */
export function validateWildcardDNS1123Subdomain(value: string): string[] {
  return check(value, wildcardSubdomain, MAX_SUBDOMAIN);
}

/** A label key: `[prefix/]name`. Upstream also calls it a qualified name. */
export function validateQualifiedName(value: string): string[] {
  const parts = value.split("/");
  if (parts.length > 2) {
    return [
      `a valid label key ${labelKey.message} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const name = parts.at(-1) ?? "";
  const errors: string[] = [];
  if (parts.length === 2) {
    const prefix = parts[0] ?? "";
    const wrong = prefix ? validateDNS1123Subdomain(prefix, "bytes") : ["must be non-empty"];
    errors.push(...wrong.map((error) => `prefix part ${error}`));
  }
  if (!name) errors.push("name part must be non-empty");
  else if (isLongerThan(name, MAX_LABEL)) errors.push(`name part ${maxLengthError(MAX_LABEL, "bytes")}`);
  if (!labelKey.regexp.test(name)) errors.push(`name part ${labelKey.message}`);
  return errors;
}

export function validateLabelValue(value: string): string[] {
  return check(value, labelValue, MAX_LABEL, "bytes");
}

export function validateCIdentifier(value: string): string[] {
  return check(value, cIdentifier);
}

/** 1 to 65535. */
export function validatePortNumber(port: number): string[] {
  return validateRange(port, 1, 65535);
}

export function validateRange(value: number, low: number, high: number): string[] {
  return value >= low && value <= high ? [] : [rangeError(low, high)];
}

/** Of users and groups alike. */
export function validateUserId(id: number): string[] {
  return validateRange(id, 0, 2 ** 31 - 1);
}

/** An IANA service name: at most 15 of `a-z`, `0-9` and single hyphens inside, with a letter. */
export function validatePortName(value: string): string[] {
  const errors = isLongerThan(value, 15) ? [maxLengthError(15)] : [];
  if (!/^[-a-z0-9]+$/.test(value)) {
    errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  }
  if (!/[a-z]/.test(value)) errors.push("must contain at least one letter (a-z)");
  if (value.includes("--")) errors.push("must not contain consecutive hyphens");
  if (value.startsWith("-") || value.endsWith("-")) errors.push("must not begin or end with a hyphen");
  return errors;
}

export function validatePercent(value: string): string[] {
  return check(value, percent);
}

export function validateHTTPHeaderName(value: string): string[] {
  return check(value, httpHeaderName);
}

/** The strict rule; see validateRelaxedEnvVarName for the one in force by default. */
export function validateEnvVarName(value: string): string[] {
  return [...check(value, envVarName), ...parentDirectoryErrors(value)];
}

export function validateRelaxedEnvVarName(value: string): string[] {
  if (!value) return ["environment variable name must be non-empty"];
  if (/^[ -<>-~]+$/.test(value)) return [];
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** Of ConfigMaps and Secrets. */
export function validateConfigMapKey(value: string): string[] {
  return [...check(value, configMapKey, MAX_SUBDOMAIN), ...parentDirectoryErrors(value)];
}

function parentDirectoryErrors(value: string): string[] {
  if (value === "." || value === "..") return [`must not be '${value}'`];
  return value.startsWith("..") ? ["must not start with '..'"] : [];
}

/** What the names of RBAC objects and others need: they are a segment of a path, nothing more. */
export function validatePathSegmentName(value: string, prefix = false): string[] {
  if (!prefix && (value === "." || value === "..")) return [`may not be '${value}'`];
  return ["/", "%"].filter((illegal) => value.includes(illegal)).map((illegal) => `may not contain '${illegal}'`);
}

/**
 * How a kind checks `metadata.name`.
 * @param prefix the value is a `generateName`, to which something will be added
 */
export type ValidateName = (name: string, prefix: boolean) => string[];

/** A prefix may end with a dash. */
function masked(name: string, prefix: boolean): string {
  return prefix && name.length > 1 && name.endsWith("-") ? `${name.slice(0, -2)}a` : name;
}

export const nameIsDNSSubdomain: ValidateName = (name, prefix) => validateDNS1123Subdomain(masked(name, prefix));
export const nameIsDNSLabel: ValidateName = (name, prefix) => validateDNS1123Label(masked(name, prefix));
export const nameIsDNS1035Label: ValidateName = (name, prefix) => validateDNS1035Label(masked(name, prefix));
export const nameIsPathSegment: ValidateName = (name, prefix) => validatePathSegmentName(name, prefix);
