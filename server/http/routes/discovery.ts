import { encodeAny } from "../../../openapi/encode.ts";
import { encodeProtobuf } from "../../../openapi/protobuf/codec.ts";
import { schemaOf } from "../../../openapi/types.ts";
import { etagOf, groupDiscoveryList } from "../../discovery/aggregated.ts";
import { coreVersion, type ServedGroup, servedGroups } from "../../discovery/groups.ts";
import { apiGroup, apiGroupList, apiResourceList, apiVersions } from "../../discovery/legacy.ts";
import { notAcceptable } from "../../meta/errors.ts";
import type { Registry } from "../../registry/store.ts";
import type { FixedRoute } from "../app-options.ts";
import { finishText } from "../encode.ts";
import { notFoundPage, routeError } from "../errors.ts";
import {
  type MediaType,
  negotiate,
  PLAIN,
  PLAIN_ONLY,
  parseAccept,
  type Restrictions,
  UNROUTED,
} from "../negotiate.ts";
import { type Ctx, send, sendObject } from "../respond.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
const AGGREGATED = "io.k8s.api.apidiscovery.v2.APIGroupDiscoveryList";
const SUFFIX = ";g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

const OWN_GROUP_OF_AGGREGATOR = "/apis/apiregistration.k8s.io";

/** A document in all its encodings, each made when first asked for. */
interface Document {
  readonly value: object;
  readonly encoded: Map<string, string | Uint8Array>;
  etag?: string;
}

interface Documents {
  readonly core: Document;
  readonly groups: Document;
  readonly coreResources: Document;
  readonly aggregatedCore: Document;
  readonly aggregatedGroups: Document;
  readonly byPath: ReadonlyMap<string, Document>;
  readonly served: readonly ServedGroup[];
}

/** /api, /apis and all below them, in both forms; made anew when what is served changes. */
export function discoveryRoutes(
  registry: Registry,
  serverAddress: () => string,
  remoteGroups: () => readonly ServedGroup[],
): { routes: FixedRoute[]; invalidate(): void } {
  let documents: Documents | undefined;
  const invalidate = () => {
    documents = undefined;
  };
  registry.onChange(invalidate);
  const current = () => {
    documents ??= build(registry, serverAddress(), remoteGroups());
    return documents;
  };
  // Of the core group upstream has routes of go-restful, of the others a handler of its aggregator.
  const routed = { methods: ["GET"], restrictions: PLAIN_ONLY };
  const unrouted = { restrictions: UNROUTED };
  const root = (
    path: string,
    pick: (documents: Documents) => [Document, Document],
    routing: { methods?: readonly string[]; restrictions: Restrictions },
  ): FixedRoute => ({
    path,
    methods: routing.methods,
    handle(ctx) {
      const [plain, aggregated] = pick(current());
      return answerRoot(ctx, plain, aggregated, routing.restrictions);
    },
  });
  const below = (path: string): FixedRoute => ({
    path,
    handle: (ctx) => answerBelow(ctx, current()),
  });
  const routes = [
    root("/api", ({ core, aggregatedCore }) => [core, aggregatedCore], routed),
    root("/api/", ({ core, aggregatedCore }) => [core, aggregatedCore], routed),
    root("/apis", ({ groups, aggregatedGroups }) => [groups, aggregatedGroups], unrouted),
    root("/apis/", ({ groups, aggregatedGroups }) => [groups, aggregatedGroups], unrouted),
    ...["/api/:version", "/apis/:group", "/apis/:group/:version"].flatMap((path) => [below(path), below(`${path}/`)]),
  ];
  return { routes, invalidate };
}

function build({ kinds }: Registry, serverAddress: string, remote: readonly ServedGroup[]): Documents {
  const served = servedGroups(kinds, remote);
  const core = coreVersion(kinds);
  const byPath = new Map<string, Document>();
  for (const group of served) {
    byPath.set(`/apis/${group.name}`, document(apiGroup(group)));
    for (const version of group.versions) {
      if (version.remote) continue; // its own server answers
      byPath.set(`/apis/${group.name}/${version.version}`, document(apiResourceList(group.name, version)));
    }
  }
  const coreResources = document(apiResourceList("", core));
  byPath.set("/api/v1", coreResources);
  return {
    core: document(apiVersions(serverAddress)),
    groups: document(apiGroupList(served)),
    coreResources,
    aggregatedCore: document(groupDiscoveryList([{ name: "", versions: [core] }])),
    aggregatedGroups: document(groupDiscoveryList(served)),
    byPath,
    served,
  };
}

function document(value: object): Document {
  return { value, encoded: new Map() };
}

function encoded(doc: Document, schema: string, media: MediaType): string | Uint8Array {
  const key = `${media.format} ${media.pretty}`;
  let body = doc.encoded.get(key);
  if (body === undefined) {
    body =
      media.format === "protobuf"
        ? encodeProtobuf(doc.value, schemaOf(schema))
        : finishText(encodeAny(doc.value), media);
    doc.encoded.set(key, body);
  }
  return body;
}

function answer(ctx: Ctx, doc: Document, restrictions: Restrictions): void | Promise<void> {
  const media = negotiate(ctx, restrictions);
  // The kind names the type. ("kind" is on every discovery document.)
  const { kind } = doc.value as { kind: string };
  return sendObject(ctx, 200, media.contentType, encoded(doc, META + kind, media));
}

/** Clients that know it ask for the aggregated form first and the plain one as a fallback. */
function answerRoot(ctx: Ctx, plain: Document, aggregated: Document, restrictions: Restrictions): void | Promise<void> {
  const accept = ctx.req.headers.accept ?? "";
  if (!accept.includes("as=")) return answer(ctx, plain, restrictions);
  for (const { type, subtype, params } of parseAccept(accept)) {
    if (!params.get("as") && !params.get("g") && !params.get("v")) {
      if (type === "*" || PLAIN.includes(`${type}/${subtype}`)) return answerPlain(ctx, plain, `${type}/${subtype}`);
      continue;
    }
    const wanted = `;g=${params.get("g")};v=${params.get("v")};as=${params.get("as")}`;
    const contentType = `${type}/${subtype}`;
    if (wanted !== SUFFIX || !PLAIN.includes(contentType)) continue;
    return answerAggregated(ctx, aggregated, contentType);
  }
  throw notAcceptable(PLAIN);
}

function answerPlain(ctx: Ctx, doc: Document, type: string): void | Promise<void> {
  ctx.req.headers.accept = type === "*/*" ? undefined : type;
  return answer(ctx, doc, UNROUTED);
}

function answerAggregated(ctx: Ctx, doc: Document, contentType: string): void | Promise<void> {
  const format = contentType.endsWith("protobuf") ? "protobuf" : contentType.endsWith("yaml") ? "yaml" : "json";
  const headers = { Vary: "Accept", "Cache-Control": "public" };
  doc.etag ??= etagOf(encodeAny(doc.value));
  const ETag = doc.etag;
  if (ctx.req.headers["if-none-match"] === ETag) return send(ctx, 304, "", "", { ...headers, ETag });
  const body = encoded(doc, AGGREGATED, { format, contentType, pretty: false });
  return sendObject(ctx, 200, contentType + SUFFIX, body, { ...headers, ETag });
}

function answerBelow(ctx: Ctx, { byPath, served }: Documents): void | Promise<void> {
  const path = ctx.state.requestInfo.path.replace(/\/+$/, "");
  const doc = byPath.get(path);
  const { custom, known } = groupOf(path, served);
  if (!doc) {
    // Groups of our own have a router that says it in a Status; unknown ones and custom ones get Go's page.
    if (known && !custom) throw routeError(404);
    return notFoundPage(ctx);
  }
  // Two segments are a group; what is deeper has a route.
  const isGroup = /^\/apis\/[^/]+$/.test(path);
  // Handlers, unlike routes, look at no method: those of the aggregator for groups, and of custom resources.
  const isHandled = custom || (isGroup && path !== OWN_GROUP_OF_AGGREGATOR);
  if (ctx.req.method !== "GET" && !isHandled) throw routeError(405);
  return answer(ctx, doc, isGroup ? UNROUTED : PLAIN_ONLY);
}

function groupOf(path: string, served: readonly ServedGroup[]): { known: boolean; custom: boolean } {
  const [, prefix, name] = path.split("/");
  if (prefix === "api") return { known: true, custom: false };
  const group = served.find((g) => g.name === name);
  const custom = group?.versions.every(({ kinds }) => kinds.every((kind) => kind.custom)) ?? false;
  return { known: group !== undefined, custom };
}
