import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { sleep } from "../../../../client/index.ts";
import type { Process, Program } from "../behaviour.ts";
import { type HttpHandler, httpAcceptor, httpGet } from "../http-server.ts";
import { fileAnswer } from "../serve.ts";
import { collector } from "../shell/shell.ts";
import { longFlags } from "./long-flags.ts";

type Ports = ReadonlyMap<number, HttpHandler>;

/** Listens until the process is told to stop. 1 when a port is taken. */
async function listen({ network, signal, stderr }: Process, ports: Ports): Promise<number> {
  const closes: (() => void)[] = [];
  try {
    for (const [port, handler] of ports) closes.push(network.listen(port, httpAcceptor(handler)));
    if (!signal.aborted) await once(signal, "abort");
    return 0;
  } catch (error) {
    stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    for (const close of closes) close();
  }
}

const say = (response: ServerResponse, body: string, code = 200) => {
  response.writeHead(code, { "Content-Type": "text/plain; charset=utf-8" });
  response.end(body);
};
const urlOf = (request: IncomingMessage) => new URL(request.url ?? "/", "http://pod");

/** Healthy for ten seconds. */
export const liveness: Program = (process) => {
  const began = process.clock.now().getTime();
  return listen(
    process,
    new Map([
      [
        8080,
        (request, response) => {
          const seconds = (process.clock.now().getTime() - began) / 1000;
          if (urlOf(request).pathname !== "/healthz") return say(response, "404 page not found\n", 404);
          if (seconds > 10) say(response, `error: ${seconds}`, 500);
          else say(response, "ok");
        },
      ],
    ]),
  );
};

/** Its control port makes it healthy or not; probes of type gRPC look at the same. */
export const grpcHealthChecking: Program = (process) => {
  const flags = longFlags(process.args);
  let serving = true;
  const health: HttpHandler = (_request, response) => say(response, "", serving ? 200 : 503);
  const control: HttpHandler = (request, response) => {
    serving = urlOf(request).pathname !== "/make-not-serving";
    say(response, "");
  };
  const [port, httpPort] = [Number(flags.get("port") ?? 5000), Number(flags.get("http-port") ?? 8080)];
  process.stdout.write(`Http server starting to listen on :${httpPort}\ngRPC server starting to listen on :${port}\n`);
  return listen(
    process,
    new Map([
      [port, health],
      [httpPort, control],
    ]),
  );
};

export const testWebserver: Program = (process) => {
  const port = Number(longFlags(process.args).get("port") ?? 80);
  const handler: HttpHandler = async (request, response) => {
    const { status, headers, body } = await fileAnswer(urlOf(request).pathname, "/", process);
    response.writeHead(status, headers);
    response.end(body);
  };
  return listen(process, new Map([[port, handler]]));
};

export const serveHostname: Program = (process) => {
  const port = Number(longFlags(process.args).get("port") ?? 9376);
  process.stdout.write(`Serving on port ${port}.\n`);
  return listen(process, new Map([[port, (_request, response) => say(response, process.hostname)]]));
};

/** `SERVE_PORT_n` holds what port n answers. */
export const porter: Program = (process) => {
  const json = longFlags(process.args).has("json-response");
  const ports = new Map<number, HttpHandler>();
  for (const [name, body] of Object.entries(process.env)) {
    const [, port] = /^SERVE_PORT_(\d+)$/.exec(name) ?? [];
    if (!port) continue;
    ports.set(Number(port), (request, response) => {
      if (!json) return say(response, body);
      response.writeHead(200, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ Method: request.method, Body: body }));
    });
  }
  return listen(process, ports);
};

/** Counts what is written to it. */
export const nettest: Program = (process) => {
  const received: Record<string, number> = {};
  return listen(
    process,
    new Map([
      [
        8080,
        async (request, response) => {
          const { pathname } = urlOf(request);
          if (pathname === "/write") {
            const { source = "" } = JSON.parse((await text(request)) || "{}") as { Source?: string; source?: string };
            received[source] = (received[source] ?? 0) + 1;
            return say(response, "{}");
          }
          if (pathname !== "/read") return say(response, "404 page not found\n", 404);
          say(
            response,
            JSON.stringify({ Hostname: process.hostname, Sent: {}, Received: received, StillContactingPeers: false }),
          );
        },
      ],
    ]),
  );
};

/** Answers questions about requests and itself, and asks others on behalf of its clients. */
export const netexec: Program = async (process) => {
  const flags = longFlags(process.args);
  const port = Number(flags.get("http-port") ?? 8080);
  const end = new AbortController();
  let code = 0;
  const stop = (exit: number) => {
    code = exit;
    end.abort();
  };
  const signal = AbortSignal.any([process.signal, end.signal]);
  const delay = Number(flags.get("delay-shutdown") ?? 0);
  process.stdout.write(`Started HTTP server on port ${port}\n`);
  const result = await listen({ ...process, signal }, new Map([[port, netexecHandler(process, stop)]]));
  if (process.signal.aborted && delay > 0) await sleep(process.clock, delay * 1000);
  return result || code;
};

function netexecHandler(process: Process, stop: (code: number) => void): HttpHandler {
  const { clock, stdout } = process;
  return async (request, response) => {
    const url = urlOf(request);
    const query = (name: string) => url.searchParams.get(name) ?? "";
    const at = clock.now().toISOString().replace("T", " ").slice(0, 19).replaceAll("-", "/");
    stdout.write(`${at} GET ${request.url}\n`);
    switch (url.pathname.toLowerCase()) {
      case "/":
        return say(response, `NOW: ${clock.now().toISOString()}`);
      case "/hostname":
        return say(response, process.hostname);
      case "/echo":
        return say(response, query("msg"), Number(query("code") || 200));
      case "/healthz":
      case "/readyz":
        return say(response, "");
      case "/clientip":
        return say(response, `${request.socket.remoteAddress ?? process.network.address}:0`);
      case "/header":
        return say(response, String(request.headers[query("key").toLowerCase()] ?? ""));
      case "/redirect":
        response.writeHead(Number(query("code") || 302), { Location: query("location") });
        return void response.end();
      case "/exit":
        say(response, "");
        return stop(Number(query("code") || 0));
      case "/shutdown":
        say(response, "");
        return stop(0);
      case "/shell":
        return say(response, JSON.stringify(await shell(process, query("shellCommand") || query("cmd"))));
      case "/dial":
        return say(response, JSON.stringify(await dial(process, url)));
      default:
        return say(response, "404 page not found\n", 404);
    }
  };
}

async function shell(process: Process, command: string) {
  const output = collector();
  const code = await process.run({
    ...process,
    args: ["sh", "-c", command],
    stdout: output.stream,
    stderr: output.stream,
  });
  return { output: output.text(), ...(code !== 0 && { error: `exit status ${code}` }) };
}

async function dial(process: Process, { searchParams }: URL) {
  const responses: string[] = [];
  const errors: string[] = [];
  const [host = "", port = "", request = "hostname"] = ["host", "port", "request"].map(
    (name) => searchParams.get(name) ?? undefined,
  );
  for (let attempt = 0; attempt < Number(searchParams.get("tries") ?? 1); attempt++) {
    try {
      const connection = process.network.dial(host, Number(port));
      const { body } = await httpGet(connection, { target: `/${request}`, headers: { Host: `${host}:${port}` } });
      responses.push(body);
    } catch (error) {
      errors.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { ...(responses.length && { responses }), ...(errors.length && { errors }) };
}
