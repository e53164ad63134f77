import { type Duplex, duplexPair } from "node:stream";
import type { Endpoint } from "./endpoint.ts";

/** What sockets tell of their two ends. */
export interface Ends {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** One end of a connection in memory. */
export type Connection = Duplex & Ends;

/** A connection's two ends: what is written to one is read from the other, and it ends as sockets do. */
export function connectionPair(client: Endpoint, server: Endpoint): { client: Connection; server: Connection } {
  const [one, other] = duplexPair() as [Duplex, Duplex];
  linkEnds(one, other);
  linkEnds(other, one);
  return { client: withEnds(one, client, server), server: withEnds(other, server, client) };
}

const withEnds = (stream: Duplex, local: Endpoint, remote: Endpoint): Connection =>
  Object.assign(stream, {
    localAddress: local.address,
    localPort: local.port,
    remoteAddress: remote.address,
    remotePort: remote.port,
  });

/** When one end is torn down the other reads what is left and then ends. */
function linkEnds(from: Duplex, to: Duplex): void {
  from.on("error", () => {});
  from.once("close", () => {
    if (to.destroyed) return;
    if (to.readableEnded || to.readableLength === 0) to.destroy();
    else to.once("end", () => to.destroy());
    if (!to.destroyed && !to.readableEnded) to.push(null);
  });
}
