import { sleep } from "../../../../../client/index.ts";
import type { Process } from "../../behaviour.ts";
import { FileError } from "../../files/node.ts";
import type { HttpAnswer } from "../../http-client.ts";
import { NetworkError } from "../../network/network-error.ts";
import { pathOf } from "../command.ts";
import { type Options, readOptions } from "./options.ts";
import { UnknownHost } from "./resolver.ts";
import { hostOf, portOf, TimedOut, transfer } from "./transfer.ts";

const SHORT: Readonly<Record<string, string>> = {
  A: "user-agent",
  E: "cert",
  F: "form",
  H: "header",
  I: "head",
  L: "location",
  S: "show-error",
  X: "request",
  "4": "ipv4",
  "6": "ipv6",
  d: "data",
  f: "fail",
  g: "globoff",
  i: "include",
  k: "insecure",
  m: "max-time",
  o: "output",
  q: "disable",
  s: "silent",
  u: "user",
  v: "verbose",
  w: "write-out",
};
const VALUED = [
  ...["user-agent", "cert", "key", "cacert", "header", "request", "data", "data-raw", "data-binary", "form", "user"],
  ...[
    "max-time",
    "connect-timeout",
    "output",
    "write-out",
    "interface",
    "retry",
    "retry-delay",
    "resolve",
    "oauth2-bearer",
  ],
];
const FLAGS = [
  ...["head", "location", "show-error", "ipv4", "ipv6", "fail", "globoff", "include", "insecure", "disable", "silent"],
  ...["verbose", "no-progress-meter", "retry-connrefused", "http1.1", "compressed", "path-as-is", "fail-with-body"],
];
const MAX_REDIRECTS = 50;

/** A failure as curl tells of it. */
class CurlError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** curl, as far as scripts and probes use it: one URL, HTTP and HTTPS. */
export async function curl(process: Process): Promise<number> {
  const options = readOptions(process.args, SHORT, VALUED, FLAGS);
  const { given, rest, unknown } = options;
  if (unknown !== undefined) {
    process.stderr.write(`curl: option ${unknown}: is unknown\ncurl: try 'curl --help' for more information\n`);
    return 2;
  }
  if (rest.length === 0) {
    process.stderr.write("curl: (2) no URL specified\n");
    return 2;
  }
  const tries = 1 + Number(given.get("retry")?.at(-1) ?? 0);
  const pause = Number(given.get("retry-delay")?.at(-1) ?? 1) * 1000;
  for (let attempt = 1; ; attempt++) {
    try {
      await once(process, options);
      return 0;
    } catch (error) {
      if (!(error instanceof CurlError)) throw error;
      const again = error.code === 28 || (error.code === 7 && given.has("retry-connrefused"));
      if (again && attempt < tries && !process.signal.aborted) {
        await sleep(process.clock, pause, process.signal);
        continue;
      }
      if (!given.has("silent") || given.has("show-error"))
        process.stderr.write(`curl: (${error.code}) ${error.message}\n`);
      return error.code;
    }
  }
}

async function once(process: Process, { given, rest }: Options): Promise<void> {
  const last = (name: string) => given.get(name)?.at(-1);
  const text = rest[0] ?? "";
  let url = urlOf(text);
  const headers = headersOf(given);
  const body = await bodyOf(process, given);
  const isHead = given.has("head");
  if (body !== undefined) headers["Content-Type"] ??= "application/x-www-form-urlencoded";
  let method = last("request") ?? (isHead ? "HEAD" : body === undefined ? "GET" : "POST");
  const read = async (name: string) => {
    const path = last(name);
    return path === undefined ? undefined : process.files.read(pathOf(process, path));
  };
  const [ca, cert, key] = await Promise.all([read("cacert"), read("cert"), read("key")]);
  const tls = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }), insecure: given.has("insecure") };
  const seconds = (name: string) => (last(name) === undefined ? undefined : Number(last(name)) * 1000);
  const [timeout, connectTimeout] = [seconds("max-time"), seconds("connect-timeout")];
  const times = {
    ...(timeout !== undefined && { timeout }),
    ...(connectTimeout !== undefined && { connectTimeout }),
  };
  const began = process.clock.now().getTime();
  let output = "";
  for (let redirects = 0; ; redirects++) {
    const request = { method, headers, ...(body !== undefined && method !== "GET" && { body }) };
    const answer = await transfer(process, { url, request, tls, ...times }).catch((error: unknown) =>
      explain(error, url, process.clock.now().getTime() - began),
    );
    if (given.has("include") || isHead) output += headOf(answer);
    const { location } = answer.headers;
    if (given.has("location") && location && answer.code >= 300 && answer.code < 400) {
      if (redirects >= MAX_REDIRECTS) throw new CurlError(47, `Maximum (${MAX_REDIRECTS}) redirects followed`);
      url = new URL(location, url);
      if (answer.code <= 303 && method === "POST" && last("request") === undefined) method = "GET";
      continue;
    }
    if (answer.code >= 400 && given.has("fail")) {
      throw new CurlError(22, `The requested URL returned error: ${answer.code}`);
    }
    const spent = (process.clock.now().getTime() - began) / 1000;
    await writeOut(process, last("output"), Buffer.concat([Buffer.from(output), answer.body]));
    const format = last("write-out");
    if (format !== undefined) process.stdout.write(formatted(format, answer, url, spent));
    return;
  }
}

function urlOf(text: string): URL {
  try {
    return new URL(/^[a-z]+:\/\//.test(text) ? text : `http://${text}`);
  } catch {
    throw new CurlError(3, "URL rejected: Malformed input to a URL function");
  }
}

function headersOf(given: Options["given"]): Record<string, string> {
  const headers: Record<string, string> = {
    "User-Agent": given.get("user-agent")?.at(-1) ?? "curl/8.14.1",
    Accept: "*/*",
  };
  const user = given.get("user")?.at(-1);
  if (user !== undefined) headers.Authorization = `Basic ${Buffer.from(user).toString("base64")}`;
  const bearer = given.get("oauth2-bearer")?.at(-1);
  if (bearer !== undefined) headers.Authorization = `Bearer ${bearer}`;
  for (const line of given.get("header") ?? []) {
    const [, name = "", value = ""] = /^([^:;]+)[:;]\s*(.*)$/s.exec(line) ?? [];
    if (name) headers[name] = value;
  }
  return headers;
}

/** `@FILE` is a file's content, and several are joined. */
async function bodyOf(process: Process, given: Options["given"]): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  for (const name of ["data", "data-raw", "data-binary"]) {
    for (const text of given.get(name) ?? []) {
      const isFile = text.startsWith("@") && name !== "data-raw";
      const content = isFile ? await process.files.read(pathOf(process, text.slice(1))) : Buffer.from(text);
      parts.push(name === "data" && isFile ? Buffer.from(content.toString("utf8").replaceAll(/[\r\n]/g, "")) : content);
    }
  }
  return parts.length === 0 ? undefined : Buffer.from(parts.map((part) => part.toString("latin1")).join("&"), "latin1");
}

function explain(error: unknown, url: URL, milliseconds: number): never {
  if (error instanceof UnknownHost) throw new CurlError(6, `Could not resolve host: ${error.message}`);
  if (error instanceof TimedOut) {
    throw new CurlError(28, `Operation timed out after ${milliseconds} milliseconds with 0 bytes received`);
  }
  if (error instanceof NetworkError) {
    const where = `Failed to connect to ${hostOf(url)} port ${portOf(url)} after ${milliseconds} ms`;
    throw error.code === "ETIMEDOUT"
      ? new CurlError(28, `${where}: Could not connect to server`)
      : new CurlError(7, `${where}: Could not connect to server`);
  }
  if (error instanceof FileError) throw new CurlError(26, `Failed to open/read local data: ${error.message}`);
  const { code = "", message } = error as NodeJS.ErrnoException; // what Node's sockets throw
  if (/CERT|SELF_SIGNED|UNABLE_TO/.test(code)) throw new CurlError(60, `SSL certificate problem: ${message}`);
  if (/^ERR_(SSL|TLS)/.test(code)) throw new CurlError(35, `TLS connect error: ${message}`);
  throw new CurlError(/hang up/.test(message) ? 52 : 56, /hang up/.test(message) ? "Empty reply from server" : message);
}

function headOf({ code, text, rawHeaders }: HttpAnswer): string {
  let head = `HTTP/1.1 ${code} ${text}\r\n`;
  for (let at = 0; at < rawHeaders.length; at += 2) head += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
  return `${head}\r\n`;
}

async function writeOut(process: Process, target: string | undefined, content: Buffer): Promise<void> {
  if (target === undefined || target === "-" || target === "/dev/stdout") process.stdout.write(content);
  else if (target !== "/dev/null") {
    await process.files.write(pathOf(process, target), content).catch(() => {
      throw new CurlError(23, "Failure writing output to destination");
    });
  }
}

function formatted(format: string, answer: HttpAnswer & { address: string }, url: URL, spent: number): string {
  const code = String(answer.code).padStart(3, "0");
  const values: Readonly<Record<string, string>> = {
    http_code: code,
    response_code: code,
    content_type: String(answer.headers["content-type"] ?? ""),
    remote_ip: answer.address,
    remote_port: String(portOf(url)),
    size_download: String(answer.body.length),
    time_total: spent.toFixed(6),
    url_effective: url.href,
    redirect_url: String(answer.headers.location ?? ""),
    num_redirects: "0",
  };
  return format
    .replaceAll(/%\{(\w+)\}/g, (_, name: string) => values[name] ?? "")
    .replaceAll("\\n", "\n")
    .replaceAll("\\t", "\t")
    .replaceAll("\\r", "\r");
}
