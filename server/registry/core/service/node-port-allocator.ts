import type { Service } from "../../../../openapi/api/core.v1.ts";
import type { Random } from "../../../meta/random.ts";
import { AllocationError } from "./cluster-ip-allocator.ts";
import { healthCheckPort, nodePortsOf } from "./fields.ts";

/** Both included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

const NODE_PORTS: PortRange = { first: 30_000, last: 32_767 };

/** The first ones are only handed out when asked for, or when nothing else is left. (portallocator calculateRangeOffset) */
function reserved({ first, last }: PortRange): number {
  const size = last - first + 1;
  return size <= 16 ? 0 : Math.min(128, Math.max(16, Math.floor(size / 32)));
}

/**
 * Node ports of all Services. Kept in memory and made from the Services at the first use, so it cannot be ahead of or
 * behind what is stored. (pkg/registry/core/service/portallocator)
 */
export class NodePortAllocator {
  readonly #services: () => readonly Readonly<Service>[];
  readonly #random: Random;
  readonly #range: PortRange;
  #taken: Set<number> | undefined;

  /** @param range `--service-node-port-range` */
  constructor(services: () => readonly Readonly<Service>[], random: Random, range = NODE_PORTS) {
    this.#range = range;
    this.#services = services;
    this.#random = random;
  }

  has(port: number): boolean {
    return this.#ports().has(port);
  }

  /** @throws AllocationError */
  allocate(port: number): void {
    const { first, last } = this.#range;
    if (port < first || port > last) {
      throw new AllocationError(
        `provided port is not in the valid range. The range of valid ports is ${first}-${last}`,
      );
    }
    if (this.has(port)) throw new AllocationError("provided port is already allocated");
    this.#ports().add(port);
  }

  /** @throws AllocationError */
  allocateNext(): number {
    const { first, last } = this.#range;
    const kept = reserved(this.#range);
    const port = this.#scan(first + kept, last) ?? this.#scan(first, first + kept - 1);
    if (port === undefined) throw new AllocationError("range is full");
    this.#ports().add(port);
    return port;
  }

  release(port: number): void {
    this.#ports().delete(port);
  }

  #scan(first: number, last: number): number | undefined {
    const size = last - first + 1;
    const start = Math.floor(this.#random() * size);
    for (let step = 0; step < size; step++) {
      const port = first + ((start + step) % size);
      if (!this.has(port)) return port;
    }
    return undefined;
  }

  #ports(): Set<number> {
    this.#taken ??= new Set(
      this.#services().flatMap((service) => [...nodePortsOf(service), ...healthCheckPort(service)]),
    );
    return this.#taken;
  }
}
