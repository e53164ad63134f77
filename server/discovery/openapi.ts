import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { type ApiResource, groupVersionPath } from "../../openapi/documents/api-resource.ts";
import { encodeVersion2, encodeVersion3 } from "../../openapi/documents/gnostic/encode.ts";
import { mergeDocument, type OpenApiPart } from "../../openapi/documents/merge.ts";
import { wholeDocument } from "../../openapi/openapi-v2.ts";
import {
  groupDocument,
  groupVersionDocument,
  issuerDocument,
  type OpenApiV3,
  versionDocument,
} from "../../openapi/openapi-v3.ts";
import type { Kind } from "../registry/kind.ts";
import { discovered } from "./resources.ts";

/** A document in one form. `etag` is without quotes. */
export interface OpenApiDocument {
  readonly body: Uint8Array;
  readonly etag: string;
  readonly contentType: string;
}

/** What aggregated servers say of themselves. */
export interface RemoteDocuments {
  /** Their documents of version 3, which they serve themselves. */
  index(): Readonly<Record<string, { readonly serverRelativeURL: string }>>;
  /** Their documents of version 2, in order. */
  wholes(): readonly { readonly hash: string; readonly document: OpenApiPart }[];
}

export interface OpenApiOptions {
  readonly remote?: RemoteDocuments;
  /** What is served now. */
  kinds(): readonly Kind[];
  /** The published schema of a version of a custom resource. */
  customSchema(kind: Kind): NonNullable<ApiResource["custom"]>;
  /** Of the server, as in `1.36`. */
  readonly version: string;
}

export type OpenApiForm = "json" | "protobuf";

interface Entry {
  readonly hash: string;
  make(): OpenApiV3;
  readonly encoded: Partial<Record<OpenApiForm, Uint8Array>>;
}

interface Whole {
  readonly hash: string;
  readonly encoded: Partial<Record<OpenApiForm | "gzip", Uint8Array>>;
}

const V2_PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
const V3_PROTOBUF = "application/com.github.proto-openapi.spec.v3.v1.0+protobuf";
const compress = promisify(gzip);

/**
 * The OpenAPI documents of a server, each made when first asked for and kept until what it describes changes. Hashes
 * are of what a document is made from, so that the index costs no document.
 */
export class OpenApiDocuments {
  readonly #options: OpenApiOptions;
  #entries: Map<string, Entry> | undefined;
  #isStale = false;
  #whole: Whole | undefined;
  /** When what is described last changed: the Last-Modified of the documents. */
  #modified: Date;

  constructor(options: OpenApiOptions, now: Date) {
    this.#options = options;
    this.#modified = now;
  }

  get modified(): Date {
    return this.#modified;
  }

  /** To be called when the kinds served have changed. Documents of unchanged group versions stay. */
  invalidate(now: Date): void {
    this.#isStale = true;
    this.#whole = undefined;
    this.#modified = now;
  }

  /** `/openapi/v2`: everything in one document. */
  v2(form: OpenApiForm): OpenApiDocument {
    const whole = this.#wholeEntry();
    whole.encoded[form] ??= this.#encodeWhole(form);
    return {
      body: whole.encoded[form],
      etag: whole.hash,
      contentType: form === "json" ? "application/json" : V2_PROTOBUF,
    };
  }

  /** The JSON form compressed once for all. */
  async v2Compressed(): Promise<Uint8Array> {
    const whole = this.#wholeEntry();
    whole.encoded.gzip ??= await compress(this.v2("json").body, { level: 6 });
    return whole.encoded.gzip;
  }

  /** `/openapi/v3`: where the documents are. */
  v3Index(): OpenApiDocument {
    const own = [...this.#all()].map(
      ([path, { hash }]) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }] as const,
    );
    const all = { ...this.#options.remote?.index(), ...Object.fromEntries(own) };
    const paths = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
    const body = Buffer.from(JSON.stringify({ paths }));
    return { body, etag: hashOf(paths), contentType: "text/plain; charset=utf-8" };
  }

  /** The hash of a document, without making it. @param path as in the index */
  v3Hash(path: string): string | undefined {
    return this.#all().get(path)?.hash;
  }

  /** `/openapi/v3/<path>`. @returns undefined when there is no such document */
  v3(path: string, form: OpenApiForm): OpenApiDocument | undefined {
    const entry = this.#all().get(path);
    if (!entry) return undefined;
    entry.encoded[form] ??= form === "json" ? Buffer.from(JSON.stringify(entry.make())) : encodeVersion3(entry.make());
    const contentType = form === "json" ? "application/json" : V3_PROTOBUF;
    return { body: entry.encoded[form], etag: entry.hash, contentType };
  }

  #all(): Map<string, Entry> {
    const before = this.#entries;
    if (before && !this.#isStale) return before;
    // Made when asked for: many definitions often come at once.
    const entries = this.#makeEntries();
    for (const [path, entry] of entries) {
      const known = before?.get(path);
      if (known?.hash === entry.hash) entries.set(path, known);
    }
    this.#entries = entries;
    this.#isStale = false;
    return entries;
  }

  #wholeEntry(): Whole {
    if (this.#whole) return this.#whole;
    const parts = [...this.#all()].map(([path, { hash }]) => [path, hash]);
    const remote = this.#options.remote?.wholes().map(({ hash }) => hash) ?? [];
    this.#whole = { hash: hashOf([...parts, ...remote]), encoded: {} };
    return this.#whole;
  }

  #encodeWhole(form: OpenApiForm): Uint8Array {
    const { remote, version } = this.#options;
    const own = wholeDocument(this.#resources(), version);
    const document = (remote?.wholes() ?? []).reduce((merged, part) => mergeDocument(merged, part.document), own);
    return form === "json" ? Buffer.from(JSON.stringify(document)) : encodeVersion2(document);
  }

  #resources(): ApiResource[] {
    const { kinds, customSchema } = this.#options;
    return kinds().map((kind) => apiResource(kind, kind.custom ? customSchema(kind) : undefined));
  }

  #makeEntries(): Map<string, Entry> {
    const { version } = this.#options;
    const entries = new Map<string, Entry>();
    const add = (path: string, from: unknown, make: () => OpenApiV3) =>
      entries.set(path, { hash: hashOf([version, path, from]), make, encoded: {} });
    const resources = this.#resources();
    for (const path of [".well-known/openid-configuration", "openid/v1/jwks"] as const)
      add(path, "", () => issuerDocument(path, version));
    for (const path of ["api", "apis"] as const) add(path, "", () => groupDocument(path, version));
    add("version", "", () => versionDocument(version));
    for (const { group, custom } of resources)
      if (group && !custom) add(`apis/${group}`, "", () => groupDocument({ group }, version));
    const groupVersions = Map.groupBy(resources, (one) => groupVersionPath(one.group, one.version));
    for (const [path, list] of groupVersions) add(path, list, () => groupVersionDocument(list, version));
    return new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

function hashOf(value: unknown): string {
  return createHash("sha512").update(JSON.stringify(value)).digest("hex").toUpperCase();
}

function apiResource(kind: Kind, custom: ApiResource["custom"]): ApiResource {
  const { verbs, subresources } = discovered(kind);
  return {
    group: kind.group,
    version: kind.version,
    kind: kind.kind,
    listKind: kind.listKind,
    plural: kind.plural,
    namespaced: kind.namespaced,
    verbs,
    subresources: subresources.map(({ name, responseKind, verbs }) => ({ name, ...responseKind, verbs })),
    returnsDeletedObject: kind.definition.returnsDeletedObject ?? false,
    ...(custom && { custom }),
  };
}

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
    const { body, contentType } = documents.v3Index();
    return { status: 200, contentType, headers: modified, body };
  }
  if (path === "/openapi/v2") {
    const form = negotiated(accept, "2");
    if (!form) return { status: 406, contentType: "", headers: { Vary: "Accept-Encoding, Accept" } };
    const { body, etag, contentType } = documents.v2(form);
    const headers = { Vary: "Accept-Encoding, Accept", Etag: `"${etag}"` };
    if (ifNoneMatch?.includes(`"${etag}"`)) return { status: 304, contentType: "", headers };
    if (!ifNoneMatch && isUnmodified(documents.modified, request.ifModifiedSince)) {
      return { status: 304, contentType: "", headers };
    }
    if (!/\bgzip\b/.test(acceptEncoding ?? ""))
      return { status: 200, contentType, headers: { ...headers, ...modified }, body };
    const compressed = form === "json" ? await documents.v2Compressed() : await compress(body);
    const encoded = { ...headers, ...modified, "Content-Encoding": "gzip" };
    return { status: 200, contentType, headers: encoded, body: compressed };
  }
  return answerV3(documents, request, modified);
}

function answerV3(
  documents: OpenApiDocuments,
  { path, hash, accept, ifNoneMatch, now }: OpenApiRequest,
  modified: Readonly<Record<string, string>>,
): OpenApiAnswer {
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
  const document = documents.v3(name, form);
  if (!document) return { status: 404, contentType: "", headers: {} };
  return { status: 200, contentType, headers: { ...headers, ...modified }, body: document.body };
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
