import type { Duplex } from "node:stream";
import { connectionPair } from "./connection.ts";
import { type Endpoint, isLoopback, type Protocol } from "./endpoint.ts";
import { NetworkError } from "./network-error.ts";
import { Stack } from "./stack.ts";

/** Something sent, before it is known where it ends up. */
export interface Traffic {
  readonly protocol: Protocol;
  readonly from: Stack;
  readonly to: Endpoint;
  /** The node that `to` is an address of, when it is one. */
  readonly toNode?: string;
}

/** Where traffic to no Pod's address goes: what kube-proxy does for a node. */
export interface Router {
  /**
   * @returns where it goes instead: to a Pod, or out to what only this machine can reach. undefined: it is no Service's
   * @throws NetworkError when a Service has nobody to take it
   */
  route(traffic: Traffic): Promise<Endpoint | { readonly open: () => Promise<Duplex> } | undefined>;
}

/** No Services. */
const NO_ROUTES: Router = { route: async () => undefined };

/** The network of all simulated Pods of a process. What goes where is decided as on a node: loopback, Services, addresses. */
export class Network {
  readonly #stacks = new Map<string, Stack>();
  readonly #router: Router;

  constructor(router: Router = NO_ROUTES) {
    this.#router = router;
  }

  /** Its addresses exist from here on, though nobody may listen. */
  attach(wanted: Pick<Stack, "addresses" | "node" | "isHost">): Stack {
    const stack = new Stack(wanted);
    for (const address of stack.addresses) this.#stacks.set(address, stack);
    return stack;
  }

  detach(stack: Stack): void {
    for (const address of stack.addresses) if (this.#stacks.get(address) === stack) this.#stacks.delete(address);
  }

  /** @throws NetworkError */
  async dial(from: Stack, to: Endpoint): Promise<Duplex> {
    const found = await this.#find({ protocol: "TCP", from, to });
    if ("open" in found) return found.open();
    const acceptor = found.stack.acceptorOf(found.to.port);
    if (!acceptor) throw new NetworkError("ECONNREFUSED", to);
    const source = { address: this.#sourceOf(from, to), port: from.nextPort() };
    const { client, server } = connectionPair(source, found.to);
    acceptor(server);
    return client;
  }

  /** Sends a datagram from a port. @throws NetworkError when it is known that nobody takes it */
  async send(from: Stack, fromPort: number, to: Endpoint, data: Buffer, reply: (data: Buffer) => void): Promise<void> {
    const found = await this.#find({ protocol: "UDP", from, to });
    const receiver = "open" in found ? undefined : found.stack.receiverOf(found.to.port);
    if (!receiver) throw new NetworkError("ECONNREFUSED", to, "UDP");
    receiver(data, { address: this.#sourceOf(from, to), port: fromPort }, reply);
  }

  /** Who is talked to over loopback sees loopback. */
  #sourceOf(from: Stack, { address }: Endpoint): string {
    return isLoopback(address) && !this.#stacks.has(address) ? address : (from.addresses[0] ?? address);
  }

  async #find(traffic: Traffic): Promise<{ stack: Stack; to: Endpoint } | { open: () => Promise<Duplex> }> {
    const { protocol, from, to } = traffic;
    // Addresses of simulated nodes are this machine's loopback, so what is known goes before what it looks like.
    const direct = this.#stacks.get(to.address) ?? (isLoopback(to.address) ? from : undefined);
    if (direct && !direct.isHost) return { stack: direct, to };
    const forwarded = direct?.hostPortOf(protocol, to);
    const toNode = direct?.node;
    const routed = forwarded ?? (await this.#router.route({ ...traffic, ...(toNode !== undefined && { toNode }) }));
    if (routed && "open" in routed) return routed;
    if (!routed) {
      if (!direct) throw new NetworkError("EHOSTUNREACH", to, protocol);
      return { stack: direct, to };
    }
    const stack = this.#stacks.get(routed.address);
    if (!stack) throw new NetworkError("EHOSTUNREACH", to, protocol);
    return { stack, to: routed };
  }
}
