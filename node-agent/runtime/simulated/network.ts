import { type Duplex, duplexPair } from "node:stream";

/** Takes a connection that somebody opened to a port. */
export type Acceptor = (connection: Duplex) => void;

/** All ports that nobody listens on by number: what images without known behaviour have. */
const ANY = 0;

const authority = (host: string, port: number) => `${host.includes(":") ? `[${host}]` : host}:${port}`;

/** The network of all simulated Pods of a process: addresses and ports in memory. */
export class Network {
  readonly #hosts = new Map<string, Map<number, Acceptor>>();

  /** An address exists from here on, though nobody may listen. */
  attach(host: string): void {
    if (!this.#hosts.has(host)) this.#hosts.set(host, new Map());
  }

  detach(host: string): void {
    this.#hosts.delete(host);
  }

  /** @returns stops listening. @throws Error when the port is taken */
  listen(host: string, port: number, acceptor: Acceptor): () => void {
    this.attach(host);
    const ports = this.#hosts.get(host) as Map<number, Acceptor>; // attached above
    if (ports.has(port)) throw new Error(`listen tcp :${port}: bind: address already in use`);
    ports.set(port, acceptor);
    return () => {
      if (ports.get(port) === acceptor) ports.delete(port);
    };
  }

  /** Listens on every port that has no listener of its own. */
  listenElsewhere(host: string, acceptor: Acceptor): () => void {
    this.attach(host);
    const ports = this.#hosts.get(host) as Map<number, Acceptor>; // attached above
    if (!ports.has(ANY)) ports.set(ANY, acceptor);
    return () => {
      if (ports.get(ANY) === acceptor) ports.delete(ANY);
    };
  }

  /** @throws Error worded as Go's net package */
  dial(host: string, port: number): Duplex {
    const ports = this.#hosts.get(host);
    if (!ports) throw new Error(`dial tcp ${authority(host, port)}: connect: no route to host`);
    const acceptor = ports.get(port) ?? ports.get(ANY);
    if (!acceptor) throw new Error(`dial tcp ${authority(host, port)}: connect: connection refused`);
    const [client, server] = duplexPair() as [Duplex, Duplex];
    linkEnds(client, server);
    linkEnds(server, client);
    acceptor(server);
    return client;
  }
}

/** As a socket's: when one end is torn down the other reads what is left and then ends. */
function linkEnds(from: Duplex, to: Duplex): void {
  from.on("error", () => {});
  from.once("close", () => {
    if (to.destroyed) return;
    if (to.readableEnded || to.readableLength === 0) to.destroy();
    else to.once("end", () => to.destroy());
    if (!to.destroyed && !to.readableEnded) to.push(null);
  });
}
