import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import type { ProbeAnswer, ProbeRequest } from "../runtime/runtime.ts";

const MAX_REDIRECTS = 10;
const SERVING = 1;
const GRPC_STATUS = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

/** System errors as Go's net package words them. */
const ERRORS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  ECONNRESET: "read: connection reset by peer",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  ETIMEDOUT: "i/o timeout",
};

function inGoWords(error: unknown, where: string): string {
  const { code = "", message } = error as NodeJS.ErrnoException; // what Node's sockets throw
  if (code === "ECONNRESET" && /hang up/.test(message)) return "EOF";
  return ERRORS[code] ? `dial tcp ${where}: ${ERRORS[code]}` : message;
}

/** Asks a port of a Pod over the network, as this machine sees it. (pkg/probe/{http,tcp,grpc}) */
export async function networkProbe(request: ProbeRequest, ip: string, signal: AbortSignal): Promise<ProbeAnswer> {
  if (request.type === "grpc") return grpcProbe(ip, request.port, request.service, signal);
  const host = request.host ?? ip;
  if (request.type === "tcp") return tcpProbe(host, request.port, signal);
  const url = new URL(`${request.scheme.toLowerCase()}://${bracketed(host)}:${request.port}`);
  const [path = "/", query] = request.path.split("?", 2);
  url.pathname = path;
  url.search = query ?? "";
  const headers: Record<string, string> = { "User-Agent": "kube-probe/1.36", Accept: "*/*", ...request.headers };
  try {
    return await httpProbe(url, headers, signal, 0);
  } catch (error) {
    const text = inGoWords(error, `${bracketed(host)}:${request.port}`);
    return { ok: false, message: `Get ${JSON.stringify(url.href)}: ${text}` };
  }
}

const bracketed = (host: string) => (host.includes(":") ? `[${host}]` : host);

async function httpProbe(
  url: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
  redirects: number,
): Promise<ProbeAnswer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { headers, signal, agent: false } as const;
    const asked: ClientRequest =
      url.protocol === "https:"
        ? httpsRequest(url, { ...options, rejectUnauthorized: false })
        : httpRequest(url, options);
    asked.once("response", resolve);
    asked.once("error", reject);
    asked.end();
  });
  response.destroy();
  const code = response.statusCode ?? 0;
  const { location } = response.headers;
  if (code >= 300 && code < 400 && location) {
    const next = new URL(location, url);
    // Where it leads elsewhere, that it answers is all that counts.
    if (next.hostname !== url.hostname) {
      return { ok: true, message: "", warning: "Probe terminated redirects, Response body: " };
    }
    if (redirects + 1 >= MAX_REDIRECTS) {
      return { ok: false, message: `Get ${JSON.stringify(next.href)}: stopped after ${MAX_REDIRECTS} redirects` };
    }
    return httpProbe(next, headers, signal, redirects + 1);
  }
  const ok = code >= 200 && code < 400;
  return { ok, message: ok ? "" : `HTTP probe failed with statuscode: ${code}` };
}

function tcpProbe(host: string, port: number, signal: AbortSignal): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    socket.once("connect", () => {
      socket.destroy();
      resolve({ ok: true, message: "" });
    });
    socket.once("error", (error) => resolve({ ok: false, message: inGoWords(error, `${bracketed(host)}:${port}`) }));
  });
}

/** grpc.health.v1.Health/Check: field 1 of the request is the service's name, of the answer its state. */
function grpcProbe(ip: string, port: number, service: string, signal: AbortSignal): Promise<ProbeAnswer> {
  const where = `${bracketed(ip)}:${port}`;
  const client = new Client(where, credentials.createInsecure(), { "grpc.enable_retries": 0 });
  return new Promise<ProbeAnswer>((resolve) => {
    const name = Buffer.from(service);
    const metadata = new Metadata();
    const call = client.makeUnaryRequest<Buffer, number>(
      "/grpc.health.v1.Health/Check",
      () => (name.length > 0 ? Buffer.concat([Buffer.from([0x0a, name.length]), name]) : Buffer.alloc(0)),
      (bytes) => (bytes[0] === 0x08 ? (bytes[1] ?? 0) : 0),
      name,
      metadata,
      (error, state) => {
        if (error) {
          const text =
            error.code === 12
              ? "error: this server does not implement the grpc health protocol (grpc.health.v1.Health)"
              : error.code === 14
                ? `error: failed to connect service at ${JSON.stringify(where)}: ${error.details}`
                : `error: health rpc probe failed: ${error.details}`;
          return resolve({ ok: false, message: text });
        }
        const ok = state === SERVING;
        const text = ok ? "" : `service unhealthy (responded with ${JSON.stringify(GRPC_STATUS[state ?? 0])})`;
        resolve({ ok, message: text });
      },
    );
    signal.addEventListener("abort", () => call.cancel(), { once: true });
  }).finally(() => client.close());
}
