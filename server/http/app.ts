import { type IncomingMessage, METHODS, type ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { Router } from "@koa/router";
import Koa from "koa";
import type { AppOptions, FixedRoute } from "./app-options.ts";
import { chain } from "./chain.ts";
import { dispatch } from "./dispatch.ts";
import { notFoundPage, routeError } from "./errors.ts";
import type { InFlight } from "./filters/max-in-flight.ts";
import { WaitGroup } from "./filters/wait-group.ts";
import { HealthMetrics } from "./health-metrics.ts";
import { Metrics } from "./metrics.ts";
import type { Ctx } from "./respond.ts";
import { discoveryRoutes } from "./routes/discovery.ts";
import { flowControlRoutes } from "./routes/flow-control.ts";
import { healthRoutes } from "./routes/health.ts";
import { metricsRoute } from "./routes/metrics.ts";
import { openIdRoutes } from "./routes/open-id.ts";
import { rootRoutes } from "./routes/root.ts";
import { versionRoutes } from "./routes/version.ts";
import { zpageRoutes } from "./routes/zpages.ts";
import type { State } from "./state.ts";

/** The API server as a request handler; listen.ts puts it on a socket. */
export interface App {
  /** For node:http, node:http2 and supertest. */
  readonly handle: (
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
  ) => Promise<void>;
  readonly metrics: Metrics;
  /** Turns new requests away, ends watches, and waits for what is in flight. Idempotent. */
  drain(): Promise<void>;
  invalidateDiscovery(): void;
}

export function createApp(options: AppOptions): App {
  const { registry, now, series = [] } = options;
  const started = now();
  const health = new HealthMetrics(started);
  const group = new WaitGroup();
  const inFlight: InFlight = { reading: 0, mutating: 0 };
  const metrics = new Metrics({ ...options, inFlight, kinds: () => registry.kinds, series });
  const app = new FilteredKoa<State>();
  app.silent = true; // filters answer every error; what is left are clients that went away
  for (const filter of chain(options, { group, inFlight, metrics })) app.use(filter);
  const { aggregator } = options;
  if (aggregator) {
    app.use(async (ctx, next) => {
      if (!(await aggregator(ctx as Ctx))) await next();
    });
  }
  app.use(dispatch(options, { ...options, metrics }));
  const discovery = discoveryRoutes(registry, options.serverAddress, options.remoteGroups ?? (() => []));
  const fixed: FixedRoute[] = [
    ...healthRoutes(options.healthChecks, health),
    ...versionRoutes(),
    ...discovery.routes,
    ...(options.openId ? openIdRoutes(options.openId) : []),
    metricsRoute("/metrics", metrics),
    metricsRoute("/metrics/slis", health),
    ...zpageRoutes({ startedAt: started, flags: options.flags ?? {}, paths: () => topPaths(listed) }),
    ...options.routes,
  ];
  // What `/` lists: discovery's own paths come from the kinds, and slashes at the end are no paths of their own.
  const listed = fixed.map(({ path }) => path).filter((path) => !path.endsWith("/") && !/[:{*]/.test(path));
  fixed.push(...rootRoutes(registry, () => listed));
  if (options.flowControl) fixed.push(...flowControlRoutes(options.flowControl));
  app.use(routerOf(fixed));
  app.use((ctx) => notFoundPage(ctx as Ctx));
  // Koa's types know HTTP/1 only; Node's HTTP/2 compatibility classes have what it uses.
  const handle = app.callback() as unknown as App["handle"];
  return { handle, metrics, drain: () => group.drain(), invalidateDiscovery: discovery.invalidate };
}

/** Discovery and OpenAPI say themselves what is below them. (statusz.go nonDebuggingEndpoints) */
const NOT_FOR_DEBUGGING = new Set(["/api", "/apis", "/openid", "/openapi", "/.well-known"]);

/** The first segments of paths, each once. */
function topPaths(paths: readonly string[]): string[] {
  const tops = new Set(paths.map((path) => `/${path.split("/")[1]}`));
  return [...tops].filter((path) => !NOT_FOR_DEBUGGING.has(path)).sort();
}

/**
 * Koa without what it does once all filters are through: they answer everything themselves, errors too, so that there is no
 * body to send, and nobody to tell of a socket that broke.
 */
class FilteredKoa<S> extends Koa<S> {
  handleRequest(ctx: Koa.Context, run: (ctx: Koa.Context) => Promise<void>): Promise<void> {
    return run(ctx).catch((error: Error) => ctx.onerror(error));
  }
}

function routerOf(routes: readonly FixedRoute[]) {
  const router = new Router<State>({ strict: true, sensitive: true, methods: METHODS });
  for (const { path, methods, handle } of routes) {
    router.register(path, METHODS, (ctx: unknown) => {
      const own = ctx as Ctx; // the router's context type adds only its params
      if (methods && !methods.includes(own.req.method ?? "")) throw routeError(405);
      return handle(own);
    });
  }
  return router.routes();
}
