import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Process, Program } from "./behaviour.ts";
import { normalize } from "./files/file-system.ts";
import { type HttpHandler, httpAcceptor } from "./http-server.ts";
import type { HttpAnswer, PortDefinition } from "./image.ts";

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html",
  json: "application/json",
  txt: "text/plain",
  css: "text/css",
  js: "text/javascript",
};

/**
 * `serve [PORT…]`: opens the image's ports, or those named, until it is told to stop. Images that nobody described are
 * taken for servers that are well, on any port.
 */
export const serve: Program = async (process) => {
  const { image, network, signal, args } = process;
  const wanted = args.slice(1).map(Number).filter(Number.isInteger);
  const ports = Object.entries(image?.ports ?? {}).filter(
    ([port]) => wanted.length === 0 || wanted.includes(Number(port)),
  );
  const closes: (() => void)[] = [];
  try {
    if (!image && wanted.length === 0) closes.push(network.listenElsewhere(httpAcceptor(well)));
    for (const [port, definition] of ports) closes.push(network.listen(Number(port), acceptorOf(definition, process)));
    for (const port of wanted) if (!image?.ports?.[port]) closes.push(network.listen(port, httpAcceptor(well)));
    if (!signal.aborted) await once(signal, "abort");
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    for (const close of closes) close();
  }
};

/** 200 for everything. */
const well: HttpHandler = (_request, response) => {
  response.writeHead(200, { "Content-Type": "text/plain; charset=utf-8" });
  response.end("ok\n");
};

const acceptorOf = ({ http, tcp }: PortDefinition, process: Process) =>
  http
    ? httpAcceptor((request, response) => answer(request, response, http, process))
    : (c: Duplex) => talk(c, tcp ?? {});

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { routes = {}, root, server, log }: NonNullable<PortDefinition["http"]>,
  process: Process,
): Promise<void> {
  const path = decodeURIComponent(new URL(request.url ?? "/", "http://pod").pathname);
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  const { status, headers, body } = route === undefined ? await fileAnswer(path, root, process) : full(route);
  response.writeHead(status, { ...(server && { Server: server }), ...headers });
  response.end(request.method === "HEAD" ? undefined : body);
  if (!log) return;
  const at = process.clock.now().toUTCString();
  const [, day, month, year, time] = /, (\d+) (\w+) (\d+) ([\d:]+)/.exec(at) ?? [];
  const agent = request.headers["user-agent"] ?? "-";
  const line = `${request.method} ${request.url} HTTP/1.1`;
  process.stdout.write(
    `127.0.0.1 - - [${day}/${month}/${year}:${time} +0000] "${line}" ${status} ${body.length} "-" "${agent}" "-"\n`,
  );
}

function full(answer: HttpAnswer): { status: number; headers: Record<string, string>; body: Buffer } {
  const { status = 200, headers = {}, body = "" } = typeof answer === "string" ? { body: answer } : answer;
  return { status, headers: { "Content-Type": "text/plain; charset=utf-8", ...headers }, body: Buffer.from(body) };
}

/** A file below `root`, as web servers give them out. */
export async function fileAnswer(
  path: string,
  root: string | undefined,
  { files }: Process,
): Promise<{ status: number; headers: Record<string, string>; body: Buffer }> {
  const notFound = full({ status: 404, body: "404 page not found\n" });
  if (root === undefined) return notFound;
  const asked = normalize(`${root}/${normalize(path)}`);
  const node = await files.stat(asked).catch(() => undefined);
  const target = node?.type === "directory" ? normalize(`${asked}/index.html`) : asked;
  try {
    const type = TYPES[target.split(".").pop() ?? ""] ?? "application/octet-stream";
    return { status: 200, headers: { "Content-Type": type }, body: await files.read(target) };
  } catch {
    if (node?.type !== "directory") return notFound;
    const names = await files.list(asked).catch(() => []);
    const body = `<!doctype html>\n<pre>\n${names.map((name) => `<a href="${name}">${name}</a>`).join("\n")}\n</pre>\n`;
    return full({ status: 200, headers: { "Content-Type": "text/html; charset=utf-8" }, body });
  }
}

function talk(connection: Duplex, answers: Readonly<Record<string, string>>): void {
  if (answers[""]) connection.write(answers[""]);
  let rest = "";
  connection.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString("utf8")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const text = line.replace(/\r$/, "");
      connection.write(Object.hasOwn(answers, text) ? (answers[text] ?? "") : `${text}\n`);
    }
  });
  connection.on("end", () => connection.end());
}
