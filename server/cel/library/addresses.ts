import { goQuote } from "../../meta/go-quote.ts";
import {
  formatIp,
  type IpAddress,
  type IpPrefix,
  isMapped,
  isStrictIp,
  parseCidr,
  parseIp,
  prefixContains,
  sameIp,
} from "../../meta/ip.ts";
import { free, member, type Overload } from "../overload.ts";
import { fail, Opaque } from "../values.ts";

const ip = (address: IpAddress) =>
  // What is kept by these two types is what they were made with.
  new Opaque(
    "net.IP",
    address,
    (other) => sameIp(address, other as IpAddress) && address.family === (other as IpAddress).family,
    address.family === 4 ? 4 : 16,
  );
const cidr = (prefix: IpPrefix) =>
  new Opaque(
    "net.CIDR",
    prefix,
    (other) =>
      sameIp(prefix.address, (other as IpPrefix).address) && prefix.prefixLength === (other as IpPrefix).prefixLength,
    Math.ceil((prefix.prefixLength + 7) / 8),
  );

function readIp(text: string): IpAddress | string {
  if (text.includes("%")) return `IP address ${goQuote(text)} with zone value is not allowed`;
  const address = isStrictIp(text) ? parseIp(text) : undefined;
  if (!address)
    return `IP Address ${goQuote(text)} parse error during conversion from string: ParseAddr(${goQuote(text)}): unable to parse IP`;
  return address.family === 6 && isMapped(address)
    ? `IPv4-mapped IPv6 address ${goQuote(text)} is not allowed`
    : address;
}
function readCidr(text: string): IpPrefix | string {
  const [host = "", length = ""] = text.split("/");
  const prefix = isStrictIp(host) && !/^0\d/.test(length) ? parseCidr(text) : undefined;
  if (!prefix)
    return `network address parse error during conversion from string: netip.ParsePrefix(${goQuote(text)}): ${text.includes("/") ? "bad address or prefix length" : "no '/'"}`;
  return prefix.address.family === 6 && isMapped(prefix.address)
    ? `IPv4-mapped IPv6 address ${goQuote(text)} is not allowed`
    : prefix;
}
const need = <T>(read: T | string): T => (typeof read === "string" ? fail(read) : read);
const addressOf = ({ value }: Opaque) => value as IpAddress;
const prefixOf = ({ value }: Opaque) => value as IpPrefix;
const own = ({ bytes, family }: IpAddress) => (family === 4 ? bytes.slice(12) : bytes);
const first = (address: IpAddress) => own(address)[0] ?? 0;
const second = (address: IpAddress) => own(address)[1] ?? 0;
const isV4 = ({ family }: IpAddress) => family === 4;
const isZero = (address: IpAddress) => own(address).every((byte) => byte === 0);
const isLoopback = (address: IpAddress) =>
  isV4(address) ? first(address) === 127 : own(address).every((byte, at) => byte === (at === 15 ? 1 : 0));
const isMulticast = (address: IpAddress) =>
  isV4(address) ? (first(address) & 0xf0) === 0xe0 : first(address) === 0xff;
const isLinkLocalMulticast = (address: IpAddress) =>
  isV4(address)
    ? own(address).slice(0, 3).join() === "224,0,0"
    : first(address) === 0xff && (second(address) & 0x0f) === 2;
const isLinkLocalUnicast = (address: IpAddress) =>
  isV4(address)
    ? first(address) === 169 && second(address) === 254
    : first(address) === 0xfe && (second(address) & 0xc0) === 0x80;
const isGlobalUnicast = (address: IpAddress) =>
  !isZero(address) &&
  !isLoopback(address) &&
  !isMulticast(address) &&
  !isLinkLocalUnicast(address) &&
  !(isV4(address) && own(address).every((byte) => byte === 255));
const holds = (prefix: IpPrefix, inner: IpPrefix) =>
  prefix.address.family === inner.address.family &&
  prefix.prefixLength <= inner.prefixLength &&
  prefixContains(prefix, inner.address);
const about = (name: string, id: string, test: (address: IpAddress) => boolean) =>
  member(name, `ip_${id}`, "net.IP -> bool", (value: Opaque) => test(addressOf(value)));
const text = (value: Opaque) => `${formatIp(prefixOf(value).address)}/${prefixOf(value).prefixLength}`;
const hasHost = (prefix: IpPrefix, address: IpAddress) =>
  prefix.address.family === address.family && prefixContains(prefix, address);

/** IP addresses and networks. (apiserver/pkg/cel/library/ip.go, cidr.go) */
export const addressLibrary: readonly Overload[] = [
  free("ip", "string_to_ip", "string -> net.IP", (raw: string) => ip(need(readIp(raw)))),
  free("isIP", "is_ip", "string -> bool", (raw: string) => typeof readIp(raw) !== "string"),
  free("ip.isCanonical", "ip_is_canonical", "string -> bool", (raw: string) => formatIp(need(readIp(raw))) === raw),
  free("string", "ip_to_string", "net.IP -> string", (value: Opaque) => formatIp(addressOf(value))),
  member("family", "ip_family", "net.IP -> int", (value: Opaque) => addressOf(value).family),
  about("isUnspecified", "is_unspecified", isZero),
  about("isLoopback", "is_loopback", isLoopback),
  about("isLinkLocalMulticast", "is_link_local_multicast", isLinkLocalMulticast),
  about("isLinkLocalUnicast", "is_link_local_unicast", isLinkLocalUnicast),
  about("isGlobalUnicast", "is_global_unicast", isGlobalUnicast),
  free("cidr", "string_to_cidr", "string -> net.CIDR", (raw: string) => cidr(need(readCidr(raw)))),
  free("isCIDR", "is_cidr", "string -> bool", (raw: string) => typeof readCidr(raw) !== "string"),
  free("string", "cidr_to_string", "net.CIDR -> string", text),
  member("containsIP", "cidr_contains_ip_string", "net.CIDR, string -> bool", (net: Opaque, raw: string) =>
    hasHost(prefixOf(net), need(readIp(raw))),
  ),
  member("containsIP", "cidr_contains_ip_ip", "net.CIDR, net.IP -> bool", (net: Opaque, value: Opaque) =>
    hasHost(prefixOf(net), addressOf(value)),
  ),
  member("containsCIDR", "cidr_contains_cidr_string", "net.CIDR, string -> bool", (net: Opaque, raw: string) =>
    holds(prefixOf(net), need(readCidr(raw))),
  ),
  member("containsCIDR", "cidr_contains_cidr", "net.CIDR, net.CIDR -> bool", (net: Opaque, other: Opaque) =>
    holds(prefixOf(net), prefixOf(other)),
  ),
  member("ip", "cidr_ip", "net.CIDR -> net.IP", (net: Opaque) => ip(prefixOf(net).address)),
  member("prefixLength", "cidr_prefix_length", "net.CIDR -> int", (net: Opaque) => prefixOf(net).prefixLength),
  member("masked", "cidr_masked", "net.CIDR -> net.CIDR", (net: Opaque) =>
    cidr({ ...prefixOf(net), address: prefixOf(net).network }),
  ),
];
