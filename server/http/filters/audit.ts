import { isIP } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Middleware } from "koa";
import { decodeProtobuf, unwrap } from "../../../openapi/protobuf/codec.ts";
import { schemaForKind } from "../../../openapi/types.ts";
import type { AuditedRequest, AuditedResponse, AuditLog } from "../../auth/audit/audit-log.ts";
import { internalError, StatusError, unauthorized } from "../../meta/errors.ts";
import { statusOf, writeError } from "../errors.ts";
import { parseYaml } from "../parse-yaml.ts";
import type { Ctx } from "../respond.ts";
import type { AuditedBody, State } from "../state.ts";
import { attributesOf } from "./authorization.ts";

/**
 * Writes who asked for what and what came of it: policy, levels and stages are the log's. Errors are answered here, so
 * that their code is known before the last line. (apiserver/pkg/endpoints/filters/audit.go)
 */
export function audit({ log }: { log: AuditLog | undefined }): Middleware<State> {
  if (!log) return (_ctx, next) => next();
  return async (ctx, next) => {
    const { state } = ctx;
    const trail = log.begin(audited(ctx));
    if (!trail) return next();
    trail.record("RequestReceived", {});
    const followed = { trail, started: (code: number) => trail.record("ResponseStarted", { ...soFar(state), code }) };
    state.audit = followed;
    if (state.longRunning) tellStart(ctx, followed.started);
    try {
      await next();
    } catch (error) {
      if (!(error instanceof StatusError)) {
        const status = statusOf(internalError(`APIServer panic'd: ${String(error)}`));
        trail.record("Panic", { ...soFar(state), code: 500, status: { ...status } });
        throw error;
      }
      await writeError(ctx, error);
    }
    trail.record("ResponseComplete", { ...soFar(state), code: state.responseCode || 200 });
  };
}

/**
 * One line for a request that is answered 401. Upstream notes what was tried, and overwrites it with the answer.
 * (apiserver/pkg/endpoints/filters/authn_audit.go)
 */
export function auditFailedAuthentication(ctx: Ctx, log: AuditLog): void {
  const status = { ...statusOf(unauthorized()) };
  log.begin(audited(ctx))?.record("ResponseStarted", { code: 401, status, responseObject: status });
}

/** One line for a request that is refused before anybody knows whose it is. */
export function auditRefusal(ctx: Ctx, log: AuditLog, { code, message }: { code: number; message: string }): void {
  log.begin(audited(ctx))?.record("ResponseStarted", { code, status: { message } });
}

function audited(ctx: Ctx): AuditedRequest {
  const { state, req } = ctx;
  return {
    auditId: state.auditId,
    attributes: attributesOf(state.user, state.requestInfo),
    requestUri: req.url ?? "",
    sourceIps: sourceIps(ctx),
    userAgent: req.headers["user-agent"] ?? "",
    receivedAt: state.receivedAt,
  };
}

function tellStart(ctx: Ctx, started: (code: number) => void): void {
  const { res } = ctx;
  const writeHead = res.writeHead.bind(res);
  // The same function, with one thing more: its overloads do not matter here.
  res.writeHead = ((code: number, ...rest: never[]) => {
    started(code);
    return writeHead(code, ...rest);
  }) as typeof res.writeHead;
}

function soFar(state: State): AuditedResponse {
  const { audit: followed, user, impersonator, impersonationConstraint, auditAnnotations: annotations } = state;
  const { status, subject, requestBody, responseBody } = followed ?? {};
  return {
    annotations,
    ...(impersonator && { impersonated: user }),
    ...(impersonationConstraint && { impersonationConstraint }),
    ...(subject && { subject }),
    ...(status && { status: { ...status } }),
    ...(requestBody && { requestObject: objectIn(requestBody) }),
    ...(responseBody && { responseObject: objectIn(responseBody) }),
  };
}

/** The object in a body; undefined when there is none to be read, which the answer has said already. */
function objectIn({ contentType, bytes }: AuditedBody): unknown {
  try {
    if (bytes.length === 0) return undefined;
    if (contentType.includes("yaml")) return parseYaml(bytes).value;
    if (!contentType.includes("protobuf")) return JSON.parse(Buffer.from(bytes).toString("utf8"));
    const { apiVersion, kind } = unwrap(bytes);
    const [version = "", group = ""] = apiVersion.split("/").reverse();
    const schema = schemaForKind(group, version, kind);
    return schema && decodeProtobuf(bytes, schema);
  } catch {
    return undefined;
  }
}

/** Where it came from, by what proxies say and then the connection. (apimachinery/pkg/util/net SourceIPs) */
function sourceIps({ req }: Ctx): string[] {
  const forwarded = String(req.headers["x-forwarded-for"] ?? "");
  const ips = forwarded
    .split(",")
    .map((text) => text.trim())
    .filter((text) => isIP(text));
  const real = String(req.headers["x-real-ip"] ?? "").trim();
  if (!forwarded && isIP(real)) ips.push(real);
  const remote = ((req.socket as TLSSocket).remoteAddress ?? "").replace(/^::ffff:/, "");
  if (isIP(remote) && ips.at(-1) !== remote) ips.push(remote);
  return ips;
}
