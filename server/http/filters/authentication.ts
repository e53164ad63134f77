import type { Http2Stream } from "node:http2";
import type { TLSSocket } from "node:tls";
import type { Middleware } from "koa";
import type { Authenticated, AuthenticationRequest, Authenticator } from "../../auth/authenticator.ts";
import { unauthorized } from "../../meta/errors.ts";
import { writeError } from "../errors.ts";
import type { Ctx } from "../respond.ts";
import type { State } from "../state.ts";

const WEBSOCKET_TOKEN = "base64url.bearer.authorization.k8s.io.";

/** Tells who the request is from, or answers 401. (apiserver/pkg/endpoints/filters/authentication.go) */
export function authentication({ authenticator }: { authenticator: Authenticator }): Middleware<State> {
  return (ctx, next) => {
    let answer: ReturnType<Authenticator["authenticate"]>;
    try {
      answer = authenticator.authenticate(credentials(ctx));
    } catch {
      return writeError(ctx, unauthorized());
    }
    if (!(answer instanceof Promise)) return admit(ctx, answer, next);
    return answer.catch(() => undefined).then((authenticated) => admit(ctx, authenticated, next));
  };
}

function admit(ctx: Ctx, authenticated: Authenticated | undefined, next: () => Promise<unknown>) {
  if (!authenticated) return writeError(ctx, unauthorized());
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

/** The client certificate belongs to the connection, so it is read once for all of its requests. */
const certificates = new WeakMap<object, Uint8Array | null>();

function credentials(ctx: Ctx): AuthenticationRequest {
  const { headers, rawHeaders } = ctx.req;
  const clientCertificate = certificateOf(ctx) ?? undefined;
  const protocols = headers["sec-websocket-protocol"];
  if (!protocols) return { headers, rawHeaders, clientCertificate };
  return { headers, rawHeaders, clientCertificate, websocketToken: takeWebsocketToken(ctx, protocols) };
}

function certificateOf(ctx: Ctx): Uint8Array | null {
  // Over HTTP/2 `socket` is a new proxy object for every request; the session is what lasts.
  const { stream } = ctx.req as { stream?: Http2Stream };
  const connection = stream?.session ?? ctx.req.socket;
  let certificate = certificates.get(connection);
  if (certificate === undefined) {
    const socket = ctx.req.socket as TLSSocket;
    certificate = (socket.getPeerCertificate?.()?.raw as Uint8Array | undefined) ?? null;
    certificates.set(connection, certificate);
  }
  return certificate;
}

/** The token comes as one of the subprotocols, and is taken out of them. (authenticator/websocket/protocol.go) */
function takeWebsocketToken(ctx: Ctx, header: string): string | undefined {
  const protocols = header.split(",").map((p) => p.trim());
  const token = protocols.find((p) => p.startsWith(WEBSOCKET_TOKEN));
  if (!token) return undefined;
  ctx.req.headers["sec-websocket-protocol"] = protocols.filter((p) => p !== token).join(", ");
  return Buffer.from(token.slice(WEBSOCKET_TOKEN.length), "base64url").toString("utf8");
}
