import type { Process } from "../../behaviour.ts";
import { NetworkError } from "../../network/network-error.ts";
import { pathOf } from "../command.ts";
import { readOptions } from "./options.ts";
import { UnknownHost } from "./resolver.ts";
import { hostOf, portOf, TimedOut, transfer } from "./transfer.ts";

const SHORT: Readonly<Record<string, string>> = {
  O: "output-document",
  P: "directory-prefix",
  S: "server-response",
  T: "timeout",
  U: "user-agent",
  c: "continue",
  q: "quiet",
  t: "tries",
};
const VALUED = ["output-document", "directory-prefix", "timeout", "user-agent", "tries", "header", "post-data"];
const FLAGS = ["server-response", "continue", "quiet", "spider", "no-check-certificate"];
const MAX_REDIRECTS = 5;
const DEFAULT_TIMEOUT_SECONDS = 900;

/** wget of busybox. */
export async function wget(process: Process): Promise<number> {
  const { given, rest, unknown } = readOptions(process.args, SHORT, VALUED, FLAGS);
  const fail = (text: string) => {
    process.stderr.write(`wget: ${text}\n`);
    return 1;
  };
  if (unknown !== undefined) return fail(`unrecognized option: ${unknown.replace(/^-+/, "")}`);
  const [text] = rest;
  if (text === undefined) return fail("missing URL");
  const last = (name: string) => given.get(name)?.at(-1);
  const say = (line: string) => given.has("quiet") || process.stderr.write(`${line}\n`);
  const headers: Record<string, string> = { "User-Agent": last("user-agent") ?? "Wget" };
  for (const line of given.get("header") ?? []) {
    const [, name, value = ""] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
    if (name) headers[name] = value;
  }
  const body = last("post-data");
  let url = new URL(/^[a-z]+:\/\//.test(text) ? text : `http://${text}`);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const request = { method: body === undefined ? "GET" : "POST", headers, ...(body !== undefined && { body }) };
    const timeout = Number(last("timeout") ?? DEFAULT_TIMEOUT_SECONDS) * 1000;
    // busybox's TLS believes anybody.
    const wanted = { url, request, tls: { insecure: true }, timeout };
    const answer = await transfer(process, wanted).catch((error: unknown) => explain(error, url));
    if (typeof answer === "string") return fail(answer);
    say(`Connecting to ${url.host} (${answer.address}:${portOf(url)})`);
    const { location } = answer.headers;
    if (location && answer.code >= 300 && answer.code < 400) {
      url = new URL(location, url);
      continue;
    }
    if (given.has("server-response")) process.stderr.write(`  HTTP/1.1 ${answer.code} ${answer.text}\n`);
    if (answer.code >= 400) return fail(`server returned error: HTTP/1.1 ${answer.code} ${answer.text}`);
    if (given.has("spider")) {
      say("remote file exists");
      return 0;
    }
    const target = last("output-document") ?? (url.pathname.split("/").pop() || "index.html");
    if (target === "-") process.stdout.write(answer.body);
    else {
      const path = `${last("directory-prefix") ?? "."}/${target}`;
      await process.files.write(pathOf(process, target.startsWith("/") ? target : path), answer.body);
      say(`saving to '${target}'\n'${target}' saved`);
    }
    return 0;
  }
  return fail("too many redirections");
}

function explain(error: unknown, url: URL): string {
  if (error instanceof UnknownHost) return `bad address '${error.message}'`;
  if (error instanceof TimedOut) return "download timed out";
  if (error instanceof NetworkError) {
    const words = {
      ECONNREFUSED: "Connection refused",
      EHOSTUNREACH: "Host is unreachable",
      ETIMEDOUT: "Operation timed out",
    };
    return `can't connect to remote host (${hostOf(url)}): ${words[error.code]}`;
  }
  return `error getting response: ${error instanceof Error ? error.message : String(error)}`;
}
