import { aggregatedDiscovery } from "./discovery.ts";
import type { Answer } from "./encode.ts";
import { isWatch, listOptions } from "./list-options.ts";
import { type MediaType, negotiate, plainMediaType } from "./media-type.ts";
import { GROUP, VERSION } from "./metrics.ts";
import type { MetricsReader } from "./reader.ts";
import { noSuchPath, notAllowed, notWatched } from "./status-error.ts";
import { shapeItem, shapeList } from "./transform.ts";

/** An answer, and what it is written as. */
export interface Reply {
  readonly answer: Answer;
  readonly media: MediaType;
  /** Where it is not that of the format. */
  readonly contentType?: string;
}

export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly accept: string;
}

const ROOT = `/apis/${GROUP}`;
const BASE = `${ROOT}/${VERSION}/`;
const AGGREGATED = /^application\/json;(?=.*g=apidiscovery\.k8s\.io)(?=.*as=APIGroupDiscoveryList).*v=(v2|v2beta1)/;

/** Answers whatever is of the group. @param discovery by path @throws StatusError 400, 404, 405, 406, ApiError */
export async function reply(
  asked: Asked,
  reader: MetricsReader,
  discovery: ReadonlyMap<string, Answer>,
): Promise<Reply> {
  const { method, url, accept } = asked;
  const path = url.pathname.replace(/(?<=.)\/$/, "");
  const fixed = discovery.get(path);
  if (fixed) {
    if (method !== "GET") throw notAllowed();
    return discover(path, fixed, accept);
  }
  if (!url.pathname.startsWith(BASE)) throw noSuchPath();
  return metrics(path.slice(BASE.length), asked, reader);
}

function discover(path: string, fixed: Answer, accept: string): Reply {
  const [first = ""] = accept.split(",");
  const version = path === "/apis" ? AGGREGATED.exec(first.replaceAll(" ", ""))?.[1] : undefined;
  if (!version) return { answer: fixed, media: plainMediaType(accept) ?? { format: "json" } };
  const contentType = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
  return { answer: aggregatedDiscovery(version), media: { format: "json" }, contentType };
}

async function metrics(path: string, { method, url, accept }: Asked, reader: MetricsReader): Promise<Reply> {
  const [, namespace = "", resource = "", name = ""] =
    /^(?:namespaces\/([^/]+)\/)?(nodes|pods)(?:\/([^/]+))?$/
      .exec(path)
      ?.map((part) => decodeURIComponent(part ?? "")) ?? [];
  const isLost = !resource || (resource === "nodes" ? namespace : name && !namespace);
  if (isLost) throw noSuchPath();
  if (method !== "GET") throw notAllowed();
  const { searchParams: query } = url;
  const media = negotiate(accept, !name);
  if (name) {
    const found = await (resource === "nodes" ? reader.node(name) : reader.pod(namespace, name));
    return { answer: shapeItem(found, media, query), media };
  }
  const selectors = listOptions(query);
  if (isWatch(query)) throw notWatched(resource);
  const items = await (resource === "nodes" ? reader.nodes(selectors) : reader.pods(namespace, selectors));
  const kind = resource === "nodes" ? "NodeMetricsList" : "PodMetricsList";
  return { answer: shapeList({ kind, apiVersion: `${GROUP}/${VERSION}`, items }, media, query), media };
}
