import { badRequest } from "../../meta/errors.ts";
import type { Ctx } from "../respond.ts";
import type { ResourceRequest } from "./request.ts";

/** A request to a subresource that is a connection rather than an object. */
export interface ConnectRequest extends ResourceRequest {
  /** What comes after the subresource, with its leading slash; empty when nothing does. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/**
 * Serves exec, attach, portforward, log or proxy of a kind. Reads `ctx.req`, and writes `ctx.res` with
 * `baseHeaders(ctx, …)` of respond.ts, or takes `ctx.state.upgrade` over. Ends when `ctx.state.signal` aborts.
 */
export interface Connector {
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly methods: readonly string[];
  /** Whether anything may come after the subresource. (rest.Connecter NewConnectOptions) */
  readonly takesPath?: boolean;
  /** @throws StatusError */
  connect(request: ConnectRequest): Promise<void>;
}

/** (handlers/rest.go ConnectResource) */
export async function connect(connector: Connector, request: ResourceRequest): Promise<void> {
  const { ctx } = request;
  const { query } = ctx.state;
  if (query.has("dryRun") && connector.subresource !== "log") throw badRequest("dryRun is not supported");
  await connector.connect({ ...request, path: subpath(ctx), query });
}

function subpath(ctx: Ctx): string {
  const { parts, path } = ctx.state.requestInfo;
  const rest = parts.slice(3).join("/");
  const slash = path.endsWith("/") ? "/" : "";
  return rest ? `/${rest}${slash}` : slash;
}
