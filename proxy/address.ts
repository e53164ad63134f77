import { isIP, SocketAddress } from "node:net";

/** An address family as Services name it. */
export type Family = "IPv4" | "IPv6";

/** The one way to write an address, or undefined for what is none: keys of maps in the kernel must not differ in zeros. */
export function canonicalAddress(text: string): string | undefined {
  // Old objects may have numbers with leading zeros, which Go took as decimal. (k8s.io/utils/net ParseIPSloppy)
  const plain = /^\d+(\.\d+){3}$/.test(text) ? text.split(".").map(Number).join(".") : text;
  const version = isIP(plain);
  if (version === 0 || plain.includes("%")) return undefined;
  return version === 4 ? plain : new SocketAddress({ address: plain, family: "ipv6" }).address;
}

/** The family of an address or a range. */
export const familyOf = (text: string): Family => (text.includes(":") ? "IPv6" : "IPv4");

/** A range with its host part as it stands, or undefined for what is none. */
export function canonicalRange(text: string): string | undefined {
  const [address = "", bits = "", ...more] = text.trim().split("/");
  const canonical = canonicalAddress(address);
  const length = Number(bits);
  if (!canonical || more.length > 0 || !/^\d+$/.test(bits)) return undefined;
  if (length > (familyOf(canonical) === "IPv4" ? 32 : 128)) return undefined;
  return `${canonical}/${length}`;
}

/** Whether a range has all addresses of its family. */
export const isEverything = (range: string): boolean => range.endsWith("/0");

/** What nftables calls a family. */
export const nftFamily = (family: Family): "ip" | "ip6" => (family === "IPv4" ? "ip" : "ip6");

/** What nftables calls the type of its addresses. */
export const addressType = (family: Family): string => (family === "IPv4" ? "ipv4_addr" : "ipv6_addr");

/** Address and port as one word, IPv6 in brackets. */
export const hostPort = (address: string, port: number): string =>
  address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
