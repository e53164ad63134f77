/** What a URL and method ask for. (apiserver/pkg/endpoints/request/requestinfo.go) */
export interface RequestInfo {
  readonly isResourceRequest: boolean;
  readonly path: string;
  /** For resources: get list watch create update patch delete deletecollection; else the lower-case method. */
  readonly verb: string;
  /** `api` or `apis`. */
  readonly apiPrefix: string;
  readonly apiGroup: string;
  readonly apiVersion: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** Path segments from the resource on. */
  readonly parts: readonly string[];
  /** Raw selector texts of list, watch and deletecollection, for authorizers. */
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  /** The verb came from the path: /api/v1/watch/… */
  readonly verbInPath?: boolean;
}

const NAMESPACE_SUBRESOURCES = new Set(["status", "finalize"]);
const SPECIAL_VERBS = new Set(["proxy", "watch"]);
const VERBS: Readonly<Record<string, string>> = {
  POST: "create",
  GET: "get",
  HEAD: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};
const NO_PARTS: readonly string[] = [];

/** `path` is the URL's path, percent-decoded. Throws an Error when a special verb lacks its resource. */
export function parseRequestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const parts = splitPath(path);
  const first = parts[0];
  const grouped = first === "apis";
  if (parts.length < (grouped ? 4 : 3) || !(grouped || first === "api")) {
    const apiPrefix = parts.length >= 3 && grouped ? "apis" : "";
    return nonResource(method, path, apiPrefix);
  }
  let at = 1;
  const apiGroup = grouped ? parts[at++]! : "";
  const apiVersion = parts[at++]!;
  let verb = VERBS[method] ?? "";
  let verbInPath = false;
  if (SPECIAL_VERBS.has(parts[at]!)) {
    if (parts.length - at < 2) throw new Error(`unable to determine kind and namespace from url, ${path}`);
    verb = parts[at++]!;
    verbInPath = true;
  }
  let namespace = "";
  if (parts[at] === "namespaces" && parts.length > at + 1) {
    namespace = parts[at + 1]!;
    // /namespaces/x/pods is about pods, /namespaces/x/status about the namespace.
    if (parts.length > at + 2 && !NAMESPACE_SUBRESOURCES.has(parts[at + 2]!)) at += 2;
  }
  const rest = parts.slice(at);
  const subresource = rest.length >= 3 && verb !== "proxy" ? rest[2]! : "";
  let name = rest[1] ?? "";
  if (!name && verb === "get") {
    verb = asksToWatch(query) ? "watch" : "list";
    name = nameInFieldSelector(query.get("fieldSelector"));
  }
  if (!name && verb === "delete") verb = "deletecollection";
  const info = {
    isResourceRequest: true,
    path,
    verb,
    apiPrefix: first!,
    apiGroup,
    apiVersion,
    namespace,
    resource: rest[0]!,
    subresource,
    name,
    parts: rest,
  };
  if (verbInPath) return { ...info, verbInPath };
  if (query.size === 0 || (verb !== "list" && verb !== "watch" && verb !== "deletecollection")) return info;
  return {
    ...info,
    fieldSelector: query.get("fieldSelector") || undefined,
    labelSelector: query.get("labelSelector") || undefined,
  };
}

function nonResource(method: string, path: string, apiPrefix: string): RequestInfo {
  return {
    isResourceRequest: false,
    path,
    verb: method.toLowerCase(),
    apiPrefix,
    apiGroup: "",
    apiVersion: "",
    namespace: "",
    resource: "",
    subresource: "",
    name: "",
    parts: NO_PARTS,
  };
}

function splitPath(path: string): string[] {
  let start = 0;
  let end = path.length;
  while (start < end && path.charCodeAt(start) === 47) start++;
  while (end > start && path.charCodeAt(end - 1) === 47) end--;
  return start === end ? [] : path.slice(start, end).split("/");
}

/** A boolean of a query as upstream reads it: anything but 0 and false is true. (apimachinery/runtime/conversion.go) */
export function queryBool(value: string): boolean {
  return value !== "0" && value.toLowerCase() !== "false";
}

function asksToWatch(query: URLSearchParams): boolean {
  const watch = query.size ? query.get("watch") : null;
  return watch !== null && queryBool(watch);
}

/** The name that `fieldSelector` asks for exactly, when it is one that can stand in a path. */
function nameInFieldSelector(selector: string | null): string {
  if (!selector) return "";
  for (const term of selector.split(",")) {
    const match = /^metadata\.name==?([^=!\\]+)$/.exec(term);
    if (!match) continue;
    const name = match[1]!;
    return name === "." || name === ".." || /[/%]/.test(name) ? "" : name;
  }
  return "";
}
