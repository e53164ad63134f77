/** Addresses of a node's Pods. */
export interface AddressPool {
  /** The next free one. @throws Error when all are taken */
  take(): string;
  give(ip: string): void;
}

/** The nth /24 of 10.244.0.0/16 and what follows: .0 names the network, .1 is the node's, .255 is broadcast. */
export function addressPool(node: number): AddressPool {
  const taken = new Set<number>();
  let next = 2;
  const network = `10.${244 + (node >> 8)}.${node & 255}`;
  return {
    take() {
      if (taken.size >= 253) throw new Error("no addresses left on the node");
      while (taken.has(next)) next = next >= 254 ? 2 : next + 1;
      taken.add(next);
      const ip = `${network}.${next}`;
      // An address that was just given back may still be in somebody's Endpoints, so the search goes on from here.
      next = next >= 254 ? 2 : next + 1;
      return ip;
    },
    give: (ip) => void taken.delete(Number(ip.split(".").pop())),
  };
}
