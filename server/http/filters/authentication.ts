import type { Http2Stream } from "node:http2";
import type { TLSSocket } from "node:tls";
import type { Middleware } from "koa";
import type { AuditLog } from "../../auth/audit/audit-log.ts";
import type { Authenticated, AuthenticationRequest, Authenticator } from "../../auth/authenticator.ts";
import { websocketToken } from "../../auth/bearer-token.ts";
import { unauthorized } from "../../meta/errors.ts";
import { writeError } from "../errors.ts";
import type { Ctx } from "../respond.ts";
import type { SecurityMetrics } from "../security-metrics.ts";
import type { State } from "../state.ts";
import { auditFailedAuthentication } from "./audit.ts";

/** Tells who the request is from, or answers 401. (apiserver/pkg/endpoints/filters/authentication.go) */
export function authentication(options: {
  authenticator: Authenticator;
  audit?: AuditLog | undefined;
  securityMetrics?: SecurityMetrics | undefined;
}): Middleware<State> {
  const { authenticator, audit, securityMetrics: metrics } = options;
  const refuse = (ctx: Ctx) => {
    if (audit) auditFailedAuthentication(ctx, audit);
    return writeError(ctx, unauthorized());
  };
  return (ctx, next) => {
    const started = performance.now();
    const settle = (answer: Authenticated | undefined, failed = false) => {
      const result = answer ? "success" : failed ? "error" : "failure";
      metrics?.authenticated(result, (performance.now() - started) / 1000, answer?.user.name);
      return answer ? admit(ctx, answer, next) : refuse(ctx);
    };
    let answer: ReturnType<Authenticator["authenticate"]>;
    try {
      answer = authenticator.authenticate(credentials(ctx));
    } catch {
      return settle(undefined, true);
    }
    if (!(answer instanceof Promise)) return settle(answer);
    return answer.then(
      (authenticated) => settle(authenticated),
      () => settle(undefined, true),
    );
  };
}

function admit(ctx: Ctx, authenticated: Authenticated, next: () => Promise<unknown>) {
  ctx.state.user = authenticated.user;
  // Nothing behind this filter, such as a proxied server, may see the credential.
  const { headers } = ctx.req;
  headers.authorization = undefined;
  headers["x-remote-user"] = undefined;
  headers["x-remote-group"] = undefined;
  headers["x-remote-uid"] = undefined;
  for (const name in headers) if (name.startsWith("x-remote-extra-")) headers[name] = undefined;
  for (const message of authenticated.warnings ?? []) ctx.state.warn(message);
  if (authenticated.auditAnnotations) Object.assign(ctx.state.auditAnnotations, authenticated.auditAnnotations);
  return next();
}

/** What a client showed of itself by TLS: its own certificate, and what it sent to have that believed. */
type Shown = Pick<AuthenticationRequest, "clientCertificate" | "intermediates">;

/** The client certificate belongs to the connection, so it is read once for all of its requests. */
const shown = new WeakMap<object, Shown>();
const MAX_CHAIN = 8;

function credentials(ctx: Ctx): AuthenticationRequest {
  const { headers, rawHeaders } = ctx.req;
  const { clientCertificate, intermediates } = certificatesOf(ctx);
  const warn = (message: string) => ctx.state.warn(message);
  const { path } = ctx.state.requestInfo;
  const known = { headers, rawHeaders, path, clientCertificate, warn, ...(intermediates && { intermediates }) };
  const offered = headers["sec-websocket-protocol"];
  if (!offered) return known;
  let parsed: ReturnType<typeof websocketToken>;
  try {
    parsed = websocketToken(offered);
  } catch (error) {
    return { ...known, websocketError: error instanceof Error ? error : new Error(String(error)) };
  }
  const { token, protocols } = parsed;
  if (!token) return known;
  headers["sec-websocket-protocol"] = protocols.join(", "); // the token is nobody else's business
  return { ...known, websocketToken: token };
}

function certificatesOf(ctx: Ctx): Shown {
  // Over HTTP/2 `socket` is a new proxy object for every request; the session is what lasts.
  const { stream } = ctx.req as { stream?: Http2Stream };
  const connection = stream?.session ?? ctx.req.socket;
  let certificates = shown.get(connection);
  if (!certificates) {
    certificates = chainOf(ctx.req.socket as TLSSocket);
    shown.set(connection, certificates);
  }
  return certificates;
}

function chainOf(socket: TLSSocket): Shown {
  // Not getPeerCertificate: it spells out every field of each certificate, which costs more than all else here.
  const first = socket.getPeerX509Certificate?.();
  if (!first) return { clientCertificate: undefined };
  const intermediates: Uint8Array[] = [];
  for (let each = first.issuerCertificate; each && intermediates.length < MAX_CHAIN; each = each.issuerCertificate)
    intermediates.push(each.raw);
  return { clientCertificate: first.raw, intermediates };
}
