import { dnsSubdomain, invalidEach } from "../../meta/field-checks.ts";
import { type FieldError, fieldInvalid, fieldRequired, fieldTooLong } from "../../meta/field-error.ts";
import { goQuote } from "../../meta/go-quote.ts";
import { validateCIdentifier } from "../../meta/names.ts";
import { validateDriverName } from "../storage/driver-name.ts";

const MAX_POOL = 253;
const MAX_ID = 32;
/** Of an attribute's key in a path. */
export const MAX_KEY = 63 + 1 + MAX_ID;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Subdomains between slashes. (validatePoolName) */
export function validatePoolName(name: string | undefined, field: string): FieldError[] {
  if (!name) return [fieldRequired(field, "")];
  const errors = Buffer.byteLength(name) > MAX_POOL ? [fieldTooLong(field, MAX_POOL)] : [];
  return [...errors, ...name.split("/").flatMap((part) => dnsSubdomain(part, field))];
}

/** `[domain/]name`, of attributes and capacities. (validateQualifiedName) */
export function validateAttributeName(name: string, field: string): FieldError[] {
  const parts = name.split("/");
  if (parts.length === 1) return validateIdentifier(name, field);
  if (parts.length > 2) return [];
  const [domain = "", id = ""] = parts;
  return [
    ...(domain ? validateDriverName(domain, field) : [fieldInvalid(field, "", "the domain must not be empty")]),
    ...(id ? validateIdentifier(id, field) : [fieldInvalid(field, "", "the name must not be empty")]),
  ];
}

/** As validateAttributeName, with the domain. */
export function validateFullAttributeName(name: string, field: string): FieldError[] {
  const errors = validateAttributeName(name, field);
  if (name.includes("/")) return errors;
  const detail = "a fully qualified name must be a domain and a name separated by a slash";
  return [...errors, fieldInvalid(field, name, detail)];
}

function validateIdentifier(id: string, field: string): FieldError[] {
  const errors = Buffer.byteLength(id) > MAX_ID ? [fieldTooLong(field, MAX_ID)] : [];
  return [...errors, ...invalidEach(id, validateCIdentifier(id), field)];
}

/** (validateUID) */
export function validateUid(uid: string, field: string): FieldError[] {
  if (UUID.test(uid)) return [];
  const problem = uuidProblem(uid);
  const detail =
    "uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters";
  return [fieldInvalid(field, uid, problem ? `error validating uid: ${problem}` : detail)];
}

const URN = 9;
const DASHED = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const HEX = /^[0-9a-f]{32}$/i;

/** Which of the forms of a UUID the text should have been, by its length in bytes. (github.com/google/uuid Validate) */
function uuidProblem(text: string): string | undefined {
  const format = (isRight: boolean) => (isRight ? undefined : "invalid UUID format");
  const length = Buffer.byteLength(text);
  switch (length) {
    case 32:
      return format(HEX.test(text));
    case 36:
      return format(DASHED.test(text));
    case 38:
      return /^\{.*\}$/s.test(text) ? format(DASHED.test(text.slice(1, -1))) : "invalid bracketed UUID format";
    case 36 + URN: {
      const prefix = text.slice(0, URN);
      return /^urn:uuid:$/i.test(prefix)
        ? format(DASHED.test(text.slice(URN)))
        : `invalid urn prefix: ${goQuote(prefix)}`;
    }
    default:
      return `invalid UUID length: ${length}`;
  }
}
