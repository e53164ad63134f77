import type { ProcessNetwork } from "../behaviour.ts";
import type { DnsAnswer, RecordType } from "./names.ts";
import type { Network } from "./network.ts";
import { NetworkError } from "./network-error.ts";
import type { Stack } from "./stack.ts";

const DNS_PORT = 53;

/** The cluster's DNS, which is no Pod here. */
export interface NameServer {
  readonly address: string;
  query(name: string, type: RecordType): Promise<DnsAnswer>;
}

/** A container's view of its Pod's network. What it opens is kept in `closes`, for when it ends. */
export function processNetwork(
  network: Network,
  stack: Stack,
  names: NameServer | undefined,
  closes: Set<() => void>,
): ProcessNetwork {
  const kept = (close: () => void) => {
    closes.add(close);
    return () => {
      closes.delete(close);
      close();
    };
  };
  return {
    address: stack.addresses[0] ?? "",
    listen: (port, acceptor) => kept(stack.listen(port, acceptor)),
    listenElsewhere: (acceptor) => kept(stack.listenElsewhere(acceptor)),
    bind: (port, receiver) => kept(stack.bind(port, receiver)),
    listeners: () => stack.listeners(),
    dial: (to) => network.dial(stack, to),
    socket(receive) {
      const port = stack.nextPort();
      return { send: (to, data) => network.send(stack, port, to, data, receive) };
    },
    async query(server, name, type) {
      if (server !== names?.address) throw new NetworkError("ETIMEDOUT", { address: server, port: DNS_PORT }, "UDP");
      return names.query(name, type);
    },
  };
}
