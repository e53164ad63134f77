import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { sleep } from "../../../../client/index.ts";
import type { Process, Program } from "../behaviour.ts";
import type { HttpHandler } from "../http-server.ts";
import { authority } from "../network/endpoint.ts";
import type { Receiver } from "../network/stack.ts";
import { collector } from "../shell/redirections.ts";
import { dial } from "./dial.ts";
import { durationMs } from "./logs-generator.ts";
import { longFlags } from "./long-flags.ts";
import { certificateFrom, listen, log, say, urlOf, withoutCertificate } from "./servers.ts";

/** Answers questions about requests and itself over HTTP and UDP, and asks others on behalf of its clients. */
export const netexec: Program = async (process) => {
  const flags = longFlags(process.args);
  const port = Number(flags.get("http-port") ?? 8080);
  const udpPort = Number(flags.get("udp-port") ?? 8081);
  const ended = new AbortController();
  let code = 0;
  const stop = (exit: number) => {
    code = exit;
    ended.abort();
  };
  const delay = Number(flags.get("delay-shutdown") ?? 0);
  const terminated = async () => {
    if (delay > 0) {
      log(process, `Sleeping ${delay} seconds before terminating...`);
      await sleep(process.clock, delay * 1000);
    }
    stop(0);
  };
  process.signal.addEventListener("abort", () => void terminated(), { once: true });
  if (process.signal.aborted) void terminated();
  const handler = httpHandler(process, port, stop, flags.get("http-override"));
  const udp = udpPort === -1 ? [] : ([[udpPort, receiver(process, udpPort)]] as const);
  const certFile = flags.get("tls-cert-file");
  try {
    const certificate = certFile && (await certificateFrom(process, certFile, flags.get("tls-private-key-file") ?? ""));
    log(process, `Started HTTP server on port ${port}`);
    if (udpPort !== -1) log(process, `Started UDP server on port  ${udpPort}`);
    const http = new Map([[port, handler]]);
    const ports = { udp: new Map(udp), ...(certificate ? { https: http, certificate } : { http }) };
    return (await listen(process, ports, ended.signal)) === 1 ? 1 : code;
  } catch (error) {
    return withoutCertificate(process, error);
  }
};

function receiver(process: Process, port: number): Receiver {
  const { hostname } = process;
  return (data, from, reply) => {
    const text = data.toString("utf8").trim().toLowerCase();
    const client = authority(from);
    const answer = (message: string, line: string) => {
      log(process, line);
      reply(Buffer.from(message));
    };
    if (text === "hostname") answer(hostname, "Sending udp hostName response");
    else if (text.startsWith("echo ")) answer(text.slice(5), `Echoing ${text.slice(5)} to UDP client ${client}`);
    else if (text === "clientip") answer(client, `Sending clientip back to UDP client ${client}`);
    else if (text === "serverport") answer(String(port), `Sending server port to UDP client ${port}`);
    else if (text) log(process, `Unknown UDP command received from ${client}: ${text}`);
  };
}

function httpHandler(
  process: Process,
  port: number,
  stop: (code: number) => void,
  override: string | undefined,
): HttpHandler {
  return (request, response) => {
    if (override !== undefined) request.url = override;
    const url = urlOf(request);
    const query = (name: string) => url.searchParams.get(name) ?? "";
    const answer = (line: string, body: string) => {
      log(process, line);
      say(response, body);
    };
    switch (url.pathname) {
      case "/":
        return answer("GET /", `NOW: ${process.clock.now().toISOString()}`);
      case "/hostname":
      case "/hostName":
        return answer(`GET ${url.pathname}`, process.hostname);
      case "/echo":
        log(process, `GET /echo?msg=${query("msg")}&code=${query("code")}`);
        return say(response, query("msg"), Number(query("code")) || 200);
      case "/healthz":
        return answer("GET /healthz", "");
      case "/readyz":
        log(process, "GET /readyz");
        return process.signal.aborted ? say(response, "shutting down", 503) : say(response, "ok");
      case "/clientip":
        return answer("GET /clientip", clientOf(request));
      case "/serverport":
        return answer("GET /serverport", String(port));
      case "/header": {
        const key = query("key");
        if (key) return answer(`GET /header?key=${key}`, String(request.headers[key.toLowerCase()] ?? ""));
        return answer("GET /header", JSON.stringify(headersOf(request)));
      }
      case "/redirect": {
        log(process, `${request.method} /redirect?msg=${query("location")}&code=${query("code")}`);
        response.writeHead(Number(query("code")) || 302, { Location: query("location") });
        return void response.end();
      }
      case "/exit":
        return exit(process, response, query, stop);
      case "/shutdown":
        log(process, "GET /shutdown");
        response.socket?.destroy();
        return stop(0);
      case "/shell":
        return shell(process, response, query("shellCommand") || query("cmd"));
      case "/dial":
        return dial(process, response, url.searchParams);
      case "/upload":
        return upload(process, request, response);
      default:
        // Go's "/" is what all other paths fall to.
        return answer("GET /", `NOW: ${process.clock.now().toISOString()}`);
    }
  };
}

const clientOf = ({ socket }: IncomingMessage) =>
  authority({ address: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 });

/** Names as Go writes them, each with all its values. */
function headersOf({ headersDistinct }: IncomingMessage): Record<string, string[]> {
  const canonical = (name: string) => name.replaceAll(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
  const entries = Object.entries(headersDistinct).filter(([name]) => name !== "host");
  return Object.fromEntries(entries.map(([name, values]) => [canonical(name), values ?? []]));
}

async function exit(
  process: Process,
  response: ServerResponse,
  query: (name: string) => string,
  stop: (code: number) => void,
): Promise<void> {
  const [code, timeout, wait] = [query("code"), query("timeout"), query("wait")];
  log(process, `GET /exit?code=${code}&timeout=${timeout}&wait=${wait}`);
  await sleep(process.clock, durationMs(wait));
  if (durationMs(timeout) > 0) say(response, "");
  else response.socket?.destroy();
  stop(Number(code) || 0);
}

async function shell(process: Process, response: ServerResponse, command: string): Promise<void> {
  log(process, `GET /shell?cmd=${command}`);
  const output = collector();
  const code = await process.run({
    ...process,
    args: ["sh", "-c", command],
    stdout: output.stream,
    stderr: output.stream,
  });
  const text = output.text();
  say(response, JSON.stringify({ ...(code !== 0 && { error: `exit status ${code}` }), ...(text && { output: text }) }));
}

/** One file of a form, kept under a name of its own. */
async function upload(process: Process, request: IncomingMessage, response: ServerResponse): Promise<void> {
  log(process, "GET /upload");
  const form = await new Response(await buffer(request), {
    headers: { "Content-Type": request.headers["content-type"] ?? "" },
  })
    .formData()
    .catch(() => undefined);
  const file = form?.get("file");
  if (!(file instanceof File)) return say(response, JSON.stringify({ error: "Unable to upload file." }));
  const path = `/uploads/upload${Math.floor(process.random() * 1e9)}`;
  try {
    await process.files.write(path, Buffer.from(await file.arrayBuffer()), { mode: 0o700 });
  } catch {
    return say(response, JSON.stringify({ error: "Unable to open file for write" }));
  }
  log(process, `Wrote upload to ${path}`);
  say(response, JSON.stringify({ output: path }), 201);
}
