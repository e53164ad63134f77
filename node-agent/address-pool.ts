import { type Client, type Clock, type Logger, sleep } from "../client/index.ts";
import { ipBytes, ipText } from "../pki/ip-address.ts";

/** Addresses of a node's Pods. */
export interface AddressPool {
  /** The next free one of each range. @throws Error when all are taken */
  take(): Promise<readonly string[]>;
  give(ip: string): void;
}

/** Gives out the addresses of the ranges, which are asked for when the first is needed. */
export function addressPool(ranges: () => Promise<readonly string[]>): AddressPool {
  let pools: Promise<readonly RangePool[]> | undefined;
  const taken = new Map<string, RangePool>();
  return {
    async take() {
      pools ??= ranges().then((cidrs) => cidrs.map(rangePool));
      pools.catch(() => {
        pools = undefined; // the next Pod asks again
      });
      return (await pools).map((pool) => {
        const ip = pool.take();
        taken.set(ip, pool);
        return ip;
      });
    },
    give(ip) {
      taken.get(ip)?.give(ip);
      taken.delete(ip);
    },
  };
}

interface RangePool {
  take(): string;
  give(ip: string): void;
}

/** The first address names the network, the second is the node's, the last is broadcast. */
function rangePool(cidr: string): RangePool {
  const [address = "", size] = cidr.split("/");
  const bytes = ipBytes(address);
  const base = BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
  const last = 2 ** Math.min(bytes.length * 8 - Number(size), 32) - 2;
  const textOf = (n: number) =>
    ipText(Buffer.from((base + BigInt(n)).toString(16).padStart(bytes.length * 2, "0"), "hex"));
  const taken = new Map<string, number>();
  const used = new Set<number>();
  let next = 2;
  return {
    take() {
      if (used.size >= last - 1) throw new Error(`no addresses left in ${cidr}`);
      while (used.has(next)) next = next >= last ? 2 : next + 1;
      const ip = textOf(next);
      taken.set(ip, next);
      used.add(next);
      // An address that was just given back may still be in somebody's Endpoints, so the search goes on from here.
      next = next >= last ? 2 : next + 1;
      return ip;
    },
    give(ip) {
      used.delete(taken.get(ip) ?? 0);
      taken.delete(ip);
    },
  };
}

/** How long a node without a range waits for a controller to give it one, and between looks, in ms. */
const PATIENCE = 5000;
const LOOK = 100;

/** The node's ranges as a controller gave them; where nobody does, the nth /24 from 10.244.0.0 on. */
export async function nodeRanges(options: {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly name: string;
  readonly index: number;
}): Promise<readonly string[]> {
  const { client, clock, logger, name, index } = options;
  for (let waited = 0; waited <= PATIENCE; waited += LOOK) {
    const { spec } = await client.get("v1/nodes", { name });
    if (spec?.podCIDRs?.length) return spec.podCIDRs;
    await sleep(clock, LOOK, new AbortController().signal);
  }
  const own = `10.${244 + (index >> 8)}.${index & 255}.0/24`;
  logger.info({ node: name, podCIDR: own }, "no controller gives the node a range for Pods, it takes its own");
  return [own];
}
