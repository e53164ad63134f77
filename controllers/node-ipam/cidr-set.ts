import { type Cidr, cidrText, overlap, parseCidr } from "./cidr.ts";

/** The largest difference of mask sizes in IPv6, as upstream's bitmap has it. */
const MOST_BITS = 16;

/** The ranges of one size within a larger one, each given out once. (pkg/controller/nodeipam/ipam/cidrset) */
export class CidrSet {
  readonly #cluster: Cidr;
  readonly #nodeSize: number;
  readonly #count: number;
  readonly #used = new Set<number>();
  #next = 0;

  /** @throws Error when nodes' ranges do not fit */
  constructor(cluster: Cidr, nodeSize: number) {
    if (cluster.bits === 128 && nodeSize - cluster.size > MOST_BITS)
      throw new Error("New CIDR set failed; the node CIDR size is too big");
    this.#cluster = cluster;
    this.#nodeSize = nodeSize;
    this.#count = 2 ** (nodeSize - cluster.size);
  }

  /** The next free one after the one given out last: a range that was given back rests. @throws Error when none is */
  allocate(): string {
    if (this.#used.size >= this.#count) {
      throw new Error("CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range");
    }
    let index = this.#next;
    while (this.#used.has(index)) index = (index + 1) % this.#count;
    this.#next = (index + 1) % this.#count;
    this.#used.add(index);
    const { base, bits } = this.#cluster;
    return cidrText({ base: base | (BigInt(index) << BigInt(bits - this.#nodeSize)), size: this.#nodeSize, bits });
  }

  /** Marks a range of any size as used. @throws Error for one outside */
  occupy(range: string): void {
    for (const index of this.#indexes(range)) this.#used.add(index);
  }

  /** @throws Error for one outside */
  release(range: string): void {
    for (const index of this.#indexes(range)) this.#used.delete(index);
  }

  overlaps(range: string): boolean {
    return overlap(this.#cluster, parseCidr(range));
  }

  *#indexes(text: string): Generator<number> {
    const range = parseCidr(text);
    if (!overlap(this.#cluster, range)) {
      throw new Error(`cidr ${cidrText(range)} is out the range of cluster cidr ${cidrText(this.#cluster)}`);
    }
    const isWhole = range.size <= this.#cluster.size;
    const first = isWhole
      ? 0
      : Number((range.base ^ this.#cluster.base) >> BigInt(this.#cluster.bits - this.#nodeSize));
    const count = isWhole ? this.#count : 2 ** Math.max(0, this.#nodeSize - range.size);
    for (let index = first; index < first + count; index++) yield index;
  }
}
