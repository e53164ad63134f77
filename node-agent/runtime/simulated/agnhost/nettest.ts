import { text } from "node:stream/consumers";
import { sleep } from "../../../../client/index.ts";
import type { Program } from "../behaviour.ts";
import type { HttpHandler } from "../http-server.ts";
import { longFlags } from "./long-flags.ts";
import { listen, log, notFound, say, urlOf } from "./servers.ts";

/** Counts who writes to it. It does not look for its peers: what `/read` tells of them is that it is done. */
export const nettest: Program = async (process) => {
  const flags = longFlags(process.args);
  const received: Record<string, number> = {};
  const errors: string[] = [];
  const ended = new AbortController();
  const write: HttpHandler = async (request, response) => {
    let source: string | undefined;
    try {
      // Names of fields are compared as Go does: without regard to case.
      const fields = Object.entries(JSON.parse(await text(request)) as Record<string, unknown>);
      const found = fields.find(([name]) => name.toLowerCase() === "source")?.[1];
      if (typeof found === "string" && found) source = found;
    } catch (error) {
      errors.push(error instanceof Error ? error.message : String(error));
    }
    if (source === undefined) errors.push(`${process.hostname}: Got request with no source`);
    else received[source] = (received[source] ?? 0) + 1;
    say(response, `${JSON.stringify({ Hostname: process.hostname })}\n`);
  };
  const handler: HttpHandler = (request, response) => {
    switch (urlOf(request).pathname) {
      case "/write":
        return write(request, response);
      case "/read": {
        const state = {
          Hostname: process.hostname,
          Sent: null,
          Received: Object.keys(received).length > 0 ? received : null,
          Errors: errors.length > 0 ? errors : null,
          Log: null,
          StillContactingPeers: false,
        };
        return say(response, JSON.stringify(state, null, "\t"));
      }
      case "/status":
        return say(response, Object.keys(received).length >= Number(flags.get("peers") ?? 8) ? "pass" : "fail");
      case "/quit":
        return ended.abort();
      default:
        return notFound(response);
    }
  };
  const delay = Number(flags.get("delay-shutdown") ?? 0);
  const terminated = async () => {
    if (delay > 0) log(process, `Sleeping ${delay} seconds before exit ...`);
    await sleep(process.clock, delay * 1000);
    ended.abort();
  };
  process.signal.addEventListener("abort", () => void terminated(), { once: true });
  const code = await listen(process, { http: new Map([[Number(flags.get("port") ?? 8080), handler]]) }, ended.signal);
  return code === 1 || (process.signal.aborted && delay === 0) ? code : 0;
};
