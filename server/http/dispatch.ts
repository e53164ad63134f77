import type { Middleware } from "koa";
import { methodNotSupported, notFound } from "../meta/errors.ts";
import type { Kind } from "../registry/kind.ts";
import type { Registry } from "../registry/store.ts";
import type { AppOptions } from "./app-options.ts";
import { notFoundPage, routeError } from "./errors.ts";
import { type Connector, connect } from "./handlers/connect.ts";
import { create } from "./handlers/create.ts";
import { del, deleteCollection } from "./handlers/delete.ts";
import { get } from "./handlers/get.ts";
import { list } from "./handlers/list.ts";
import { patch } from "./handlers/patch.ts";
import type { ResourceRequest } from "./handlers/request.ts";
import { update } from "./handlers/update.ts";
import { type WatchSettings, watch } from "./handlers/watch.ts";
import type { RequestInfo } from "./request-info.ts";
import type { Ctx } from "./respond.ts";
import type { State } from "./state.ts";

/** Kinds that say on every request that they should no longer be used. (APILifecycleDeprecated) */
const DEPRECATED: Readonly<Record<string, string>> = {
  "/v1/componentstatuses": "v1 ComponentStatus is deprecated in v1.19+",
  "/v1/endpoints": "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
};

/** Finds resource and verb of a request and hands it to its handler; what is left goes on to the fixed paths. */
export function dispatch(options: AppOptions, settings: WatchSettings): Middleware<State> {
  const { registry, authorizer } = options;
  const connectors = new Map(options.connectors.map((c) => [`${c.group}/${c.resource}/${c.subresource}`, c]));
  return (ctx, next) => {
    const { requestInfo: info } = ctx.state;
    if (!info.isResourceRequest) return next();
    // Segments may be empty elsewhere, but what comes first says which server it is for.
    if (info.path.startsWith("//")) return notFoundPage(ctx);
    const found = registry.lookup(info.apiGroup, info.apiVersion, info.resource);
    if (!found) return unknown(ctx, registry, info);
    const { kind, store } = found;
    ctx.state.served = true;
    if (ctx.state.longRunning) settings.metrics.longRunningStarted(ctx.state);
    const wrong = checkScope(kind, info);
    if (wrong) {
      if (kind.custom && wrong === 404) return notFoundPage(ctx);
      throw routeError(wrong);
    }
    const deprecation = kind.custom
      ? kind.customResource?.warning
      : kind.group === ""
        ? DEPRECATED[`/${kind.version}/${kind.plural}`]
        : undefined;
    if (deprecation && isRouted(kind, info, ctx.req.method ?? "")) {
      ctx.state.warn(deprecation);
      settings.metrics.deprecatedRequest(kind, info.subresource);
    }
    const namespace = kind.namespaced ? info.namespace : "";
    const request: ResourceRequest = { ctx, kind, store, namespace, name: info.name, authorizer };
    const { createdThrough: other } = kind.definition;
    const parent = other && registry.lookup(other.group, other.version, other.resource);
    if (other && parent) {
      return resource({ ...request, through: { store: parent.store, subresource: other.subresource } }, info, settings);
    }
    if (info.subresource) {
      const connector = connectors.get(`${kind.group}/${kind.plural}/${info.subresource}`);
      if (connector) return connectTo(connector, request, info);
      return subresource(request, info);
    }
    return resource(request, info, settings);
  };
}

/** Nothing is served there: groups that are served at all answer a Status, others Go's own page. */
function unknown(ctx: Ctx, { kinds }: Registry, { apiGroup }: RequestInfo): void {
  if (kinds.some((kind) => kind.group === apiGroup && !kind.custom)) throw routeError(404);
  notFoundPage(ctx);
}

/** Whether the path fits the kind: namespaced or not, and as deep as it may be. */
function checkScope(kind: Kind, info: RequestInfo): 404 | 405 | undefined {
  if (info.verb === "proxy" && info.verbInPath) return 404;
  const { parts, namespace } = info;
  // The path of a namespace itself names it twice: as its namespace and by name.
  const isNamespaces = kind.plural === "namespaces" && kind.group === "" && namespace === parts[1];
  if (!kind.namespaced && namespace && !isNamespaces) return 404;
  if (parts.some((part) => part === "")) return 404;
  const acrossNamespaces = kind.verbs.includes("list") && parts.length === 1;
  if (kind.namespaced && !namespace && !acrossNamespaces) return 404;
  return undefined;
}

/** The methods of a path are those of its routes; upstream answers 405 to all others. */
function resource(request: ResourceRequest, info: RequestInfo, settings: WatchSettings): Promise<void> {
  const { ctx, kind } = request;
  const method = ctx.req.method ?? "";
  const onItem = info.parts.length > 1;
  if (onItem && !hasItems(kind)) throw routeError(404);
  if (info.verb === "watch" || (info.verbInPath && method === "GET")) {
    // The list has a route, which finds that its storage cannot watch.
    if (!info.verbInPath && kind.verbs.includes("list") && !kind.verbs.includes("watch")) {
      throw methodNotSupported({ group: kind.group, resource: kind.plural }, "watch");
    }
    if ((method !== "GET" && !ctx.state.upgrade) || !kind.verbs.includes("watch")) throw notAllowed(kind, info);
    return watch(request, settings);
  }
  const acrossNamespaces = kind.namespaced && !request.namespace && method !== "GET";
  if (acrossNamespaces) throw notAllowed(kind, info);
  switch (method) {
    case "GET":
      if (onItem) return kind.verbs.includes("get") ? get(request) : refuse(kind, info);
      return kind.verbs.includes("list") ? list(request) : refuse(kind, info);
    case "POST":
      return !onItem && kind.verbs.includes("create") ? create(request) : refuse(kind, info);
    case "PUT":
      return onItem && kind.verbs.includes("update") ? update(request) : refuse(kind, info);
    case "PATCH":
      return onItem && kind.verbs.includes("patch") ? patch(request) : refuse(kind, info);
    case "DELETE":
      if (onItem) return kind.verbs.includes("delete") ? del(request) : refuse(kind, info);
      return kind.verbs.includes("deletecollection") ? deleteCollection(request) : refuse(kind, info);
    default:
      return refuse(kind, info);
  }
}

/** Of what can only be created no single object has a route. */
function hasItems({ custom, verbs }: Kind): boolean {
  return custom || Object.values(ITEM_VERBS).some((verb) => verbs.includes(verb));
}

const ITEM_VERBS: Readonly<Record<string, string>> = { GET: "get", PUT: "update", PATCH: "patch", DELETE: "delete" };
const LIST_VERBS: Readonly<Record<string, string>> = { GET: "list", POST: "create", DELETE: "deletecollection" };

/** Whether a method has a route, which alone warns of deprecation. */
function isRouted(kind: Kind, { parts, verbInPath }: RequestInfo, method: string): boolean {
  const verb = (parts.length > 1 ? ITEM_VERBS : LIST_VERBS)[method];
  return verbInPath || parts.length > 2 || (verb !== undefined && kind.verbs.includes(verb));
}

function refuse(kind: Kind, info: RequestInfo): never {
  throw notAllowed(kind, info);
}

/** Kinds without routes of their own (custom resources) say it in other words. */
function notAllowed(kind: Kind, { verb, resource: plural }: RequestInfo) {
  if (kind.custom) return methodNotSupported({ group: kind.group, resource: plural }, verb);
  return routeError(405);
}

const SUBRESOURCE_VERBS: Readonly<Record<string, { verb: string; run: (request: ResourceRequest) => Promise<void> }>> =
  {
    GET: { verb: "get", run: get },
    POST: { verb: "create", run: create },
    PUT: { verb: "update", run: update },
    PATCH: { verb: "patch", run: patch },
  };

function subresource(request: ResourceRequest, info: RequestInfo): Promise<void> {
  const { ctx, kind, name } = request;
  const definition = kind.subresources.get(info.subresource);
  if (!definition || info.parts.length > 3) {
    throw kind.custom ? notFound({ group: kind.group, resource: kind.plural }, name) : routeError(404);
  }
  const method = SUBRESOURCE_VERBS[ctx.req.method ?? ""];
  // The verbs of a definition are a narrower type than any verb's name.
  if (!method || !(definition.verbs as readonly string[]).includes(method.verb)) throw notAllowed(kind, info);
  return method.run({ ...request, subresource: { name: info.subresource, definition } });
}

function connectTo(connector: Connector, request: ResourceRequest, info: RequestInfo): Promise<void> {
  const { ctx } = request;
  if (info.parts.length > 3 && !connector.takesPath) throw routeError(404);
  const method = ctx.state.upgrade?.extendedConnect ? "GET" : (ctx.req.method ?? "");
  if (!connector.methods.includes(method)) throw routeError(405);
  return connect(connector, request);
}
