import { sleep } from "../../../../client/index.ts";
import type { Process, Program } from "../behaviour.ts";
import { lookUp } from "../commands/network/resolver.ts";
import { hostOf, portOf, transfer } from "../commands/network/transfer.ts";
import type { HttpHandler } from "../http-server.ts";
import { longFlags } from "./long-flags.ts";
import { fail, listen, log, notFound, say, urlOf } from "./servers.ts";

const REGISTER_MS = 15_000;
const PAUSE_MS = 1_000;
const TIMEOUT_MS = 5_000;

/** A key-value store with replicas, and the page in front of it: they find each other by the names of their Services. */
export const guestbook: Program = async (process) => {
  const flags = longFlags(process.args);
  const backendPort = flags.get("backend-port") ?? "6379";
  const primary = flags.get("replicaof");
  const store: Record<string, string> = {};
  const replicas: string[] = [];
  const get = (authority: string, request: string) => getText(process, `http://${authority}/${request}`);
  const handler: HttpHandler = async (request, response) => {
    const url = urlOf(request);
    const query = (name: string) => url.searchParams.get(name) ?? "";
    const [key, value] = [query("key"), query("value")];
    switch (url.pathname) {
      case "/register":
        log(process, `GET /register?host=${query("host")}`);
        say(response, JSON.stringify({ data: store }));
        replicas.push(query("host"));
        return log(process, `Node '${query("host")}' registered.`);
      case "/get":
        log(process, `GET /get?key=${key}`);
        return say(response, JSON.stringify({ data: key ? (store[key] ?? "") : store }));
      case "/set": {
        log(process, `GET /set?key=${key}&value=${value}`);
        if (!key) return fail(response, "cannot set with empty key.", 400);
        store[key] = value;
        for (const replica of replicas) {
          const told = await get(`${replica}:${backendPort}`, `set?key=${key}&value=${value}`).catch(
            (error: Error) => error,
          );
          if (typeof told === "string") continue;
          return fail(response, `encountered error while propagating to replica '${replica}': ${told.message}`, 417);
        }
        return say(response, JSON.stringify({ message: "Updated" }));
      }
      case "/guestbook": {
        const command = query("cmd").toLowerCase();
        log(process, `GET /guestbook?cmd=${command}&key=${key}&value=${value}`);
        if (command !== "get" && command !== "set") return fail(response, `unsupported cmd: '${command}'`, 400);
        if (command === "set" && !key) return fail(response, "cannot set with empty key.", 400);
        const host = command === "get" ? "agnhost-replica" : "agnhost-primary";
        const answer = await get(`${host}:${backendPort}`, `${command}?key=${key}&value=${value}`).catch(
          (error: Error) => error,
        );
        return typeof answer === "string"
          ? say(response, answer)
          : fail(response, `encountered error: ${answer.message}`, 417);
      }
      default:
        return notFound(response);
    }
  };
  const ended = new AbortController();
  const signal = AbortSignal.any([process.signal, ended.signal]);
  let lost = false;
  if (primary) {
    void register(process, primary, backendPort, store).then((done) => {
      if (done || process.signal.aborted) return;
      lost = true;
      ended.abort();
    });
  }
  const code = await listen(process, { http: new Map([[Number(flags.get("http-port") ?? 80), handler]]) }, signal);
  return lost ? 1 : code;
};

async function getText(process: Process, text: string): Promise<string> {
  const url = new URL(text);
  const answer = await transfer(process, {
    url,
    request: { headers: {} },
    tls: { insecure: false },
    timeout: TIMEOUT_MS,
  });
  return answer.body.toString("utf8");
}

/** Tells the primary where this replica is, and takes over its data. @returns false when time is over */
async function register(process: Process, host: string, port: string, store: Record<string, string>): Promise<boolean> {
  const { clock, network, signal } = process;
  const end = clock.now().getTime() + REGISTER_MS;
  const url = new URL(`http://${host}:${port}/`);
  while (clock.now().getTime() < end && !signal.aborted) {
    try {
      await lookUp(process, hostOf(url));
      log(process, `Registering to primary: ${host}:${portOf(url)}/register?host=${network.address}`);
      const answer = JSON.parse(await getText(process, `${url.href}register?host=${network.address}`)) as {
        data?: Record<string, string>;
      };
      Object.assign(store, answer.data);
      log(process, `Registered to node: ${host}`);
      return true;
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      log(process, `encountered error while registering to primary: ${text}. Retrying in 1s.`);
      await sleep(clock, PAUSE_MS, signal);
    }
  }
  log(process, "Timed out while registering to primary.");
  return false;
}
