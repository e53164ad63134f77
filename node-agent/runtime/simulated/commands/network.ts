import type { Duplex } from "node:stream";
import type { Process } from "../behaviour.ts";
import { httpGet } from "../http-server.ts";
import { type Commands, flagsOf, pathOf } from "./command.ts";

/** Commands that reach other Pods. Names are looked up in /etc/hosts only: there is no DNS here. */
export const networkCommands: Commands = {
  async wget(process) {
    const { flags, rest } = flagsOf(
      process.args.filter((arg) => !arg.startsWith("--")),
      "OTtY",
    );
    const [url = ""] = rest;
    const answer = await fetchUrl(process, url, {}).catch((error: unknown) => error as Error);
    if (answer instanceof Error) {
      process.stderr.write(`wget: ${answer.message}\n`);
      return 1;
    }
    if (answer.code >= 400) {
      process.stderr.write(`wget: server returned error: HTTP/1.1 ${answer.code}\n`);
      return 1;
    }
    const target = flags.get("O") ?? (new URL(withScheme(url)).pathname.split("/").pop() || "index.html");
    if (target === "-") process.stdout.write(answer.body);
    else if (!flags.has("S") || target !== "/dev/null") {
      await process.files.write(pathOf(process, target), Buffer.from(answer.body));
    }
    return 0;
  },
  async curl(process) {
    const { flags, rest } = flagsOf(
      process.args.flatMap((arg) => LONG[arg] ?? (arg.startsWith("--") && !arg.includes("max") ? [] : [arg])),
      "omXdHwu",
    );
    const [url = ""] = rest;
    const headers: Record<string, string> = {};
    const [, name, value] = /^([^:]+):\s*(.*)$/.exec(flags.get("H") ?? "") ?? [];
    if (name) headers[name] = value ?? "";
    const body = flags.get("d");
    const method = flags.get("X") ?? (body === undefined ? (flags.has("I") ? "HEAD" : "GET") : "POST");
    const answer = await fetchUrl(process, url, { method, headers, ...(body !== undefined && { body }) }).catch(
      (error: unknown) => error as Error,
    );
    if (answer instanceof Error) {
      if (!flags.has("s") || flags.has("S")) process.stderr.write(`curl: (7) ${answer.message}\n`);
      return 7;
    }
    if (answer.code >= 400 && flags.has("f")) {
      process.stderr.write(`curl: (22) The requested URL returned error: ${answer.code}\n`);
      return 22;
    }
    const head = Object.entries(answer.headers)
      .map(([key, text]) => `${key}: ${text}\r\n`)
      .join("");
    const text = (flags.has("i") || flags.has("I") ? `HTTP/1.1 ${answer.code}\r\n${head}\r\n` : "") + answer.body;
    const target = flags.get("o");
    if (target === undefined || target === "-") process.stdout.write(text);
    else if (target !== "/dev/null") await process.files.write(pathOf(process, target), Buffer.from(text));
    const format = flags.get("w");
    if (format) process.stdout.write(format.replaceAll("%{http_code}", String(answer.code)).replaceAll("\\n", "\n"));
    return 0;
  },
  async nc(process) {
    const { flags, rest } = flagsOf(process.args, "wpi");
    const [host = "", port = ""] = rest;
    let connection: Duplex;
    try {
      connection = process.network.dial(await addressOf(process, host), Number(port));
    } catch (error) {
      if (flags.has("v")) process.stderr.write(`nc: ${(error as Error).message}\n`);
      return 1;
    }
    if (flags.has("v")) process.stderr.write(`Connection to ${host} ${port} port [tcp/*] succeeded!\n`);
    if (flags.has("z")) {
      connection.destroy();
      return 0;
    }
    if (process.stdin) process.stdin.pipe(connection);
    else connection.end();
    for await (const chunk of connection) process.stdout.write(chunk);
    return 0;
  },
  async nslookup(process) {
    const name = process.args[1] ?? "";
    const address = await addressOf(process, name).catch(() => undefined);
    if (!address || address === name) {
      process.stdout.write(`** server can't find ${name}: NXDOMAIN\n`);
      return 1;
    }
    process.stdout.write(`Name:\t${name}\nAddress: ${address}\n`);
    return 0;
  },
  async getent(process) {
    const [, database, name = ""] = process.args;
    const address = database === "hosts" ? await addressOf(process, name).catch(() => undefined) : undefined;
    if (!address) return 2;
    process.stdout.write(`${address.padEnd(16)}  ${name}\n`);
    return 0;
  },
  async ip(process) {
    const [, object, verb] = process.args;
    if (object === "link" && (verb === "add" || verb === "del")) {
      if (process.privileges.privileged) return 0;
      process.stderr.write("ip: RTNETLINK answers: Operation not permitted\n");
      return 2;
    }
    const { address } = process.network;
    process.stdout.write(
      `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536\n    inet 127.0.0.1/8 scope host lo\n2: eth0@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500\n    inet ${address}/24 scope global eth0\n`,
    );
    return 0;
  },
};

const LONG: Readonly<Record<string, string[]>> = {
  "--silent": ["-s"],
  "--fail": ["-f"],
  "--include": ["-i"],
  "--head": ["-I"],
  "--output": ["-o"],
  "--request": ["-X"],
  "--data": ["-d"],
  "--header": ["-H"],
  "--max-time": ["-m"],
  "--connect-timeout": ["-m"],
  "--write-out": ["-w"],
};

const withScheme = (url: string) => (/^[a-z]+:\/\//.test(url) ? url : `http://${url}`);

async function fetchUrl(
  process: Process,
  text: string,
  { method, headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string },
) {
  const url = new URL(withScheme(text));
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  const connection = process.network.dial(await addressOf(process, url.hostname), port);
  return httpGet(connection, {
    ...(method && { method }),
    target: url.pathname + url.search,
    headers: { Host: url.host, "User-Agent": "Wget", ...headers },
    ...(body !== undefined && { body }),
  });
}

/** @throws Error for names that /etc/hosts does not have */
async function addressOf(process: Process, host: string): Promise<string> {
  if (/^[\d.]+$/.test(host) || host.includes(":") || host === "localhost") return host.replace(/^\[|\]$/g, "");
  const lines = (await process.files.read("/etc/hosts")).toString("utf8").split("\n");
  for (const line of lines) {
    const [address, ...names] = line.replace(/#.*/, "").split(/\s+/).filter(Boolean);
    if (address && names.includes(host)) return address;
  }
  throw new Error(`bad address '${host}'`);
}
