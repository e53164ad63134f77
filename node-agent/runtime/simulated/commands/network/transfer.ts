import type { Duplex } from "node:stream";
import { sleep } from "../../../../../client/index.ts";
import type { Process } from "../../behaviour.ts";
import { type ClientTls, type HttpAnswer, type HttpRequest, httpRequestOn, secure } from "../../http-client.ts";
import { lookUp } from "./resolver.ts";

/** Time was over before the answer was there. */
export class TimedOut extends Error {}

export interface Transfer {
  readonly url: URL;
  readonly request: Omit<HttpRequest, "target">;
  readonly tls: ClientTls;
  /** To connect, and for all of it, in ms. */
  readonly connectTimeout?: number;
  readonly timeout?: number;
}

export const portOf = (url: URL): number => Number(url.port || (url.protocol === "https:" ? 443 : 80));
/** URLs have IPv6 addresses in brackets. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, "$1");

/** Gets what is behind a URL. @throws UnknownHost, NetworkError, TimedOut, Error */
export async function transfer(process: Process, wanted: Transfer): Promise<HttpAnswer & { readonly address: string }> {
  const { url, request, tls, connectTimeout, timeout } = wanted;
  return within(process, timeout, async (ended) => {
    const { address, connection } = await within(process, connectTimeout, async () => {
      const [found = ""] = await lookUp(process, hostOf(url));
      const plain = await process.network.dial({ address: found, port: portOf(url) });
      return { address: found, connection: plain };
    });
    ended.addEventListener("abort", () => connection.destroy(), { once: true });
    const carrier: Duplex = url.protocol === "https:" ? await secure(connection, hostOf(url), tls) : connection;
    const headers = { Host: url.host, ...request.headers };
    return { ...(await httpRequestOn(carrier, { ...request, target: url.pathname + url.search, headers })), address };
  });
}

/** @throws TimedOut when `work` takes longer, or the process is told to end */
export async function within<T>(
  { clock, signal }: Process,
  milliseconds: number | undefined,
  work: (ended: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const ended = AbortSignal.any([over.signal, signal]);
  const late = (async () => {
    if (milliseconds === undefined) await aborted(ended);
    else await sleep(clock, milliseconds, ended);
    throw new TimedOut();
  })();
  try {
    return await Promise.race([work(ended), late]);
  } finally {
    late.catch(() => {});
    over.abort();
  }
}

/** Resolves when a signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
