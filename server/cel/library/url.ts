import { goQuote } from "../../meta/go-quote.ts";
import { requestUriProblem, splitScheme } from "../../meta/request-uri.ts";
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

/** What url.ParseRequestURI takes, with its fragment apart. Escapes stay as written. @returns or says why not */
export function readUrl(text: string): Parts | string {
  const problem = requestUriProblem(text);
  const split = splitScheme(text);
  if (problem !== undefined || typeof split === "string") return `parse ${goQuote(text)}: ${problem ?? split}`;
  const [beforeFragment = ""] = split.rest.split("#");
  const question = beforeFragment.indexOf("?");
  const [main, query] =
    question < 0 ? [beforeFragment, ""] : [beforeFragment.slice(0, question), beforeFragment.slice(question + 1)];
  // What follows a scheme without a slash is opaque: neither a host nor a path.
  const isOpaque = split.scheme !== "" && !main.startsWith("/");
  const hasAuthority = main.startsWith("//") && (split.scheme !== "" || !main.startsWith("///"));
  const authority = hasAuthority ? (/^\/\/([^/]*)/.exec(main)?.[1] ?? "") : "";
  return {
    scheme: split.scheme.toLowerCase(),
    host: authority.replace(/^.*@/, ""),
    path: isOpaque ? "" : hasAuthority ? main.slice(2 + authority.length) : main,
    query,
    text,
  };
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
