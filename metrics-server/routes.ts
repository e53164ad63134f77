import type { Attributes } from "./authorize.ts";
import { discovery } from "./discovery.ts";
import { GROUP, type NodeMetrics, type PodMetrics, VERSION } from "./metrics.ts";
import type { MetricsReader } from "./reader.ts";
import { noSuchPath, notAllowed } from "./status-error.ts";
import { tableOf } from "./table.ts";

/** What a request is about, and how to answer it. */
export interface Route {
  readonly attributes: Attributes;
  answer(): Promise<object>;
}

const BASE = `/apis/${GROUP}/${VERSION}/`;
const TABLE = /;\s*as=Table\b/;

/** @param documents OpenAPI by path @throws StatusError 404, 405 */
export function routeOf(
  { method = "GET", url, accept }: { readonly method?: string; readonly url: URL; readonly accept: string },
  reader: MetricsReader,
  documents: ReadonlyMap<string, object>,
): Route {
  const { pathname, searchParams } = url;
  const verb = method.toLowerCase();
  const fixed = discovery.get(pathname.replace(/(?<=.)\/$/, "")) ?? documents.get(pathname);
  if (fixed) return { attributes: { verb, path: pathname }, answer: async () => fixed };
  if (!pathname.startsWith(BASE)) throw noSuchPath();
  const [, namespace = "", resource = "", name = "", rest] =
    /^(?:namespaces\/([^/]+)\/)?(nodes|pods)(?:\/([^/]+))?(\/.*)?$/.exec(
      decodeURIComponent(pathname.slice(BASE.length)),
    ) ?? [];
  const lost = rest !== undefined || !resource || (resource === "nodes" ? namespace : name && !namespace);
  if (lost) throw noSuchPath();
  const watch = ["true", "1"].includes(searchParams.get("watch") ?? "");
  if (method !== "GET" || watch) throw notAllowed(watch ? "watch" : verb);
  const selectors = {
    labelSelector: searchParams.get("labelSelector") ?? "",
    fieldSelector: searchParams.get("fieldSelector") ?? "",
  };
  const table = (list: readonly (NodeMetrics | PodMetrics)[]) =>
    tableOf(list, searchParams.get("includeObject") ?? "Metadata");
  const asTable = TABLE.test(accept.split(",")[0] ?? "");
  return {
    attributes: { verb: name ? "get" : "list", resource, namespace, name },
    async answer() {
      if (name) {
        const found = await (resource === "nodes" ? reader.node(name) : reader.pod(namespace, name));
        return asTable ? table([found]) : found;
      }
      const items = await (resource === "nodes" ? reader.nodes(selectors) : reader.pods(namespace, selectors));
      if (asTable) return table(items);
      const kind = resource === "nodes" ? "NodeMetricsList" : "PodMetricsList";
      return { kind, apiVersion: `${GROUP}/${VERSION}`, metadata: {}, items: items.map(withoutType) };
    },
  };
}

/** Members of a list do not repeat what the list says. */
function withoutType({ kind: _kind, apiVersion: _apiVersion, ...rest }: NodeMetrics | PodMetrics) {
  return rest;
}
