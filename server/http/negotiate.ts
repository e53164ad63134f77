import { genericServerResponse, notAcceptable, StatusError } from "../meta/errors.ts";
import type { Ctx } from "./respond.ts";

/** What a client wants its answer to be. (apiserver/pkg/endpoints/handlers/negotiation) */
export interface MediaType {
  readonly format: "json" | "yaml" | "protobuf";
  /** As in the Content-Type header of plain answers. */
  readonly contentType: string;
  /** `as=…;v=…;g=…`: another kind is asked for. */
  readonly convert?: { readonly kind: string; readonly group: string; readonly version: string };
  readonly pretty: boolean;
}

/** What an endpoint can do besides the plain formats. */
export interface Restrictions {
  /** `PartialObjectMetadata`. */
  readonly transforms: boolean;
  /** `Table`: kinds that are never stored have none. */
  readonly table: boolean;
  /** Custom resources have no protobuf of their own. */
  readonly custom: boolean;
  /** Lists also produce the stream formats. */
  readonly stream: boolean;
  /** Of errors: nothing was routed by what it produces. */
  readonly unrouted?: boolean;
}

const FORMATS = [
  { format: "json", subtype: "json", contentType: "application/json", streams: true },
  { format: "yaml", subtype: "yaml", contentType: "application/yaml", streams: false },
  {
    format: "protobuf",
    subtype: "vnd.kubernetes.protobuf",
    contentType: "application/vnd.kubernetes.protobuf",
    streams: true,
  },
] as const;
export const PLAIN: string[] = FORMATS.map((f) => f.contentType);
const STREAMS = FORMATS.filter((f) => f.streams).map((f) => `${f.contentType};stream=watch`);
const NONE = { group: "", resource: "" };
const JSON_MEDIA: MediaType = { format: "json", contentType: "application/json", pretty: false };
const JSON_PRETTY: MediaType = { ...JSON_MEDIA, pretty: true };
/** Of kinds that can only be created, and subresources without columns. */
export const ACTION: Restrictions = { transforms: true, table: false, custom: false, stream: false };
export const ITEM: Restrictions = { transforms: true, table: true, custom: false, stream: false };
export const LIST: Restrictions = { transforms: true, table: true, custom: false, stream: true };
export const CUSTOM: Restrictions = { transforms: true, table: true, custom: true, stream: true };
export const PLAIN_ONLY: Restrictions = { transforms: false, table: false, custom: false, stream: false };
/** The same where no router looked at what is accepted before: errors, and the roots of discovery. */
export const UNROUTED: Restrictions = { ...PLAIN_ONLY, unrouted: true };

const FLOAT = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/;

interface Clause {
  type: string;
  subtype: string;
  q: number;
  params: Map<string, string>;
}

/** Accept headers are few and repeat on every request, so their meaning is kept; bounded, since clients choose them. */
const MAX_CACHED = 512;
const caches = new Map<Restrictions, Map<string, MediaType | StatusError>>();

/** @throws StatusError 406 */
export function negotiate(ctx: Ctx, restrictions: Restrictions): MediaType {
  const accept = ctx.req.headers.accept ?? "";
  let cache = caches.get(restrictions);
  if (!cache) {
    cache = new Map();
    caches.set(restrictions, cache);
  }
  let media = cache.get(accept);
  if (!media) {
    media = evaluate(accept, restrictions);
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(accept, media);
  }
  if (media instanceof StatusError) throw media;
  if (media.pretty || !wantsPretty(ctx)) return media;
  return media === JSON_MEDIA ? JSON_PRETTY : { ...media, pretty: true };
}

/** For errors: plain formats only; undefined when even those are refused. */
export function negotiatePlain(ctx: Ctx): MediaType | undefined {
  try {
    return negotiate(ctx, UNROUTED);
  } catch {
    return undefined;
  }
}

/** @throws StatusError 406 when the format cannot be streamed. */
export function streamMediaType(media: MediaType): string {
  if (media.format === "json") return media.contentType;
  if (media.format === "protobuf") return `${media.contentType};stream=watch`;
  throw notAcceptable(STREAMS);
}

function evaluate(accept: string, restrictions: Restrictions): MediaType | StatusError {
  if (!accept) return JSON_MEDIA;
  // Built-in resources are routed by go-restful first, which knows only whole media types and "*/*".
  if (!restrictions.custom && !restrictions.unrouted) {
    const refusal = refusedByRouter(accept, restrictions.stream ? [...PLAIN, ...STREAMS] : PLAIN);
    if (refusal) return refusal;
  }
  for (const clause of parseAccept(accept)) {
    for (const format of FORMATS) {
      const { type, subtype } = clause;
      const fits =
        type === "application" ? subtype === format.subtype || subtype === "*" : `${type}${subtype}` === "**";
      if (!fits) continue;
      const media = withParameters(format, clause.params, restrictions);
      if (media) return media;
    }
  }
  return notAcceptable(PLAIN);
}

/** What go-restful answers when it has no route that produces what is accepted; it reads no parameters. */
export function refusedByRouter(accept: string, produces: readonly string[]): StatusError | undefined {
  const routed = accept.split(",").some((part) => {
    const type = part.split(";")[0]!.trim();
    return type === "*/*" || produces.includes(type);
  });
  if (routed) return undefined;
  const serverMessage = `406: Not Acceptable\n\nAvailable representations: ${produces.join(", ")}`;
  return genericServerResponse(406, { verb: "", resource: NONE, name: "", serverMessage });
}

/** Of paths that have one format only. @throws StatusError 406 */
export function demandAccepted(ctx: Ctx, produced: string): void {
  const { accept } = ctx.req.headers;
  const refusal = accept ? refusedByRouter(accept, [produced]) : undefined;
  if (refusal) throw refusal;
}

function withParameters(
  { format, contentType, streams }: (typeof FORMATS)[number],
  params: Map<string, string>,
  restrictions: Restrictions,
): MediaType | undefined {
  const stream = params.get("stream");
  if (stream && (!streams || stream !== "watch")) return undefined;
  const serverVersion = params.get("sv");
  if (serverVersion && !(restrictions.transforms && serverVersion === "v1")) return undefined;
  const pretty = params.get("pretty") === "1";
  if (!params.get("as") && !params.get("g") && !params.get("v")) {
    if (restrictions.custom && format === "protobuf") return undefined;
    return format === "json" && !pretty ? JSON_MEDIA : { format, contentType, pretty };
  }
  const convert = { kind: params.get("as") ?? "", group: params.get("g") ?? "", version: params.get("v") ?? "" };
  if (!restrictions.transforms || !isTransform(convert, format)) return undefined;
  if (convert.kind === "Table" && !restrictions.table) return undefined;
  return { format, contentType, pretty, convert };
}

function isTransform(convert: { kind: string; group: string; version: string }, format: string): boolean {
  if (convert.group !== "meta.k8s.io" || !(convert.version === "v1" || convert.version === "v1beta1")) return false;
  if (convert.kind === "Table") return format !== "protobuf";
  return convert.kind === "PartialObjectMetadata" || convert.kind === "PartialObjectMetadataList";
}

/** Clauses, best first. (github.com/munnerz/goautoneg) */
export function parseAccept(header: string): Clause[] {
  const clauses: Clause[] = [];
  for (const part of header.split(",")) {
    const [media = "", ...rest] = part.split(";");
    const [type = "", subtype = "", ...more] = media.trim().split("/");
    if (more.length > 0 || (!subtype && type !== "*")) continue;
    const clause: Clause = { type, subtype: subtype || "*", q: 1, params: new Map() };
    for (const parameter of rest) {
      // Names are as they are written and values keep their quotes: goautoneg knows no better.
      const [name = "", value = "", ...over] = parameter.split("=");
      if (!value || over.join("")) continue;
      const key = name.trim();
      if (key === "q") clause.q = FLOAT.test(value) ? Number(value) : 0;
      else clause.params.set(key, value.trim());
    }
    clauses.push(clause);
  }
  return clauses.sort(
    (a, b) =>
      b.q - a.q ||
      Number(a.type === "*") - Number(b.type === "*") ||
      Number(a.subtype === "*") - Number(b.subtype === "*"),
  );
}

/** `?pretty=true`, or a browser or command line tool that did not say. */
function wantsPretty(ctx: Ctx): boolean {
  const { query } = ctx.state;
  if (query.size > 0) {
    const pretty = query.get("pretty");
    if (pretty) return /^(1|t|T|TRUE|true|True)$/.test(pretty);
  }
  const agent = ctx.req.headers["user-agent"];
  return !!agent && (agent.startsWith("curl") || agent.startsWith("Wget") || agent.startsWith("Mozilla/5.0"));
}
