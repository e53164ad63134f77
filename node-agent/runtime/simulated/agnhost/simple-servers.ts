import { sleep } from "../../../../client/index.ts";
import type { Program } from "../behaviour.ts";
import { healthAcceptor } from "../grpc-health.ts";
import type { HttpHandler } from "../http-server.ts";
import { authority } from "../network/endpoint.ts";
import type { Acceptor, Receiver } from "../network/stack.ts";
import { fileAnswer } from "../serve.ts";
import { longFlags } from "./long-flags.ts";
import { certificateFrom, listen, log, notFound, say, urlOf, withoutCertificate } from "./servers.ts";

/** Healthy for ten seconds. */
export const liveness: Program = (process) => {
  const began = process.clock.now().getTime();
  const handler: HttpHandler = (request, response) => {
    const seconds = (process.clock.now().getTime() - began) / 1000;
    const url = urlOf(request);
    switch (url.pathname) {
      case "/healthz":
        return seconds > 10 ? say(response, `error: ${seconds}`, 500) : say(response, "ok");
      case "/started":
        return say(response, `${seconds}s`);
      case "/redirect":
        response.writeHead(302, { Location: url.searchParams.get("loc") ?? "" });
        return void response.end();
      default:
        return notFound(response);
    }
  };
  return listen(process, { http: new Map([[8080, handler]]) });
};

/** A health service of gRPC, which its other port makes well or not. */
export const grpcHealthChecking: Program = (process) => {
  const flags = longFlags(process.args);
  const { clock } = process;
  const began = clock.now().getTime();
  const limit = Number(flags.get("delay-unhealthy-sec") ?? -1);
  let forced: boolean | undefined;
  const age = () => (clock.now().getTime() - began) / 1000;
  const health = healthAcceptor((service) => {
    if (service !== (flags.get("service") ?? "")) return undefined;
    return (forced ?? (limit < 0 || age() < limit)) ? "SERVING" : "NOT_SERVING";
  });
  const control: HttpHandler = (request, response) => {
    const { pathname } = urlOf(request);
    if (pathname !== "/make-serving" && pathname !== "/make-not-serving") return notFound(response);
    forced = pathname === "/make-serving";
    log(process, forced ? "Mark as healthy" : "Mark as unhealthy");
    say(response, `${age()}s`);
  };
  const [port, httpPort] = [Number(flags.get("port") ?? 5000), Number(flags.get("http-port") ?? 8080)];
  log(process, `Http server starting to listen on :${httpPort}`);
  log(process, `gRPC server starting to listen on :${port}`);
  return listen(process, { tcp: new Map([[port, health]]), http: new Map([[httpPort, control]]) });
};

/** The files of its own image. */
export const testWebserver: Program = (process) => {
  const port = Number(longFlags(process.args).get("port") ?? 80);
  const handler: HttpHandler = async (request, response) => {
    const { status, headers, body } = await fileAnswer(decodeURIComponent(urlOf(request).pathname), "/", process);
    response.writeHead(status, { "Cache-Control": "private", "Access-Control-Allow-Origin": "*", ...headers });
    response.end(request.method === "HEAD" ? undefined : body);
  };
  return listen(process, { http: new Map([[port, handler]]) });
};

const AWAIT_DELETION_MS = 60_000;

export const serveHostname: Program = async (process) => {
  const flags = longFlags(process.args);
  const isOn = (name: string) => flags.has(name) && flags.get(name) !== "false";
  const port = Number(flags.get("port") ?? 9376);
  const { hostname } = process;
  const raw = isOn("tcp") || isOn("udp");
  const handler: HttpHandler = (request, response) => {
    const { remoteAddress = "", remotePort = 0 } = request.socket;
    log(process, `HTTP request from ${authority({ address: remoteAddress, port: remotePort })}`);
    if (isOn("close")) response.setHeader("Connection", "close");
    say(response, hostname);
  };
  const acceptor: Acceptor = (connection) => {
    const { remoteAddress, remotePort } = connection;
    log(process, `TCP request from ${authority({ address: remoteAddress, port: remotePort })}`);
    connection.resume();
    connection.end(hostname);
  };
  const receiver: Receiver = (_data, from, reply) => {
    log(process, `UDP request from ${authority(from)}`);
    reply(Buffer.from(hostname));
  };
  log(process, `Serving on port ${port}.`);
  const ended = new AbortController();
  const serving = listen(
    process,
    {
      ...(!raw && { http: new Map([[port, handler]]) }),
      ...(isOn("tcp") && { tcp: new Map([[port, acceptor]]) }),
      ...(isOn("udp") && { udp: new Map([[port, receiver]]) }),
    },
    ended.signal,
  );
  const terminated = async () => {
    log(process, "Shutting down after receiving signal: terminated.");
    log(process, "Awaiting pod deletion.");
    await sleep(process.clock, AWAIT_DELETION_MS, ended.signal);
    ended.abort();
  };
  process.signal.addEventListener("abort", () => void terminated(), { once: true });
  const code = await serving;
  ended.abort();
  return code === 1 ? 1 : 0;
};

/** `SERVE_PORT_n` holds what port n answers; `SERVE_TLS_PORT_n` with TLS, `SERVE_UDP_PORT_n` to datagrams. */
export const porter: Program = async (process) => {
  const json = longFlags(process.args).has("json-response");
  const { CERT_FILE = "/localhost.crt", KEY_FILE = "/localhost.key" } = process.env;
  const http = new Map<number, HttpHandler>();
  const https = new Map<number, HttpHandler>();
  const udp = new Map<number, Receiver>();
  for (const [name, body] of Object.entries(process.env)) {
    const [, kind, port] = /^SERVE_(?:(TCP|TLS|UDP)_)?PORT_(\d+)$/.exec(name) ?? [];
    if (port === undefined) continue;
    const handler: HttpHandler = (request, response) => {
      if (!json) return say(response, body);
      response.writeHead(200, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ Method: request.method, Body: body }));
    };
    if (kind === "UDP") udp.set(Number(port), (_data, _from, reply) => reply(Buffer.from(body)));
    else (kind === "TLS" ? https : http).set(Number(port), handler);
  }
  try {
    const certificate = https.size > 0 ? await certificateFrom(process, CERT_FILE, KEY_FILE) : undefined;
    return await listen(process, { http, https, udp, ...(certificate && { certificate }) });
  } catch (error) {
    return withoutCertificate(process, error);
  }
};
