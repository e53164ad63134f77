/** An IP address as 16 bytes; IPv4 is held as ::ffff:a.b.c.d. `family` is that of the text it came from. */
export interface IpAddress {
  readonly bytes: readonly number[];
  readonly family: 4 | 6;
}

/** A network and the address that was written before the slash. `prefixLength` counts in the family of the text. */
export interface IpPrefix {
  readonly address: IpAddress;
  readonly network: IpAddress;
  readonly prefixLength: number;
}

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255];

/** Reads an address as laxly as net.ParseIP once did: octets and groups may have leading zeros. No zones. */
export function parseIp(text: string): IpAddress | undefined {
  const separator = /[.:]/.exec(text)?.[0];
  const bytes = separator === "." ? parseIPv4(text) : separator === ":" ? parseIPv6(text) : undefined;
  if (!bytes) return undefined;
  return separator === "." ? { bytes: [...MAPPED, ...bytes], family: 4 } : { bytes, family: 6 };
}

/** Says whether netip.ParseAddr takes it too: it knows no leading zeros in octets, and no group above four digits. */
export function isStrictIp(text: string): boolean {
  return parseIp(text) !== undefined && !/(^|[.:])0[0-9]+(\.|$)/.test(ipv4Part(text)) && !/[0-9a-f]{5}/i.test(text);
}

/** The dotted part, where zeros in front would be read as octal by others. */
function ipv4Part(text: string): string {
  return text.includes(".") ? text.slice(text.lastIndexOf(":") + 1) : "";
}

function parseIPv4(text: string): number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^[0-9]+$/.test(part) && Number(part) <= 255)) return undefined;
  return parts.map(Number);
}

function parseIPv6(text: string): number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, index) => parseGroups(half, index === halves.length - 1));
  if (!head) return undefined;
  if (halves.length === 1) return head.length === 16 ? head : undefined;
  // "::" stands for at least one group.
  if (!tail || head.length + tail.length > 14) return undefined;
  return [...head, ...new Array<number>(16 - head.length - tail.length).fill(0), ...tail];
}

/** The bytes of groups divided by single colons; the last one of the whole text may be an IPv4 address. */
function parseGroups(text: string, isLast: boolean): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [index, group] of groups.entries()) {
    if (group.includes(".")) {
      const dotted = isLast && index === groups.length - 1 ? parseIPv4(group) : undefined;
      if (!dotted) return undefined;
      bytes.push(...dotted);
    } else {
      const value = /^[0-9a-f]+$/i.test(group) ? Number.parseInt(group, 16) : Number.NaN;
      if (!(value <= 0xffff)) return undefined;
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes;
}

/** An IPv4 address written as IPv6: `::ffff:1.2.3.4`. */
export function isMapped({ bytes, family }: IpAddress): boolean {
  return family === 6 && MAPPED.every((byte, index) => bytes[index] === byte);
}

/** Canonical text (RFC 5952); mapped addresses are written as IPv4, as Go does. */
export function formatIp({ bytes }: IpAddress): string {
  if (MAPPED.every((byte, index) => bytes[index] === byte)) return bytes.slice(12).join(".");
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((bytes[2 * index]! << 8) | bytes[2 * index + 1]!).toString(16),
  );
  const run = longestZeroRun(groups);
  if (!run) return groups.join(":");
  return `${groups.slice(0, run.start).join(":")}::${groups.slice(run.start + run.length).join(":")}`;
}

/** The first of the longest runs of two or more zero groups. */
function longestZeroRun(groups: readonly string[]): { start: number; length: number } | undefined {
  let best: { start: number; length: number } | undefined;
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === "0") length++;
    if (length >= 2 && length > (best?.length ?? 0)) best = { start, length };
  }
  return best;
}

/** Reads `address/length` as laxly as parseIp. */
export function parseCidr(text: string): IpPrefix | undefined {
  const slash = text.indexOf("/");
  const address = slash < 0 ? undefined : parseIp(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (!address || !/^[0-9]+$/.test(length)) return undefined;
  const prefixLength = Number(length);
  const bits = address.family === 4 ? 32 : 128;
  if (prefixLength > bits) return undefined;
  return { address, network: maskIp(address, prefixLength + 128 - bits), prefixLength };
}

/** @param length of the prefix, in bits of 128 */
function maskIp({ bytes, family }: IpAddress, length: number): IpAddress {
  const masked = bytes.map((byte, index) => {
    const kept = Math.min(8, Math.max(0, length - 8 * index));
    return byte & (0xff << (8 - kept)) & 0xff;
  });
  return { bytes: masked, family };
}

export function sameIp(a: IpAddress, b: IpAddress): boolean {
  return a.bytes.every((byte, index) => byte === b.bytes[index]);
}

/** Says whether the network holds the address; families do not mix. */
export function prefixContains({ network, prefixLength }: IpPrefix, address: IpAddress): boolean {
  const isV4 = isIPv4(network);
  if (isV4 !== isIPv4(address)) return false;
  return sameIp(maskIp(address, network.family === 4 ? prefixLength + 96 : prefixLength), network);
}

/** An IPv4 address however written. */
export function isIPv4(address: IpAddress): boolean {
  return address.family === 4 || isMapped(address);
}

/** Canonical text of an address with a prefix length; a mapped one counts its length in IPv4. */
export function formatPrefix(address: IpAddress, { prefixLength }: IpPrefix): string {
  return `${formatIp(address)}/${isMapped(address) ? Math.max(0, prefixLength - 96) : prefixLength}`;
}
