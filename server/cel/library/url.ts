import { goQuote } from "../../meta/go-quote.ts";
import { free, member, type Overload } from "../overload.ts";
import { CelMap, fail, Opaque } from "../values.ts";

const TYPE = "kubernetes.URL";
interface Parts {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
  readonly text: string;
}

/** What url.ParseRequestURI takes: an absolute URL or a path. Escapes stay as written. @returns or says why not */
export function readUrl(text: string): Parts | string {
  const wrong = (why: string) => `parse ${goQuote(text)}: ${why}`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Go refuses just these.
  if (/[\x00-\x1f\x7f]/.test(text)) return wrong("net/url: invalid control character in URL");
  if (text === "") return wrong("empty url");
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text)?.[1] ?? "";
  if (!scheme && text.startsWith(":")) return wrong("missing protocol scheme");
  const rest = text.slice(scheme ? scheme.length + 1 : 0);
  if (!rest.startsWith("/")) return wrong("invalid URI for request");
  const [beforeFragment = ""] = rest.split("#");
  const question = beforeFragment.indexOf("?");
  const [main, query] =
    question < 0 ? [beforeFragment, ""] : [beforeFragment.slice(0, question), beforeFragment.slice(question + 1)];
  const authority = scheme || rest.startsWith("//") ? /^\/\/([^/]*)/.exec(main)?.[1] : undefined;
  const hasAuthority = authority !== undefined && (scheme !== "" || !rest.startsWith("///"));
  const path = hasAuthority ? main.slice(2 + authority.length) : main;
  const host = (hasAuthority ? authority : "").replace(/^.*@/, "");
  const escapeError = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(path + host);
  if (escapeError) return wrong(`invalid URL escape ${goQuote(escapeError[0])}`);
  const port = host.slice(host.lastIndexOf("]") + 1);
  if (/[ <>"]/.test(host)) return wrong(`invalid character ${goQuote(/[ <>"]/.exec(host)?.[0] ?? "")} in host name`);
  if (host.startsWith("[") && !host.includes("]")) return wrong("missing ']' in host");
  if (port.includes(":") && !/^[^:]*:\d*$/.test(port))
    return wrong(`invalid port ${goQuote(port.slice(port.indexOf(":")))} after host`);
  return { scheme: scheme.toLowerCase(), host, path, query, text };
}
// The type's own constructor put Parts there.
const of = ({ value }: Opaque) => value as Parts;
const hostname = ({ host }: Parts) =>
  host.startsWith("[") ? host.slice(1, host.indexOf("]")) : host.replace(/:\d*$/, "");
const port = ({ host }: Parts) => /:(\d*)$/.exec(host.slice(host.lastIndexOf("]") + 1))?.[1] ?? "";
function query({ query: text }: Parts): CelMap {
  const map = new CelMap();
  for (const [name, value] of new URLSearchParams(
    text
      .split("&")
      .filter((pair) => !pair.includes(";"))
      .join("&"),
  )) {
    const known = map.get(name);
    map.set(name, Array.isArray(known) ? [...known, value] : [value]);
  }
  return map;
}
function escapedPath({ path }: Parts): string {
  return path.replace(/[^A-Za-z0-9$&+,/:;=@\-_.~!'()*%[\]]/gu, (character) => encodeURIComponent(character));
}
const part = (name: string, id: string, read: (parts: Parts) => string) =>
  member(name, `url_get_${id}`, `${TYPE} -> string`, (value: Opaque) => read(of(value)));

/** URLs. (apiserver/pkg/cel/library/urls.go) */
export const urlLibrary: readonly Overload[] = [
  free("url", "string_to_url", `string -> ${TYPE}`, (text: string) => {
    const parts = readUrl(text);
    if (typeof parts === "string") return fail(`URL parse error during conversion from string: ${parts}`);
    return new Opaque(TYPE, parts, (other) => (other as Parts).text === parts.text);
  }),
  free("isURL", "is_url_string", "string -> bool", (text: string) => typeof readUrl(text) !== "string"),
  part("getScheme", "scheme", ({ scheme }) => scheme),
  part("getHost", "host", ({ host }) => host),
  part("getHostname", "hostname", hostname),
  part("getPort", "port", port),
  part("getEscapedPath", "escaped_path", escapedPath),
  member("getQuery", "url_get_query", `${TYPE} -> map(string, list(string))`, (value: Opaque) => query(of(value))),
];
