import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { type ApiResource, groupVersionPath } from "../../openapi/documents/api-resource.ts";
import { encodeVersion2, encodeVersion3 } from "../../openapi/documents/gnostic/encode.ts";
import { documentJson } from "../../openapi/documents/json.ts";
import { mergeDocument, type OpenApiPart } from "../../openapi/documents/merge.ts";
import { wholeSteps } from "../../openapi/openapi-v2.ts";
import {
  groupDocument,
  groupVersionSteps,
  issuerDocument,
  type OpenApiV3,
  versionDocument,
} from "../../openapi/openapi-v3.ts";
import { type Steps, single } from "../../openapi/steps.ts";
import { inTurns } from "../meta/in-turns.ts";
import type { Kind } from "../registry/kind.ts";
import { discovered } from "./resources.ts";

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
  make(): Steps<OpenApiV3>;
  readonly encoded: Encoded<OpenApiForm>;
}

interface Whole {
  readonly hash: string;
  readonly encoded: Encoded<OpenApiForm | "gzip">;
}

/** Who asks while a form is being made waits for the same. */
type Encoded<Form extends string> = Partial<Record<Form, Promise<Uint8Array>>>;

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

  /** The hash of version 2, without making it. */
  v2Hash(): string {
    return this.#wholeEntry().hash;
  }

  /** `/openapi/v2`: everything in one document. */
  v2(form: OpenApiForm): Promise<Uint8Array> {
    const { encoded } = this.#wholeEntry();
    return once(encoded, form, () => inTurns(this.#encodeWhole(form)));
  }

  /** The JSON form compressed once for all. */
  v2Compressed(): Promise<Uint8Array> {
    const { encoded } = this.#wholeEntry();
    return once(encoded, "gzip", async () => compress(await this.v2("json"), { level: 6 }));
  }

  /** `/openapi/v3`: where the documents are, as JSON. */
  v3Index(): Uint8Array {
    const own = [...this.#all()].map(
      ([path, { hash }]) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }] as const,
    );
    const all = { ...this.#options.remote?.index(), ...Object.fromEntries(own) };
    const paths = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
    return Buffer.from(JSON.stringify({ paths }));
  }

  /** The hash of a document, without making it. @param path as in the index */
  v3Hash(path: string): string | undefined {
    return this.#all().get(path)?.hash;
  }

  /** `/openapi/v3/<path>`. @returns undefined when there is no such document */
  v3(path: string, form: OpenApiForm): Promise<Uint8Array> | undefined {
    const entry = this.#all().get(path);
    return entry && once(entry.encoded, form, () => inTurns(encodeEntry(entry, form)));
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

  *#encodeWhole(form: OpenApiForm): Steps<Uint8Array> {
    const { remote, version } = this.#options;
    const own = yield* wholeSteps(this.#resources(), version);
    const document = (remote?.wholes() ?? []).reduce((merged, part) => mergeDocument(merged, part.document), own);
    return yield* form === "json" ? documentJson(document) : encodeVersion2(document);
  }

  #resources(): ApiResource[] {
    const { kinds, customSchema } = this.#options;
    return kinds().map((kind) => apiResource(kind, kind.custom ? customSchema(kind) : undefined));
  }

  #makeEntries(): Map<string, Entry> {
    const { version } = this.#options;
    const entries = new Map<string, Entry>();
    const add = (path: string, from: unknown, make: () => Steps<OpenApiV3>) =>
      entries.set(path, { hash: hashOf([version, path, from]), make, encoded: {} });
    const small = (path: string, make: () => OpenApiV3) => add(path, "", () => single(make));
    const resources = this.#resources();
    for (const path of [".well-known/openid-configuration", "openid/v1/jwks"] as const)
      small(path, () => issuerDocument(path, version));
    for (const path of ["api", "apis"] as const) small(path, () => groupDocument(path, version));
    small("version", () => versionDocument(version));
    for (const { group, custom } of resources)
      if (group && !custom) small(`apis/${group}`, () => groupDocument({ group }, version));
    const groupVersions = Map.groupBy(resources, (one) => groupVersionPath(one.group, one.version));
    for (const [path, list] of groupVersions) add(path, list, () => groupVersionSteps(list, version));
    return new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

function* encodeEntry(entry: Entry, form: OpenApiForm): Steps<Uint8Array> {
  const document = yield* entry.make();
  return yield* form === "json" ? documentJson(document) : encodeVersion3(document);
}

/** Makes a form when it is first asked for; what failed is tried again. */
function once<Form extends string>(
  encoded: Encoded<Form>,
  form: Form,
  make: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const known = encoded[form];
  if (known) return known;
  const made = make();
  encoded[form] = made;
  made.catch(() => delete encoded[form]);
  return made;
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
    returnsDeletedObject: kind.definition.returnsDeletedObject === true,
    ...(custom && { custom }),
  };
}
