/** Where a page is, seen from both sides of the proxy. */
export interface Rewriting {
  /** What stands before the backend's own paths. */
  readonly prepend: string;
  /** `host:port` of the backend. */
  readonly backend: string;
  /** Host header of the client's request. */
  readonly host: string;
}

const PARTS = /^(?:([a-z][a-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(.*)$/is;

/** A backend's URL as clients of the proxy must ask for it; other hosts' stay. (apimachinery/pkg/util/proxy/transport.go) */
export function rewriteUrl(url: string, { prepend, backend, host }: Rewriting): string {
  const [, scheme = "", authority = "", path = "", rest = ""] = PARTS.exec(url) ?? [];
  const elsewhere = authority !== "" && authority !== backend && authority !== host;
  if (elsewhere || !path.startsWith("/")) return url;
  const front = authority !== "" && authority === host ? `${scheme && `${scheme}:`}//${authority}` : "";
  if (path.startsWith(prepend)) return front + path + rest;
  return `${front}${joinPath(prepend, path)}${rest}`;
}

/** Go's path.Join, with the last slash kept. (apimachinery/pkg/util/net JoinPreservingTrailingSlash) */
export function joinPath(...elements: readonly string[]): string {
  const result: string[] = [];
  const given = elements.filter((element) => element !== "");
  for (const part of given.join("/").split("/")) {
    if (part === "..") result.pop();
    else if (part !== "" && part !== ".") result.push(part);
  }
  const joined = (given[0]?.startsWith("/") ? "/" : "") + result.join("/");
  return given.at(-1)?.endsWith("/") && !joined.endsWith("/") ? `${joined}/` : joined;
}
