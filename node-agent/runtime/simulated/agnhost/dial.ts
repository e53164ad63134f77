import type { ServerResponse } from "node:http";
import type { Process } from "../behaviour.ts";
import { lookUp } from "../commands/network/resolver.ts";
import { within } from "../commands/network/transfer.ts";
import { httpRequestOn } from "../http-client.ts";
import { authority, type Endpoint } from "../network/endpoint.ts";
import { fail, log, say } from "./servers.ts";

const TIMEOUT_MS = 5_000;

/** Asks another server so many times, and tells all its answers. */
export async function dial(process: Process, response: ServerResponse, query: URLSearchParams): Promise<void> {
  const value = (name: string) => query.get(name) ?? "";
  const [host, port, request, protocol] = [value("host"), value("port"), value("request"), value("protocol")];
  log(process, `GET /dial?host=${host}&protocol=${protocol}&port=${port}&request=${request}&tries=${value("tries")}`);
  if (!/^\d*$/.test(value("tries"))) return fail(response, `tries parameter is invalid. ${value("tries")}`, 400);
  if (!request) return fail(response, "request parameter not specified. <nil>", 400);
  if (!/^(|http|udp)$/i.test(protocol)) return fail(response, `unsupported protocol. ${protocol}`, 400);
  const address = await lookUp(process, host).then(
    ([first]) => first,
    () => undefined,
  );
  if (address === undefined)
    return fail(response, `host and/or port param are invalid. lookup ${host}: no such host`, 400);
  const to = { address, port: Number(port) };
  const attempt = protocol.toLowerCase() === "udp" ? askUdp : askHttp;
  const responses: string[] = [];
  const errors: string[] = [];
  for (let tries = Number(value("tries") || 1); tries > 0; tries--) {
    try {
      responses.push(await attempt(process, to, request));
    } catch (error) {
      errors.push(error instanceof Error ? error.message : String(error));
    }
  }
  say(response, JSON.stringify({ ...(errors.length && { errors }), ...(responses.length && { responses }) }));
}

async function askHttp(process: Process, to: Endpoint, request: string): Promise<string> {
  return within(process, TIMEOUT_MS, async () => {
    const connection = await process.network.dial(to);
    const { body } = await httpRequestOn(connection, { target: `/${request}`, headers: { Host: authority(to) } });
    return body.toString("utf8");
  });
}

async function askUdp(process: Process, to: Endpoint, request: string): Promise<string> {
  return within(
    process,
    TIMEOUT_MS,
    () =>
      new Promise<string>((resolve, reject) => {
        const socket = process.network.socket((data) => resolve(data.toString("utf8")));
        socket.send(to, Buffer.from(request)).catch((error: Error) => {
          reject(new Error(`reading from udp connection failed. err:'${error.message}'`));
        });
      }),
  );
}
