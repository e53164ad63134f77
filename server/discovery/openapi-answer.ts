import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { OpenApiDocuments, OpenApiForm } from "./openapi.ts";

const V2_PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
const V3_PROTOBUF = "application/com.github.proto-openapi.spec.v3.v1.0+protobuf";
const compress = promisify(gzip);

/** What to answer to a request for a document. No body: the headers say it all. */
export interface OpenApiAnswer {
  readonly status: 200 | 301 | 304 | 404 | 406;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface OpenApiRequest {
  readonly path: string;
  /** The query parameter. */
  readonly hash: string | undefined;
  readonly accept: string | undefined;
  readonly acceptEncoding: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
  readonly now: Date;
}

/** Answers `/openapi/v2`, `/openapi/v3` and what is below it. (kube-openapi/pkg/handler and handler3) */
export async function answerOpenApi(documents: OpenApiDocuments, request: OpenApiRequest): Promise<OpenApiAnswer> {
  const { path, accept, acceptEncoding, ifNoneMatch } = request;
  const modified = { "Last-Modified": documents.modified.toUTCString(), "Accept-Ranges": "bytes" };
  if (path === "/openapi/v3") {
    return { status: 200, contentType: "text/plain; charset=utf-8", headers: modified, body: documents.v3Index() };
  }
  if (path === "/openapi/v2") {
    const form = negotiated(accept, "2");
    if (!form) return { status: 406, contentType: "", headers: { Vary: "Accept-Encoding, Accept" } };
    const [etag, contentType] = [documents.v2Hash(), form === "json" ? "application/json" : V2_PROTOBUF];
    const headers = { Vary: "Accept-Encoding, Accept", Etag: `"${etag}"` };
    if (ifNoneMatch?.includes(`"${etag}"`)) return { status: 304, contentType: "", headers };
    if (!ifNoneMatch && isUnmodified(documents.modified, request.ifModifiedSince)) {
      return { status: 304, contentType: "", headers };
    }
    if (!/\bgzip\b/.test(acceptEncoding ?? "")) {
      return { status: 200, contentType, headers: { ...headers, ...modified }, body: await documents.v2(form) };
    }
    const compressed = form === "json" ? await documents.v2Compressed() : await compress(await documents.v2(form));
    const encoded = { ...headers, ...modified, "Content-Encoding": "gzip" };
    return { status: 200, contentType, headers: encoded, body: compressed };
  }
  return answerV3(documents, request, modified);
}

async function answerV3(
  documents: OpenApiDocuments,
  { path, hash, accept, ifNoneMatch, now }: OpenApiRequest,
  modified: Readonly<Record<string, string>>,
): Promise<OpenApiAnswer> {
  const name = path.slice("/openapi/v3/".length);
  const current = documents.v3Hash(name);
  if (current === undefined) return { status: 404, contentType: "", headers: {} };
  const form = negotiated(accept, "3");
  if (!form) return { status: 406, contentType: "", headers: { Vary: "Accept" } };
  const contentType = form === "json" ? "application/json" : V3_PROTOBUF;
  const tagged = { Vary: "Accept", Etag: `"${current}"` };
  if (hash !== undefined && hash !== current)
    return { status: 301, contentType, headers: { ...tagged, Location: `${path}?hash=${current}` } };
  // With its hash in the address a document never changes.
  const year = new Date(now);
  year.setUTCFullYear(now.getUTCFullYear() + 1);
  const lasting: Record<string, string> = hash
    ? { "Cache-Control": "public, immutable", Expires: year.toUTCString().replace("GMT", "UTC") }
    : {};
  const headers = { ...tagged, ...lasting };
  if (ifNoneMatch?.includes(`"${current}"`)) return { status: 304, contentType: "", headers };
  const body = await documents.v3(name, form);
  if (!body) return { status: 404, contentType: "", headers: {} };
  return { status: 200, contentType, headers: { ...headers, ...modified }, body };
}

/** To the second, as the header says it. (net/http ServeContent) */
function isUnmodified(modified: Date, since: string | undefined): boolean {
  return since !== undefined && Math.floor(modified.getTime() / 1000) * 1000 <= Date.parse(since);
}

/** The best accepted media type that there is; JSON when the client does not care. */
function negotiated(accept: string | undefined, version: "2" | "3"): OpenApiForm | undefined {
  const clauses = (accept || "*/*").split(",").map((text) => {
    const [type = "", ...parameters] = text.split(";").map((part) => part.trim());
    const quality = Number(parameters.find((each) => each.startsWith("q="))?.slice(2) ?? 1);
    return { type, quality: Number.isFinite(quality) ? quality : 1 };
  });
  for (const { type } of clauses.sort((a, b) => b.quality - a.quality)) {
    if (type === "*/*" || type === "application/*" || type === "application/json") return "json";
    const protobuf = new RegExp(`^application/com\\.github\\.proto-openapi\\.spec\\.v${version}[.@]v1\\.0\\+protobuf$`);
    if (type && protobuf.test(type)) return "protobuf";
  }
  return undefined;
}
