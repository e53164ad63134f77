import { StatusError } from "../client/index.ts";
import type { Answer } from "./encode.ts";
import { type MediaType, notAcceptable } from "./media-type.ts";
import type { NodeMetrics, PodMetrics } from "./metrics.ts";
import { partial, tableOf } from "./table.ts";

type Metrics = NodeMetrics | PodMetrics;

/** One object, in the shape that is asked for. @throws StatusError 400, 406 */
export function shapeItem(item: Metrics, { as }: MediaType, query: URLSearchParams): Answer {
  if (!as) return item;
  const apiVersion = `meta.k8s.io/${as.version}`;
  if (as.kind === "Table") return tableOf([item], includeObject(query), apiVersion);
  if (as.kind === "PartialObjectMetadata") return partial(item, apiVersion);
  const what = `you requested ${as.kind}, but the requested object is not a list (*metrics.${item.kind})`;
  throw notAcceptable(what);
}

/** A list, in the shape that is asked for. @param kind of the list @throws StatusError 400, 406 */
export function shapeList(
  { kind, apiVersion, items }: Answer & { readonly items: readonly Metrics[] },
  { as }: MediaType,
  query: URLSearchParams,
): Answer {
  // Members of a list do not repeat what the list says.
  const plain = { kind, apiVersion, metadata: {}, items: items.map(({ kind: _, apiVersion: __, ...rest }) => rest) };
  if (!as) return plain as Answer;
  const version = `meta.k8s.io/${as.version}`;
  if (as.kind === "Table") return tableOf(items, includeObject(query), version);
  if (as.kind === "PartialObjectMetadataList") {
    const partials = items.map((item) => partial(item, version));
    return { kind: as.kind, apiVersion: version, metadata: {}, items: partials } as Answer;
  }
  throw notAcceptable(`you requested ${as.kind}, but the requested object is a list (*metrics.${kind})`);
}

/** Of rows of Tables. @throws StatusError 400 */
function includeObject(query: URLSearchParams): string {
  const given = query.get("includeObject") ?? "";
  if (["", "None", "Object", "Metadata"].includes(given)) return given || "Metadata";
  const why = `includeObject: Invalid value: ${JSON.stringify(given)}: must be 'Metadata', 'Object', 'None', or empty`;
  throw new StatusError(400, "BadRequest", `Unable to convert to Table as requested: ${why}`);
}
