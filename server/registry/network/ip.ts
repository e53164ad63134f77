import { type FieldError, fieldInvalid } from "../../meta/field-error.ts";

/** An address as its bytes: 4 or 16. IPv4-mapped IPv6 addresses are IPv4, as in Go's net.IP. */
export interface Ip {
  readonly bytes: readonly number[];
  /** How strict parsers would take it: with leading zeros they would not. */
  readonly leadingZeros: boolean;
  /** Written as `::ffff:1.2.3.4`. */
  readonly mapped: boolean;
}

/** Parses as Go's old net.ParseIP: leading zeros are decimal. (k8s.io/utils/net ParseIPSloppy) */
export function parseIp(text: string): Ip | undefined {
  if (!text.includes(":")) {
    const bytes = parseIpv4(text);
    return bytes && { bytes, leadingZeros: /(^|\.)0\d/.test(text), mapped: false };
  }
  const bytes = parseIpv6(text);
  if (!bytes) return undefined;
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  return { bytes: mapped ? bytes.slice(12) : bytes, leadingZeros: /\.0\d/.test(text), mapped };
}

function parseIpv4(text: string): number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d+$/.test(part) && Number(part) <= 255)) return undefined;
  return parts.map(Number);
}

function parseIpv6(text: string): number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? "");
  const tail = parseGroups(halves[1] ?? "");
  if (!head || !tail) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1) return missing === 0 ? head : undefined;
  return missing >= 2 ? [...head, ...new Array<number>(missing).fill(0), ...tail] : undefined;
}

function parseGroups(text: string): number[] | undefined {
  if (text === "") return [];
  const groups = text.split(":");
  const bytes: number[] = [];
  for (const [index, group] of groups.entries()) {
    if (index === groups.length - 1 && group.includes(".")) {
      const last = parseIpv4(group);
      if (!last) return undefined;
      bytes.push(...last);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 255);
    } else return undefined;
  }
  return bytes;
}

/** Canonical text: RFC 5952. */
export function formatIp({ bytes }: Pick<Ip, "bytes">): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!);
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (end < 8 && groups[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
  }
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  if (best.start < 0) return hex(groups);
  return `${hex(groups.slice(0, best.start))}::${hex(groups.slice(best.start + best.length))}`;
}

export const isIpv4 = (ip: Pick<Ip, "bytes">): boolean => ip.bytes.length === 4;

/** For fields older than strict parsing: not canonical is fine, ambiguous is not. `old` values always are. */
export function validateLegacyIp(field: string, value: string, old: readonly string[] = []): FieldError[] {
  return old.includes(value) ? [] : validateParsed(field, value);
}

function validateParsed(field: string, value: string): FieldError[] {
  const ip = parseIp(value);
  if (!ip) return [fieldInvalid(field, value, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")];
  return [
    ...(ip.leadingZeros ? [fieldInvalid(field, value, "must not have leading 0s")] : []),
    ...(ip.mapped ? [fieldInvalid(field, value, "must not be an IPv4-mapped IPv6 address")] : []),
  ];
}

/** For newer fields: canonical only. */
export function validateIp(field: string, value: string): FieldError[] {
  const errors = validateParsed(field, value);
  if (errors.length > 0) return errors;
  const canonical = formatIp(parseIp(value)!);
  if (canonical === value) return [];
  return [fieldInvalid(field, value, `must be in canonical form (${JSON.stringify(canonical)})`)];
}

/** Warnings for what validateLegacyIp lets pass. */
export function warningsForIp(field: string, value: string): string[] {
  const ip = parseIp(value);
  if (!ip) return [];
  const canonical = formatIp(ip);
  const quoted = JSON.stringify(value);
  if (ip.leadingZeros || ip.mapped) {
    return [`${field}: non-standard IP address ${quoted} is invalid: use ${JSON.stringify(canonical)}`];
  }
  if (ip.bytes.length === 4 || canonical === value) return [];
  return [`${field}: IPv6 address ${quoted} should be in RFC 5952 canonical format (${JSON.stringify(canonical)})`];
}

/** Addresses that no endpoint can have. (ValidateEndpointIP of pkg/apis/core/validation) */
export function validateEndpointIp(field: string, value: string): FieldError[] {
  const ip = parseIp(value);
  if (!ip) return [fieldInvalid(field, value, "must be a valid IP address")];
  const { bytes } = ip;
  const v4 = bytes.length === 4;
  const [first = 0, second = 0, third = 0] = bytes;
  const zerosUpTo = (end: number) => bytes.slice(0, end).every((byte) => byte === 0);
  const wrong = [
    [zerosUpTo(bytes.length), `may not be unspecified (${value})`],
    [v4 ? first === 127 : zerosUpTo(15) && bytes[15] === 1, "may not be in the loopback range (127.0.0.0/8, ::1/128)"],
    [
      v4 ? first === 169 && second === 254 : first === 0xfe && (second & 0xc0) === 0x80,
      "may not be in the link-local range (169.254.0.0/16, fe80::/10)",
    ],
    [
      v4 ? first === 224 && second === 0 && third === 0 : first === 0xff && (second & 0x0f) === 2,
      "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)",
    ],
  ] as const;
  return wrong.filter(([isWrong]) => isWrong).map(([, detail]) => fieldInvalid(field, value, detail));
}
