import { isIP } from "node:net";
import { goQuote } from "./go-quote.ts";

/** Of an absolute URL; empty for a path, or where there is none. */
export interface SchemeSplit {
  readonly scheme: string;
  readonly rest: string;
}

/** @returns or what is wrong. (net/url getScheme) */
export function splitScheme(text: string): SchemeSplit | string {
  if (text.startsWith(":")) return "missing protocol scheme";
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text)?.[1] ?? "";
  return { scheme, rest: scheme ? text.slice(scheme.length + 1) : text };
}

/** What is wrong with a URL or an absolute path, in Go's words. A fragment is no more than text. (url.ParseRequestURI) */
export function requestUriProblem(text: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Go refuses just these.
  if (/[\x00-\x1f\x7f]/.test(text)) return "net/url: invalid control character in URL";
  if (text === "") return "empty url";
  if (text === "*") return undefined;
  const split = splitScheme(text);
  if (typeof split === "string") return split;
  const [rest = ""] = split.rest.split("?");
  if (!rest.startsWith("/")) return split.scheme ? undefined : "invalid URI for request";
  const authority = split.scheme ? /^\/\/([^/]*)/.exec(rest)?.[1] : undefined;
  if (authority === undefined) return escapeProblem(rest);
  return authorityProblem(split.scheme.toLowerCase(), authority) ?? escapeProblem(rest.slice(2 + authority.length));
}

/** What is wrong with any URL, as Go's whole error: `parse "…": …`. (url.Parse) */
export function urlProblem(text: string): string | undefined {
  const hash = text.indexOf("#");
  const [whole, fragment] = hash < 0 ? [text, ""] : [text.slice(0, hash), text.slice(hash + 1)];
  const wrong = referenceProblem(whole);
  if (wrong) return `parse ${goQuote(whole)}: ${wrong}`;
  const wrongFragment = escapeProblem(fragment);
  return wrongFragment && `parse ${goQuote(text)}: ${wrongFragment}`;
}

function referenceProblem(text: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Go refuses just these.
  if (/[\x00-\x1f\x7f]/.test(text)) return "net/url: invalid control character in URL";
  const split = splitScheme(text);
  if (typeof split === "string") return split;
  const [rest = ""] = split.rest.split("?");
  if (!rest.startsWith("/")) {
    if (split.scheme) return undefined;
    const [segment = ""] = rest.split("/");
    return segment.includes(":") ? "first path segment in URL cannot contain colon" : escapeProblem(rest);
  }
  const hasAuthority = split.scheme !== "" || !rest.startsWith("///");
  const authority = hasAuthority ? /^\/\/([^/]*)/.exec(rest)?.[1] : undefined;
  if (authority === undefined) return escapeProblem(rest);
  return authorityProblem(split.scheme.toLowerCase(), authority) ?? escapeProblem(rest.slice(2 + authority.length));
}

function escapeProblem(text: string): string | undefined {
  const wrong = /%(?![0-9a-fA-F]{2}).{0,2}/su.exec(text)?.[0];
  return wrong === undefined ? undefined : `invalid URL escape ${goQuote(wrong)}`;
}

const USER = /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/;

function authorityProblem(scheme: string, authority: string): string | undefined {
  const at = authority.lastIndexOf("@");
  const wrongHost = hostProblem(scheme, authority.slice(at + 1));
  if (wrongHost || at < 0) return wrongHost;
  const user = authority.slice(0, at);
  return USER.test(user) ? escapeProblem(user) : "net/url: invalid userinfo";
}

const PORT = /^(?::[0-9]*)?$/;
const portProblem = (port: string) => (PORT.test(port) ? undefined : `invalid port ${goQuote(port)} after host`);

/** (parseHost) */
function hostProblem(scheme: string, host: string): string | undefined {
  const open = host.lastIndexOf("[");
  if (open > 0) return "invalid IP-literal";
  if (open < 0) {
    const first = host.indexOf(":");
    // Lists of hosts are let pass, but not where a browser would go.
    const colon = scheme === "http" || scheme === "https" ? first : host.lastIndexOf(":");
    return (colon < 0 ? undefined : portProblem(host.slice(colon))) ?? hostTextProblem(host);
  }
  const close = host.lastIndexOf("]");
  if (close < 0) return "missing ']' in host";
  const name = host.slice(1, close);
  const zone = name.indexOf("%25");
  const address = zone < 0 ? name : name.slice(0, zone);
  const wrong =
    portProblem(host.slice(close + 1)) ??
    hostTextProblem(address) ??
    (zone < 0 ? undefined : zoneProblem(name.slice(zone)));
  if (wrong) return wrong;
  // What is escaped in front of a zone is no part of an address.
  const family = address.includes("%") ? 0 : isIP(zone < 0 ? address : `${address}%${name.slice(zone + 3)}`);
  if (family === 0) return `invalid host: ParseAddr(${goQuote(name)}): unable to parse IP`;
  return family === 4 ? "invalid IP-literal" : undefined;
}

/** Octets that may stand in a host as they are. (shouldEscape) */
const HOST_OCTET = /[A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"]/;

/** Only octets beyond ASCII may be escaped. (unescape, encodeHost) */
function hostTextProblem(host: string): string | undefined {
  for (let i = 0; i < host.length; i++) {
    const character = host.charAt(i);
    if (character === "%") {
      const octet = host.slice(i, i + 3);
      if (!/^%[0-9a-fA-F]{2}$/.test(octet)) return escapeProblem(host.slice(i));
      if (/^%[0-7]/.test(octet) && octet !== "%25") return `invalid URL escape ${goQuote(octet)}`;
      i += 2;
    } else if (character < "\x80" && !HOST_OCTET.test(character)) {
      return `invalid character ${goQuote(character)} in host name`;
    }
  }
  return undefined;
}

/** A zone may escape what a host may hold, and blanks. (unescape, encodeZone) */
function zoneProblem(zone: string): string | undefined {
  const wrong = escapeProblem(zone);
  if (wrong) return wrong;
  for (const [octet = "", hex = ""] of zone.matchAll(/%(..)/g)) {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    if (octet !== "%25" && character !== " " && !(HOST_OCTET.test(character) && character < "\x80")) {
      return `invalid URL escape ${goQuote(octet)}`;
    }
  }
  const bare = zone.replaceAll(/%../g, "");
  const bad = [...bare].find((character) => character < "\x80" && !HOST_OCTET.test(character));
  return bad === undefined ? undefined : `invalid character ${goQuote(bad)} in host name`;
}
