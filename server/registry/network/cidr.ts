import { type FieldError, fieldInvalid } from "../../meta/field-error.ts";
import { formatIp, type Ip, parseIp } from "./ip.ts";

/** A network, or an address in one. */
export interface Cidr {
  readonly ip: Ip;
  readonly prefixLength: number;
  /** The address without the bits beyond the prefix. */
  readonly network: Pick<Ip, "bytes">;
  readonly leadingZeros: boolean;
}

/** Parses as Go's old net.ParseCIDR. (k8s.io/utils/net ParseCIDRSloppy) */
export function parseCidr(text: string): Cidr | undefined {
  const [address = "", prefix = "", more] = text.split("/");
  const ip = parseIp(address);
  if (!ip || more !== undefined || !/^\d+$/.test(prefix)) return undefined;
  const written = Number(prefix);
  if (written > (address.includes(":") ? 128 : 32)) return undefined;
  const prefixLength = ip.mapped ? Math.max(written - 96, 0) : written;
  const bytes = ip.bytes.map((byte, index) => byte & (0xff << Math.min(8, Math.max(0, 8 - (prefixLength - 8 * index)))));
  const network = { bytes: bytes.map((byte) => byte & 0xff) };
  return { ip, prefixLength, network, leadingZeros: ip.leadingZeros || /^0\d/.test(prefix) };
}

/** Canonical text of the network. */
export function formatCidr({ network, prefixLength }: Pick<Cidr, "network" | "prefixLength">): string {
  return `${formatIp(network)}/${prefixLength}`;
}

/** For fields older than strict parsing. `old` values are always fine. */
export function validateLegacyCidr(field: string, value: string, old: readonly string[] = []): FieldError[] {
  return old.includes(value) ? [] : validateParsed(field, value);
}

function validateParsed(field: string, value: string): FieldError[] {
  const cidr = parseCidr(value);
  const detail = !cidr
    ? "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
    : cidr.leadingZeros
      ? "must not have leading 0s in IP or prefix length"
      : cidr.ip.mapped
        ? "must not have an IPv4-mapped IPv6 address"
        : formatIp(cidr.ip) !== formatIp(cidr.network)
          ? "must not have bits set beyond the prefix length"
          : "";
  return detail ? [fieldInvalid(field, value, detail)] : [];
}

/** For newer fields: canonical only. */
export function validateCidr(field: string, value: string): FieldError[] {
  const errors = validateParsed(field, value);
  if (errors.length > 0) return errors;
  const canonical = formatCidr(parseCidr(value)!);
  if (canonical === value) return [];
  return [fieldInvalid(field, value, `must be in canonical form (${JSON.stringify(canonical)})`)];
}

/** Warnings for what validateLegacyCidr lets pass. */
export function warningsForCidr(field: string, value: string): string[] {
  const cidr = parseCidr(value);
  if (!cidr) return [];
  const quoted = JSON.stringify(value);
  const canonical = JSON.stringify(formatCidr(cidr));
  const warnings: string[] = [];
  if (formatIp(cidr.ip) !== formatIp(cidr.network)) {
    const single = JSON.stringify(`${formatIp(cidr.ip)}/${8 * cidr.ip.bytes.length}`);
    warnings.push(`${field}: CIDR value ${quoted} is ambiguous in this context (should be ${canonical} or ${single}?)`);
  }
  if (cidr.leadingZeros || cidr.ip.mapped) {
    warnings.push(`${field}: non-standard CIDR value ${quoted} is invalid: use ${canonical}`);
  }
  if (warnings.length === 0 && cidr.ip.bytes.length === 16 && formatCidr(cidr) !== value) {
    warnings.push(`${field}: IPv6 CIDR value ${quoted} should be in RFC 5952 canonical format (${canonical})`);
  }
  return warnings;
}
