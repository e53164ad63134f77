import type { AuditLog } from "../auth/audit/audit-log.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import type { Authorizer } from "../auth/authorizer.ts";
import type { ServedGroup } from "../discovery/groups.ts";
import type { Random } from "../meta/random.ts";
import type { Registry } from "../registry/store.ts";
import type { FlowControl } from "./flow-control/flow-control.ts";
import type { GaugeOptions } from "./gauges.ts";
import type { Connector } from "./handlers/connect.ts";
import type { ImpersonationMetrics } from "./impersonation-metrics.ts";
import type { Ctx } from "./respond.ts";
import type { HealthCheck } from "./routes/health.ts";
import type { SecurityMetrics } from "./security-metrics.ts";
import type { Series } from "./series.ts";
import type { State } from "./state.ts";

/** Answers one fixed path; `path` is a pattern of @koa/router. */
export interface FixedRoute {
  readonly path: string;
  /** Others get a 405. Absent: any method is good, as upstream's handlers outside of go-restful take them. */
  readonly methods?: readonly string[];
  handle(ctx: Ctx): void | Promise<void>;
}

/** All that the HTTP side of the API server is made from. */
export interface AppOptions extends Omit<GaugeOptions, "inFlight" | "kinds"> {
  readonly registry: Registry;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly now: () => Date;
  readonly random: Random;
  /** Unique names for requests: UUIDs. */
  readonly newId: () => string;
  /** exec, attach, portforward, log, proxy: what a subresource does with a connection. */
  readonly connectors: readonly Connector[];
  /** In upstream's order; each is also served alone at /livez/<name> and so on. */
  readonly healthChecks: readonly HealthCheck[];
  /** `host:port`, for /api and the OpenID discovery document. */
  readonly serverAddress: () => string;
  /** Documents of /.well-known/openid-configuration and /openid/v1/jwks, as JSON text. */
  readonly openId?: { configuration(): Promise<string>; jwks(): Promise<string> };
  /** More fixed paths: /openapi/…, for example. */
  readonly routes: readonly FixedRoute[];
  /** Requests of aggregated API services, asked before anything else is served. @returns whether it answered. */
  readonly aggregator?: (ctx: Ctx) => Promise<boolean> | boolean;
  /** Groups of other servers (APIServices), for discovery. Call `App.invalidateDiscovery` when they change. */
  readonly remoteGroups?: () => readonly ServedGroup[];
  /** For /flagz: names without dashes, values as Go prints them. */
  readonly flags?: Readonly<Record<string, string>>;
  readonly audit?: AuditLog;
  /** Priority and fairness; without it there are the limits below alone. */
  readonly flowControl?: FlowControl;
  readonly corsAllowedOrigins: readonly RegExp[];
  readonly hstsDirectives: readonly string[];
  /** Of a request over HTTP/2 to be its connection's last: 0 to 0.02. */
  readonly goawayChance: number;
  readonly requestTimeoutMilliseconds: number;
  /** Watches without timeoutSeconds last this long, or up to twice as long. */
  readonly minRequestTimeoutSeconds: number;
  readonly maxRequestsInFlight: number;
  readonly maxMutatingRequestsInFlight: number;
  /** While what is in flight finishes, new requests are heard and told to come back. */
  readonly shutdownSendRetryAfter: boolean;
  /** A watcher that has more than this unsent is ended. */
  readonly watchBufferBytes: number;
  /** Called with each finished request. */
  readonly log?: (state: State, method: string, seconds: number) => void;
  readonly onPanic: (error: unknown, path: string) => void;
  readonly securityMetrics?: SecurityMetrics;
  readonly impersonationMetrics?: ImpersonationMetrics;
  /** Metrics that others count, shown with those of HTTP. */
  readonly series?: readonly Series[];
}

/** kube-apiserver's defaults. (apiserver/pkg/server/config.go) */
export const DEFAULTS = {
  corsAllowedOrigins: [],
  hstsDirectives: [],
  goawayChance: 0,
  requestTimeoutMilliseconds: 60_000,
  minRequestTimeoutSeconds: 1800,
  maxRequestsInFlight: 400,
  maxMutatingRequestsInFlight: 200,
  shutdownSendRetryAfter: false,
  watchBufferBytes: 16 * 1024 * 1024,
} as const satisfies Partial<AppOptions>;
