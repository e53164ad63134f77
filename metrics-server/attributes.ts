import type { Attributes } from "../client/index.ts";
import { isWatch } from "./list-options.ts";

const VERBS: Readonly<Record<string, string>> = {
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
  GET: "get",
  HEAD: "get",
};

/** What a request wants to do, whether there is anything to do it to or not. (apiserver/pkg/endpoints/request) */
export function attributesOf(method: string, { pathname, searchParams }: URL): Attributes {
  const [root, group, version, ...rest] = pathname.split("/").filter(Boolean);
  if (root !== "apis" || !group || !version || rest.length === 0) return { verb: method.toLowerCase(), path: pathname };
  const inNamespace = rest[0] === "namespaces" && rest.length > 2;
  const [resource = "", name = "", subresource = ""] = (inNamespace ? rest.slice(2) : rest).map(decodeURIComponent);
  const verb = VERBS[method] ?? "";
  return {
    verb: name ? verb : verb === "get" ? (isWatch(searchParams) ? "watch" : "list") : collective(verb),
    group,
    version,
    resource,
    subresource,
    namespace: inNamespace ? decodeURIComponent(rest[1] ?? "") : "",
    name,
  };
}

const collective = (verb: string) => (verb === "delete" ? "deletecollection" : verb);
