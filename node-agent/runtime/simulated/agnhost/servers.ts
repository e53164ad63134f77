import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Process } from "../behaviour.ts";
import { FileError } from "../files/node.ts";
import { type HttpHandler, httpAcceptor, type ServerCertificate } from "../http-server.ts";
import type { Acceptor, Receiver } from "../network/stack.ts";

/** What a server opens. */
export interface Ports {
  readonly http?: ReadonlyMap<number, HttpHandler>;
  readonly https?: ReadonlyMap<number, HttpHandler>;
  readonly tcp?: ReadonlyMap<number, Acceptor>;
  readonly udp?: ReadonlyMap<number, Receiver>;
  readonly certificate?: ServerCertificate;
}

/** How Go programs end that do not wait for SIGTERM, as the first process of a container. */
const KILLED_GO = 2;

/** Writes a line as Go's log package does. */
export function log({ clock, stderr }: Process, text: string): void {
  stderr.write(`${clock.now().toISOString().slice(0, 19).replaceAll("-", "/").replace("T", " ")} ${text}\n`);
}

/** Listens until `signal`, by default that of the process. 1 when a port is taken. @returns the exit code */
export async function listen(process: Process, ports: Ports, signal: AbortSignal = process.signal): Promise<number> {
  const { network } = process;
  const { http = [], https = [], tcp = [], udp = [], certificate } = ports;
  const closes: (() => void)[] = [];
  try {
    for (const [port, handler] of http) closes.push(network.listen(port, httpAcceptor(handler)));
    for (const [port, handler] of https) closes.push(network.listen(port, httpAcceptor(handler, certificate)));
    for (const [port, acceptor] of tcp) closes.push(network.listen(port, acceptor));
    for (const [port, receiver] of udp) closes.push(network.bind(port, receiver));
    if (!signal.aborted) await once(signal, "abort");
    return KILLED_GO;
  } catch (error) {
    log(process, error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    for (const close of closes) close();
  }
}

/** @throws FileError */
export async function certificateFrom({ files }: Process, cert: string, key: string): Promise<ServerCertificate> {
  const [certText, keyText] = await Promise.all([files.read(cert), files.read(key)]);
  return { cert: certText.toString("utf8"), key: keyText.toString("utf8") };
}

/** What a program says that cannot read its certificate. @returns the exit code */
export function withoutCertificate(process: Process, error: unknown): number {
  if (!(error instanceof FileError)) throw error;
  log(process, error.message.toLowerCase());
  return 1;
}

/** Tags that a page may begin with. (Go's net/http DetectContentType) */
const HTML =
  /^[\t\n\f\r ]*<(!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|!--)[ >]/i;

export function say(response: ServerResponse, body: string, code = 200): void {
  const type = HTML.test(body) ? "text/html" : "text/plain";
  response.writeHead(code, { "Content-Type": `${type}; charset=utf-8` });
  response.end(body);
}

/** As Go's http.Error. */
export const fail = (response: ServerResponse, text: string, code: number): void => say(response, `${text}\n`, code);

export const urlOf = (request: IncomingMessage): URL => new URL(request.url ?? "/", "http://pod");

export const notFound = (response: ServerResponse): void => say(response, "404 page not found\n", 404);
