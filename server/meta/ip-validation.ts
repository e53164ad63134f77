import { type FieldError, fieldInvalid } from "./field-error.ts";
import { goQuote } from "./go-quote.ts";
import { formatIp, formatPrefix, isMapped, isStrictIp, parseCidr, parseIp, sameIp } from "./ip.ts";

/** Follows apimachinery/pkg/util/validation/ip.go, with StrictIPCIDRValidation on as it is by default in 1.36. */

/**
 * Of fields that were there before strict validation: any spelling without leading zeros.
 *
 * @param stored values of the old object, which may stay as they are
 */
export function validateIPForLegacyField(value: string, field: string, stored: readonly string[] = []): FieldError[] {
  return stored.includes(value) ? [] : ipErrors(value, field);
}

/** Of newer fields: the canonical spelling only. */
export function validateIP(value: string, field: string): FieldError[] {
  const errors = ipErrors(value, field);
  const address = parseIp(value);
  if (errors.length || !address) return errors;
  const canonical = formatIp(address);
  return value === canonical ? [] : [notCanonical(value, canonical, field)];
}

function ipErrors(value: string, field: string): FieldError[] {
  const address = parseIp(value);
  if (!address) {
    return [fieldInvalid(field, value, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")];
  }
  if (!isStrictIp(value)) return [fieldInvalid(field, value, "must not have leading 0s")];
  return isMapped(address) ? [fieldInvalid(field, value, "must not be an IPv4-mapped IPv6 address")] : [];
}

function notCanonical(value: string, canonical: string, field: string): FieldError {
  return fieldInvalid(field, value, `must be in canonical form (${goQuote(canonical)})`);
}

/** As validateIPForLegacyField, of networks. */
export function validateCIDRForLegacyField(value: string, field: string, stored: readonly string[] = []): FieldError[] {
  return stored.includes(value) ? [] : cidrErrors(value, field);
}

/** Of newer fields: a network in its canonical spelling. */
export function validateCIDR(value: string, field: string): FieldError[] {
  const errors = cidrErrors(value, field);
  const prefix = parseCidr(value);
  if (errors.length || !prefix) return errors;
  const canonical = formatPrefix(prefix.network, prefix);
  return value === canonical ? [] : [notCanonical(value, canonical, field)];
}

function isStrictCidr(value: string): boolean {
  const [address = "", length = ""] = value.split("/");
  return isStrictIp(address) && /^(0|[1-9][0-9]*)$/.test(length);
}

function cidrErrors(value: string, field: string): FieldError[] {
  const prefix = parseCidr(value);
  const wrong = (detail: string) => [fieldInvalid(field, value, detail)];
  if (!prefix) return wrong("must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
  if (!isStrictCidr(value)) return wrong("must not have leading 0s in IP or prefix length");
  if (isMapped(prefix.address)) return wrong("must not have an IPv4-mapped IPv6 address");
  return sameIp(prefix.address, prefix.network) ? [] : wrong("must not have bits set beyond the prefix length");
}

/** An address of an interface with the length of its network, canonical: `192.168.1.5/24`. */
export function validateInterfaceAddress(value: string, field: string): FieldError[] {
  const prefix = parseCidr(value);
  if (!prefix) {
    return [fieldInvalid(field, value, "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)")];
  }
  const canonical = formatPrefix(prefix.address, prefix);
  return value === canonical ? [] : [notCanonical(value, canonical, field)];
}

/** Warnings for an address that is valid in an older field, but not as it should be written. */
export function warningsForIP(value: string, field: string): string[] {
  const address = parseIp(value);
  if (!address) return [];
  const canonical = formatIp(address);
  const quoted = [goQuote(value), goQuote(canonical)];
  if (!isStrictIp(value) || isMapped(address)) {
    return [`${field}: non-standard IP address ${quoted[0]} is invalid: use ${quoted[1]}`];
  }
  if (address.family === 4 || canonical === value) return [];
  return [`${field}: IPv6 address ${quoted[0]} should be in RFC 5952 canonical format (${quoted[1]})`];
}

/** As warningsForIP, of networks. */
export function warningsForCIDR(value: string, field: string): string[] {
  const prefix = parseCidr(value);
  if (!prefix) return [];
  const { address, network } = prefix;
  const canonical = goQuote(formatPrefix(network, prefix));
  const warnings: string[] = [];
  if (!sameIp(address, network)) {
    const single = goQuote(`${formatIp(address)}/${address.family === 4 ? 32 : 128}`);
    warnings.push(
      `${field}: CIDR value ${goQuote(value)} is ambiguous in this context (should be ${canonical} or ${single}?)`,
    );
  }
  if (!isStrictCidr(value) || isMapped(address)) {
    warnings.push(`${field}: non-standard CIDR value ${goQuote(value)} is invalid: use ${canonical}`);
  }
  if (warnings.length || address.family === 4 || formatPrefix(address, prefix) === value) return warnings;
  return [`${field}: IPv6 CIDR value ${goQuote(value)} should be in RFC 5952 canonical format (${canonical})`];
}
