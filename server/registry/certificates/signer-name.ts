import { type FieldError, fieldInvalid, fieldRequired, fieldTooLong } from "../../meta/field-error.ts";
import { validateDNS1123Label, validateDNS1123Subdomain } from "../../meta/names.ts";

const SUBDOMAIN = 253;
const LABEL = 63;

/** `example.com/name`. (pkg/apis/core/validation ValidateSignerName) */
export function validateSignerName(signerName: string, field: string): FieldError[] {
  if (!signerName) return [fieldRequired(field, "")];
  const [domain = "", path = "", ...rest] = signerName.split("/");
  if (!signerName.includes("/") || rest.length) {
    const detail = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    return [fieldInvalid(field, signerName, detail)];
  }
  const errors: FieldError[] = [];
  if (domain.length > SUBDOMAIN) errors.push(fieldTooLong(field, SUBDOMAIN));
  errors.push(...firstBad(domain, validateDNS1123Label, field));
  if (!domain.includes(".")) {
    errors.push(fieldInvalid(field, domain, "should be a domain with at least two segments separated by dots"));
  }
  errors.push(...firstBad(path, validateDNS1123Subdomain, field));
  const longest = SUBDOMAIN + 1 + SUBDOMAIN + LABEL + 1;
  if (signerName.length > longest) errors.push(fieldTooLong(field, longest));
  return errors;
}

/** What is wrong with the first bad part between dots; more would only say the same again. */
function firstBad(text: string, validate: (part: string) => string[], field: string): FieldError[] {
  for (const part of text.split(".")) {
    const messages = validate(part);
    if (messages.length) {
      return messages.map((message) => fieldInvalid(field, text, `validating label "${part}": ${message}`));
    }
  }
  return [];
}
