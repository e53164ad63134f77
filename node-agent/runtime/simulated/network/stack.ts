import type { Connection } from "./connection.ts";
import type { Endpoint, Protocol } from "./endpoint.ts";

/** Takes a connection that somebody opened to a port. */
export type Acceptor = (connection: Connection) => void;

/** Takes a datagram, and may answer it. */
export type Receiver = (data: Buffer, from: Endpoint, reply: (data: Buffer) => void) => void;

/** A port of the node that stands for one of a Pod on it. */
export interface HostPort {
  readonly protocol: Protocol;
  /** "" and `0.0.0.0` are all addresses of the node. */
  readonly hostAddress: string;
  readonly hostPort: number;
  readonly to: Endpoint;
}

/** All ports that nobody listens on by number: what images without known behaviour have. */
const ANY = 0;
const FIRST_EPHEMERAL = 32_768;
const LAST_EPHEMERAL = 60_999;

/** The network of one Pod, or of one node and the Pods that share it: addresses, and who listens on which port. */
export class Stack {
  readonly addresses: readonly string[];
  /** Name of the node that it is on. */
  readonly node: string;
  /** The node's own, where host ports and node ports arrive. */
  readonly isHost: boolean;
  readonly hostPorts = new Set<HostPort>();
  readonly #acceptors = new Map<number, Acceptor>();
  readonly #receivers = new Map<number, Receiver>();
  #ephemeral = FIRST_EPHEMERAL;

  constructor({ addresses, node, isHost }: Pick<Stack, "addresses" | "node" | "isHost">) {
    this.addresses = addresses;
    this.node = node;
    this.isHost = isHost;
  }

  /** @returns stops listening. @throws Error when the port is taken */
  listen(port: number, acceptor: Acceptor): () => void {
    return open(this.#acceptors, port, acceptor, "tcp");
  }

  /** Listens on every port that has no listener of its own; the first one who wants to. */
  listenElsewhere(acceptor: Acceptor): () => void {
    return this.#acceptors.has(ANY) ? () => {} : open(this.#acceptors, ANY, acceptor, "tcp");
  }

  /** The same for datagrams. @throws Error when the port is taken */
  bind(port: number, receiver: Receiver): () => void {
    return open(this.#receivers, port, receiver, "udp");
  }

  acceptorOf(port: number): Acceptor | undefined {
    return this.#acceptors.get(port) ?? this.#acceptors.get(ANY);
  }

  receiverOf(port: number): Receiver | undefined {
    return this.#receivers.get(port);
  }

  /** Ports on which somebody listens, in order. */
  listeners(): { readonly tcp: readonly number[]; readonly udp: readonly number[] } {
    const ports = (table: ReadonlyMap<number, unknown>) =>
      [...table.keys()].filter((port) => port !== ANY).sort((a, b) => a - b);
    return { tcp: ports(this.#acceptors), udp: ports(this.#receivers) };
  }

  /** The port that the next connection comes from. */
  nextPort(): number {
    const port = this.#ephemeral;
    this.#ephemeral = port >= LAST_EPHEMERAL ? FIRST_EPHEMERAL : port + 1;
    return port;
  }

  /** Where a port of the node leads, when it is a Pod's. */
  hostPortOf(protocol: Protocol, { address, port }: Endpoint): Endpoint | undefined {
    const found = [...this.hostPorts].filter((each) => each.protocol === protocol && each.hostPort === port);
    const all = found.find(({ hostAddress }) => hostAddress === "" || hostAddress === "0.0.0.0");
    return (found.find(({ hostAddress }) => hostAddress === address) ?? all)?.to;
  }
}

function open<T>(table: Map<number, T>, port: number, taker: T, protocol: string): () => void {
  if (table.has(port)) throw new Error(`listen ${protocol} :${port}: bind: address already in use`);
  table.set(port, taker);
  return () => {
    if (table.get(port) === taker) table.delete(port);
  };
}
