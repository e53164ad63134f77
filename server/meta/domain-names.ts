import { type FieldError, fieldInvalid, fieldRequired } from "./field-error.ts";
import { regexError, validateDNS1123Label, validateDNS1123Subdomain } from "./names.ts";

/** Follows the domain names of apimachinery/pkg/util/validation. */

const HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const HTTP_PATH_REGEXP = new RegExp(`^${HTTP_PATH}$`);

/** A subdomain of three segments or more: API groups of approved CRDs and the like. */
export function validateFullyQualifiedName(name: string, field: string): FieldError[] {
  if (!name) return [fieldRequired(field, "")];
  const wrong = validateDNS1123Subdomain(name);
  if (wrong.length) return [fieldInvalid(field, name, wrong.join(","))];
  if (name.split(".").length >= 3) return [];
  return [fieldInvalid(field, name, "should be a domain with at least three segments separated by dots")];
}

/** Two segments or more, each a label; a dot at the end is fine. */
export function validateFullyQualifiedDomainName(name: string, field: string): FieldError[] {
  if (!name) return [fieldRequired(field, "")];
  const domain = name.endsWith(".") ? name.slice(0, -1) : name;
  const wrong = validateDNS1123Subdomain(domain);
  if (wrong.length) return [fieldInvalid(field, domain, wrong.join(","))];
  const labels = domain.split(".");
  if (labels.length < 2) {
    return [fieldInvalid(field, domain, "should be a domain with at least two segments separated by dots")];
  }
  for (const label of labels) {
    const errors = validateDNS1123Label(label);
    if (errors.length) return [fieldInvalid(field, label, errors.join(","))];
  }
  return [];
}

/** `acme.io/foo`: signer and controller names. */
export function validateDomainPrefixedPath(value: string, field: string): FieldError[] {
  if (!value) return [fieldRequired(field, "")];
  const slash = value.indexOf("/");
  const [host, path] = [value.slice(0, slash), value.slice(slash + 1)];
  if (slash <= 0 || !path) {
    return [fieldInvalid(field, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  }
  const errors = validateDNS1123Subdomain(host).map((message) => fieldInvalid(field, host, message));
  if (!HTTP_PATH_REGEXP.test(path)) errors.push(fieldInvalid(field, path, regexError("Invalid path", HTTP_PATH)));
  return errors;
}
