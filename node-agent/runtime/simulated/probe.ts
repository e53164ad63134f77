import type { Duplex } from "node:stream";
import type { ProbeAnswer, ProbeRequest } from "../runtime.ts";
import { askHealth, GrpcError } from "./grpc-health.ts";
import { httpRequestOn, secure } from "./http-client.ts";
import { authority } from "./network/endpoint.ts";
import type { Network } from "./network/network.ts";
import type { Stack } from "./network/stack.ts";

const MAX_REDIRECTS = 10;
const UNIMPLEMENTED = 12;

/** Asks a port of a Pod from its node, as kubelet does. (pkg/probe/{http,tcp,grpc}) */
export async function answerProbe(
  request: ProbeRequest,
  address: string,
  network: Network,
  node: Stack,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  const dial = async (host: string, port: number) => {
    // Names are the node's to look up, which knows only its own.
    const connection = await network.dial(node, { address: host === "localhost" ? "127.0.0.1" : host, port });
    signal.addEventListener("abort", () => connection.destroy(new Error("context deadline exceeded")), { once: true });
    return connection;
  };
  const host = (request.type !== "grpc" && request.host) || address;
  if (request.type === "http") return http(request, host, dial);
  try {
    const connection = await dial(host, request.port);
    if (request.type === "grpc")
      return await grpc(connection, authority({ address: host, port: request.port }), request.service);
    connection.destroy();
    return { ok: true, message: "" };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

type Dial = (host: string, port: number) => Promise<Duplex>;

async function http(
  { scheme, port, path, headers }: Extract<ProbeRequest, { type: "http" }>,
  host: string,
  dial: Dial,
): Promise<ProbeAnswer> {
  let url = new URL(
    path.startsWith("/") ? path : `/${path}`,
    `${scheme.toLowerCase()}://${authority({ address: host, port })}`,
  );
  for (let redirects = 0; ; redirects++) {
    try {
      const plain = await dial(
        url.hostname.replace(/^\[(.*)\]$/, "$1"),
        Number(url.port || (url.protocol === "https:" ? 443 : 80)),
      );
      const connection = url.protocol === "https:" ? await secure(plain, url.hostname, { insecure: true }) : plain;
      const answer = await httpRequestOn(connection, {
        target: url.pathname + url.search,
        headers: { Host: url.host, "User-Agent": "kube-probe/1.36", Accept: "*/*", ...headers },
      });
      const { location } = answer.headers;
      if (location && answer.code >= 300 && answer.code < 400) {
        const next = new URL(location, url);
        // Where it leads elsewhere, that it answers is all that counts.
        if (next.hostname !== url.hostname) {
          const warning = `Probe terminated redirects, Response body: ${answer.body.toString("utf8")}`;
          return { ok: true, message: "", warning };
        }
        url = next;
        if (redirects + 1 < MAX_REDIRECTS) continue;
        return { ok: false, message: `Get ${JSON.stringify(url.href)}: stopped after ${MAX_REDIRECTS} redirects` };
      }
      const ok = answer.code >= 200 && answer.code < 400;
      return { ok, message: ok ? "" : `HTTP probe failed with statuscode: ${answer.code}` };
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      return { ok: false, message: `Get ${JSON.stringify(url.href)}: ${/hang up/.test(text) ? "EOF" : text}` };
    }
  }
}

async function grpc(connection: Duplex, where: string, service: string): Promise<ProbeAnswer> {
  try {
    const state = await askHealth(connection, where, service);
    const ok = state === "SERVING";
    return { ok, message: ok ? "" : `service unhealthy (responded with ${JSON.stringify(state)})` };
  } catch (error) {
    if (error instanceof GrpcError && error.code === UNIMPLEMENTED) {
      const text = "this server does not implement the grpc health protocol (grpc.health.v1.Health)";
      return { ok: false, message: `error: ${text}: ${error.message}` };
    }
    const text = error instanceof Error ? error.message : String(error);
    return { ok: false, message: `error: health rpc probe failed: ${text}` };
  } finally {
    connection.destroy();
  }
}
